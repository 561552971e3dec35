/** The line above everything: what this is, sharing, and who asks. */

import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import fox from "./fox.svg";
import { runs, shown } from "./runs";
import { leave, lost, session } from "./session";
import { arrived, linkTo } from "./share";
import { SignIn } from "./SignIn";
import { useStore } from "./store";
import { useOpen } from "./tabs";
import { CopyButton } from "./CopyButton";

export function Bar() {
  const { queryEditor, variableEditor, tabs, activeTabIndex, theme } = useGraphiQL((state) => state);
  const { setTheme } = useGraphiQLActions();
  const tab = tabs[activeTabIndex];
  const open = useOpen();
  shown.get() !== tab?.id && shown.set(tab?.id ?? "");

  useEffect(() => {
    if (!queryEditor || !variableEditor) return;
    const take = () => {
      const operation = arrived();
      if (operation) open(operation);
    };
    take();
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, [queryEditor, variableEditor, open]);

  useEffect(() => {
    for (const editor of [queryEditor, variableEditor]) editor?.updateOptions({ wordWrap: "on", wrappingIndent: "indent" });
  }, [queryEditor, variableEditor]);

  useEffect(() => {
    // GraphiQL takes the system's colours once; its editors would stay light when the evening comes.
    const system = matchMedia("(prefers-color-scheme: dark)");
    const change = () => theme === null && setTheme(null);
    system.addEventListener("change", change);
    return () => system.removeEventListener("change", change);
  }, [theme, setTheme]);

  const link = () => linkTo({ query: queryEditor?.getValue() ?? "", variables: variableEditor?.getValue() ?? "" });
  return createPortal(
    <header className="bar">
      <a className="bar-name" href="/" title="The reader page">
        <img src={fox} alt="" width="28" height="28" />
        <span>
          StoryCanvas <em>Explorer</em>
        </span>
      </a>
      <CopyButton className="bar-button" text={link} label="Share" done="Link copied" title="Copy a link to this operation: query and variables, nothing secret" />
      <Who />
    </header>,
    document.body,
  );
}

function Who() {
  const now = useStore(session);
  const problem = useStore(lost);
  const outcome = useStore(runs).get(useStore(shown));
  const [isOpen, setOpen] = useState(false);
  const isNeeded = outcome?.answer?.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false;
  useEffect(() => {
    if (problem !== null) setOpen(true);
  }, [problem]);
  useEffect(() => {
    const ask = () => setOpen(true);
    addEventListener("explorer:sign-in", ask);
    return () => removeEventListener("explorer:sign-in", ask);
  }, []);
  return (
    <>
      {now ? (
        <div className="bar-who">
          <span title={now.who}>{now.who}</span>
          <button type="button" className="bar-button" onClick={() => void leave()}>
            {now.kind === "account" ? "Sign out" : "Forget key"}
          </button>
        </div>
      ) : (
        <button type="button" className={isNeeded ? "bar-button primary needed" : "bar-button primary"} onClick={() => setOpen(true)}>
          Sign in
        </button>
      )}
      {isOpen && <SignIn because={problem} close={() => (lost.set(null), setOpen(false))} />}
    </>
  );
}
