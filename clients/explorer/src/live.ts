/** A subscription over one WebSocket after another, until it has come to its end. */

import { createClient } from "graphql-ws";

import { failed, SOCKET, type Answer, type Operation } from "./http";
import { resumable, taken, type Batch } from "./resume";
import { renew, token } from "./session";

/** Heartbeats come every 15 s: after 40 s of nothing, two are missing and the line is dead. */
const SILENCE_MS = 40_000;
const SHORTEST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** More cuts than this without one batch between them are told as an error. */
const MOST_CUTS = 8;

export interface Listener {
  connected(): void;
  /** `batch` is null for a subscription that knows no cursor. */
  heard(answer: Answer, batch: Batch | null): void;
  cut(): void;
}

/** Resolves at the end or when `signal` aborts. What makes going on useless comes as an answer with errors. */
export async function follow(operation: Operation, listener: Listener, signal: AbortSignal): Promise<void> {
  const resume = resumable(operation);
  let cursor = resume?.from ?? null;
  let cuts = 0;
  let renewed = false;
  while (!signal.aborted) {
    const asked = resume
      ? { ...operation, query: resume.query, variables: { ...operation.variables, [resume.after]: cursor } }
      : operation;
    let problem: unknown = null;
    try {
      for await (const answer of connection(asked, listener, signal)) {
        if (answer.errors?.length) throw answer.errors;
        if (!resume || !answer.data) {
          listener.heard(answer, null);
          continue;
        }
        const batch = taken(answer.data, resume.root);
        // A batch that continues from elsewhere would leave a hole; asked again, the server goes on from our cursor.
        if (!batch.reset && batch.previous !== cursor) break;
        cursor = batch.cursor;
        cuts = 0;
        renewed = false;
        listener.heard(answer, batch);
        if (batch.kinds.includes("StoryEnded")) return;
      }
      if (!resume) return;
    } catch (error) {
      problem = error;
    }
    if (signal.aborted) return;
    const code = codeOf(problem);
    const unauthenticated = code === 4401 || code === 4403 || code === "UNAUTHENTICATED";
    if (unauthenticated && !renewed && (await renew()) !== null) {
      renewed = true;
    } else if (!resume || unauthenticated || isFinal(code) || ++cuts > MOST_CUTS) {
      return listener.heard(told(problem, cuts), null);
    }
    listener.cut();
    const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** cuts);
    await pause(longest * (0.5 + Math.random() / 2), signal);
  }
}

async function* connection(operation: Operation, listener: Listener, signal: AbortSignal): AsyncGenerator<Answer> {
  const authorization = await token();
  const client = createClient({
    url: SOCKET,
    connectionParams: authorization === null ? {} : { authorization: `Bearer ${authorization}` },
    // Its own retries would send the cursor that was current when it began.
    retryAttempts: 0,
    on: { connected: () => listener.connected() },
  });
  let silence = 0;
  const heard = () => {
    clearTimeout(silence);
    silence = window.setTimeout(() => client.terminate(), SILENCE_MS);
  };
  const hangUp = () => void client.dispose();
  signal.addEventListener("abort", hangUp, { once: true });
  try {
    heard();
    for await (const answer of client.iterate<Answer["data"]>({ ...operation, variables: operation.variables ?? {} })) {
      heard();
      yield answer as Answer;
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", hangUp);
    hangUp();
  }
}

function codeOf(problem: unknown): number | string | undefined {
  if (Array.isArray(problem)) return (problem as Answer["errors"])?.[0]?.extensions?.code ?? "ERROR";
  if (typeof problem === "object" && problem !== null && "code" in problem) return (problem as { code: number }).code;
  return undefined;
}

/** The server says no, and would say it again. */
function isFinal(code: number | string | undefined): boolean {
  if (typeof code === "string") return code !== "RATE_LIMITED" && code !== "UNAVAILABLE";
  return code === 4400 || code === 4406;
}

function told(problem: unknown, cuts: number): Answer {
  if (Array.isArray(problem)) return { errors: problem as NonNullable<Answer["errors"]> };
  const code = codeOf(problem);
  if (code === 4401 || code === 4403) return failed("UNAUTHENTICATED", "The server does not know your token any more. Sign in again, and run it once more.");
  if (cuts > MOST_CUTS) return failed("UNREACHABLE", `No WebSocket could be held with ${SOCKET}. See that the server runs and that no proxy blocks WebSockets; then run it again: it goes on where it was.`);
  return failed("CLOSED", `The server closed the connection${code === undefined ? "" : ` with code ${code}`}. Check the operation, then run it again.`);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
