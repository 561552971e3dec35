import { useState } from "react";
import type { GraphiQLPlugin } from "@graphiql/react";
import { useGraphiQLActions } from "@graphiql/react";

import { EXAMPLES, filledIn, missingIn, type Example } from "./examples";
import { session } from "./session";
import { useStore } from "./store";
import { useOpen } from "./tabs";

function ExamplesPane() {
  const open = useOpen();
  const who = useStore(session);
  const { setVisiblePlugin } = useGraphiQLActions();
  const [missing, setMissing] = useState<string | null>(null);
  const show = async ({ query, variables }: Example) => {
    const filled = await filledIn(variables);
    setMissing(missingIn(filled));
    open({ query, variables: filled });
    if (!matchMedia("(min-width: 60rem)").matches) setVisiblePlugin(null);
  };
  return (
    <section className="pane examples" aria-label="Examples">
      <h2 className="pane-title">From a character to a page</h2>
      <p>Open one, then press Ctrl-Enter. Each goes on with what the one before has made.</p>
      {who === null && (
        <p className="hint">
          Stories belong to somebody:{" "}
          <button type="button" className="link" onClick={() => dispatchEvent(new Event("explorer:sign-in"))}>
            sign in
          </button>{" "}
          first, or make an account there.
        </p>
      )}
      <p role="status" className={missing ? "hint" : "silent"}>
        {missing}
      </p>
      <ol>
        {EXAMPLES.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => void show(example)}>
              <b>{example.title}</b> <span className={`kind ${example.kind}`}>{example.kind}</span>
              <small>{example.about}</small>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.500" strokeLinejoin="round" aria-hidden="true">
      <path d="M12 6c-2-1.500-5-2-9-2v14c4 0 7 .500 9 2 2-1.500 5-2 9-2V4c-4 0-7 .500-9 2zm0 0v14" />
    </svg>
  );
}

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: "Examples", icon: ExamplesIcon, content: ExamplesPane };
