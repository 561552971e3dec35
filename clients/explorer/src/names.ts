/** Names that screen readers say, where GraphiQL gives none. */

const NAMES: [string, string][] = [
  [".graphiql-query-editor .monaco-editor textarea", "Operation. Alt-F1 says how to move in the editor"],
  [".graphiql-editor-tool .monaco-editor textarea", "Variables, in JSON"],
  [".result-window .monaco-editor textarea", "Answer, in JSON, read-only"],
];

/** @returns what stops it */
export function nameForReaders(): () => void {
  const observer = new MutationObserver(() => {
    for (const [selector, name] of NAMES) {
      const editor = document.querySelector(selector);
      if (editor && editor.getAttribute("aria-label") !== name) editor.setAttribute("aria-label", name);
    }
  });
  observer.observe(document.body, { subtree: true, childList: true });
  return () => observer.disconnect();
}
