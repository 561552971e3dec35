import { useEffect, useId, useRef, useState, type FormEvent } from "react";

import { enter, useKey } from "./session";

const WAYS = { signIn: "Sign in", signUp: "New account", key: "API key" } as const;
type Way = keyof typeof WAYS;

export function SignIn({ because, close }: { because: string | null; close: () => void }) {
  const [way, setWay] = useState<Way>("signIn");
  const [problem, setProblem] = useState<string | null>(because);
  const [isBusy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const field = (name: string) => String(given.get(name) ?? "");
    setBusy(true);
    const told = way === "key" ? await useKey(field("key").trim()) : await enter(way, field("email").trim(), field("password"));
    setBusy(false);
    setProblem(told);
    if (told === null) close();
  };

  return (
    <dialog ref={dialog} className="sign-in" aria-labelledby={title} onClose={close}>
      <h2 id={title}>Who asks?</h2>
      <div className="ways" role="group" aria-label="How to sign in">
        {(Object.keys(WAYS) as Way[]).map((each) => (
          <button key={each} type="button" aria-pressed={each === way} onClick={() => (setWay(each), setProblem(null))}>
            {WAYS[each]}
          </button>
        ))}
      </div>
      <form onSubmit={(event) => void submit(event)}>
        {way === "key" ? (
          <label>
            API key
            <input key="key" name="key" type="password" required autoFocus autoComplete="off" spellCheck={false} placeholder="sc_test_…" />
          </label>
        ) : (
          <>
            <label>
              E-mail address
              <input name="email" type="email" required autoFocus autoComplete="username" />
            </label>
            <label>
              Password
              <input name="password" type="password" required autoComplete={way === "signIn" ? "current-password" : "new-password"} />
            </label>
          </>
        )}
        {problem && (
          <p role="alert" className="problem">
            {problem}
          </p>
        )}
        <p className="note">Used for HTTP and WebSocket, kept for this browser tab only, and never put into a link.</p>
        <div className="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? "One moment…" : way === "key" ? "Use this key" : WAYS[way]}
          </button>
        </div>
      </form>
    </dialog>
  );
}
