import { useState } from "react";
import { useGraphiQL, type GraphiQLPlugin } from "@graphiql/react";

import { curl } from "./code/curl";
import { coded, type Coded } from "./code/operation";
import { python } from "./code/python";
import { typescript } from "./code/typescript";
import { CopyButton } from "./CopyButton";

const LANGUAGES: Record<string, (operation: Coded) => string> = { curl, Python: python, TypeScript: typescript };

function CodePane() {
  const { tabs, activeTabIndex, operationName } = useGraphiQL((state) => state);
  const [language, setLanguage] = useState("curl");
  const tab = tabs[activeTabIndex];
  const written = write(LANGUAGES[language]!, tab?.query ?? "", tab?.variables ?? "", operationName);
  return (
    <section className="pane code" aria-label="Code">
      <h2 className="pane-title">The code of this operation</h2>
      <div className="ways" role="group" aria-label="Language">
        {Object.keys(LANGUAGES).map((each) => (
          <button key={each} type="button" aria-pressed={each === language} onClick={() => setLanguage(each)}>
            {each}
          </button>
        ))}
      </div>
      {written.code === null ? (
        <p className="hint">{written.problem}</p>
      ) : (
        <>
          <div className="code-line">
            <p>
              Runs as it stands, with your key or access token in <code>STORYCANVAS_TOKEN</code>.
            </p>
            <CopyButton className="copy" text={() => written.code} label="Copy" done="Copied" />
          </div>
          <pre tabIndex={0} aria-label={`${language} code`}>
            {written.code}
          </pre>
        </>
      )}
    </section>
  );
}

type Written = { code: string; problem: null } | { code: null; problem: string };

function write(language: (operation: Coded) => string, query: string, variables: string, name?: string): Written {
  try {
    return { code: language(coded(query, variables, name)), problem: null };
  } catch (error) {
    return { code: null, problem: (error as Error).message };
  }
}

function CodeIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.500" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      <path d="M8 7l-5 5 5 5M16 7l5 5-5 5M14 4l-4 16" />
    </svg>
  );
}

export const CODE_PLUGIN: GraphiQLPlugin = { title: "Code", icon: CodeIcon, content: CodePane };
