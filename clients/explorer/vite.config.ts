import { Buffer } from "node:buffer";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** GraphiQL's style sheet carries its fonts as data: URLs. As files they are cached, and font-src needs 'self' only. */
function fontsAsFiles(): Plugin {
  return {
    name: "fonts-as-files",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
        file.source = String(file.source).replace(
          /url\(["']?data:font\/(\w+)(?:;charset=[\w-]+)?;base64,([^"')]+)["']?\)/g,
          (_whole, kind: string, bytes: string) => {
            const font = this.emitFile({ type: "asset", name: `font.${kind}`, source: Buffer.from(bytes, "base64") });
            return `url(/explorer/${this.getFileName(font)})`;
          },
        );
      }
    },
  };
}

/** The language service asks for every input that must not be null, though the schema gives many of them a default. */
function defaultsAreOptional(): Plugin {
  return {
    name: "defaults-are-optional",
    transform(code, id) {
      if (!id.endsWith("graphql-language-service/esm/utils/getVariablesJSONSchema.js")) return undefined;
      const mended = code.replace("if (fieldRequired) {", "if (fieldRequired && field.defaultValue === undefined) {");
      if (mended === code) this.error("graphql-language-service has changed: see whether this is still needed");
      return mended;
    },
  };
}

export default defineConfig({
  base: "/explorer/",
  plugins: [react(), fontsAsFiles()],
  // The server puts a nonce of its own into every answer: api/explorer.py.
  html: { cspNonce: "NONCE-OF-THIS-ANSWER" },
  resolve: { dedupe: ["graphql", "monaco-editor", "react", "react-dom"] },
  build: {
    outDir: "../../api/built/explorer",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      // "use no memo" in what GraphiQL publishes is meant for a compiler that has run already.
      onwarn: (warning, tell) => warning.code === "MODULE_LEVEL_DIRECTIVE" || tell(warning),
    },
  },
  worker: { format: "es", plugins: () => [defaultsAreOptional()] },
});
