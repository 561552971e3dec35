/**
 * Who asks. Kept in sessionStorage: it holds for this tab and is gone with it, so that a partner's key does not stay on
 * a machine. Another tab has a session of its own, and so no refresh token is ever used by two. It goes into headers
 * and connection_init alone, never into a URL.
 */

import { type Fields, failed, isUnauthenticated, post } from "./http";
import { Store } from "./store";

export type Session =
  | { kind: "account"; accessToken: string; refreshToken: string; expiresAt: string; who: string }
  | { kind: "key"; accessToken: string; who: string };

const KEPT_AS = "storycanvas.explorer.session";
/** A token that ends sooner is renewed before it is used: clocks differ, and requests take their time. */
const RENEW_BEFORE_MS = 30_000;
const SESSION = "... on SessionPayload { accessToken refreshToken expiresAt user { email } }";
const REFUSED = "... on UserError { message } ... on InvalidInput { problems { message } }";

export const session = new Store<Session | null>(kept());
export const lost = new Store<string | null>(null);
let renewing: Promise<Session | null> | null = null;

function kept(): Session | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "null") as Session | null;
  } catch {
    return null;
  }
}

function keep(now: Session | null): Session | null {
  if (now === null) sessionStorage.removeItem(KEPT_AS);
  else sessionStorage.setItem(KEPT_AS, JSON.stringify(now));
  session.set(now);
  return now;
}

/** What to send, or null for nobody. */
export async function token(): Promise<string | null> {
  const now = session.get();
  if (now?.kind !== "account") return now?.accessToken ?? null;
  const remains = Date.parse(now.expiresAt) - Date.now();
  return remains > RENEW_BEFORE_MS ? now.accessToken : ((await renew())?.accessToken ?? null);
}

/** A refresh token is good for one use: whoever comes while it is being used waits for the same answer. */
export function renew(): Promise<Session | null> {
  renewing ??= renewed().finally(() => (renewing = null));
  return renewing;
}

async function renewed(): Promise<Session | null> {
  const now = session.get();
  if (now?.kind !== "account") return null;
  const query = `mutation Renew($input: RefreshSessionInput!) { result: refreshSession(input: $input) { ${SESSION} } }`;
  const { answer } = await post({ query, variables: { input: { refreshToken: now.refreshToken } } }, null);
  if (answer.data === undefined || answer.data === null) return now; // not refused: the network, say
  const result = answer.data.result as Fields;
  if (typeof result.accessToken === "string") return keep(account(result));
  lost.set("Your session has ended. Sign in again, and run the operation once more.");
  return keep(null);
}

/** @returns what to tell, or null when all went well */
export async function enter(verb: "signIn" | "signUp", email: string, password: string): Promise<string | null> {
  const kind = verb === "signIn" ? "SignInInput" : "SignUpInput";
  const refused = verb === "signIn" ? "... on UserError { message }" : REFUSED;
  const query = `mutation Enter($input: ${kind}!) { result: ${verb}(input: $input) { ${SESSION} ${refused} } }`;
  const { answer } = await post({ query, variables: { input: { email, password } } }, null);
  const result = answer.data?.result as Fields | null | undefined;
  if (!result) return answer.errors?.[0]?.message ?? "The server gave no answer. Try again in a moment.";
  if (typeof result.accessToken !== "string") {
    const problems = (result.problems ?? []) as Fields[];
    return [result.message, ...problems.map((problem) => problem.message)].join(" ");
  }
  lost.set(null);
  keep(account(result));
  return null;
}

/** @returns what to tell, or null when the server takes the key */
export async function useKey(key: string): Promise<string | null> {
  if (!/^[\x21-\x7e]+$/.test(key)) return "A key has no spaces or line breaks inside. Copy it once more, all of it.";
  const { answer } = await post({ query: "query Whose { me { email } }" }, key);
  if (isUnauthenticated(answer)) return "The server does not know this key. It may have been revoked; make another with createApiKey.";
  const me = answer.data?.me as Fields | null | undefined;
  if (!me) return answer.errors?.[0]?.message ?? failed("", "The server gave no answer.").errors![0]!.message;
  lost.set(null);
  const shown = key.startsWith("sc_") ? `${key.slice(0, 11)}…` : "token";
  keep({ kind: "key", accessToken: key, who: `${String(me.email)} (${shown})` });
  return null;
}

/** Forgets a key; a session of its own is ended at the server as well. */
export async function leave(): Promise<void> {
  const now = session.get();
  keep(null);
  if (now?.kind === "account") await post({ query: "mutation Leave { signOut { __typename } }" }, now.accessToken);
}

function account(result: Fields): Session {
  return {
    kind: "account",
    accessToken: String(result.accessToken),
    refreshToken: String(result.refreshToken),
    expiresAt: String(result.expiresAt),
    who: String((result.user as Fields).email),
  };
}
