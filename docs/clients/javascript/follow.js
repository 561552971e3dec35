/**
 * Follows a story to its end over any number of connections: none of its events is missed, none counts twice.
 *
 * The loop in short: hold the cursor of the last batch that was applied; whatever happens to the connection, wait a
 * little, subscribe again `after` that cursor, and go on. Only StoryEnded is the end.
 */

import { EMPTY_BOOK, MissingText, apply, newEvents } from "./book.js";

/** Heartbeats come every 15 s: after 40 s of nothing, two are missing and the line is dead. */
const SILENCE_MS = 40_000;
const SHORTEST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** The server says no, and will say it again: the story is a stranger's, or this client's document is wrong. */
export class Refused extends Error {}
/** The session can't be renewed: ask who is there to sign in again. */
export class SignedOut extends Error {}
/** Why a line was given up on which nothing was heard. */
export class Silence extends Error {}

/**
 * @param {object} wish
 * @param {(authorization: string, variables: object, signal: AbortSignal) => AsyncIterable<object>} wish.subscribe
 *   One connection, given up when `signal` aborts: the answers, `{data, errors}` each. It ends when the server
 *   completes the subscription, and throws when it breaks: something with a close `code`, GraphQL errors, or else.
 * @param {{authorization: () => string, renew: () => Promise<void>}} wish.session `renew` throws SignedOut
 * @param {string} wish.storyId
 * @param {(news: {book: object, cursor: string | null, events: object[], connected: boolean}) => void} wish.show
 *   Called for every batch, and with `connected: false` when a connection is lost. What you keep to go on with later
 *   is `book` and `cursor`, always both together.
 * @param {string | null} [wish.cursor]
 * @param {object} [wish.book] the one that was kept with `cursor`
 * @param {AbortSignal} [wish.signal] stops following
 * @param {number} [wish.silenceMs]
 * @returns {Promise<object>} the book, as it ended or as far as it was followed. Throws Refused or SignedOut.
 */
export async function follow({ cursor = null, book = EMPTY_BOOK, silenceMs = SILENCE_MS, ...wish }) {
  const { subscribe, session, storyId, show, signal } = wish;
  if (book === EMPTY_BOOK) cursor = null;
  let failures = 0;
  while (!signal?.aborted) {
    let remedy = {};
    try {
      const connect = (line) => subscribe(session.authorization(), { storyId, after: cursor }, line);
      for await (const batch of batchesOf(connect, silenceMs, signal)) {
        if (signal?.aborted) break;
        // A batch that continues from elsewhere would leave a hole. Asked again, the server goes on from our cursor.
        if (!batch.reset && batch.previousCursor !== cursor) break;
        const events = newEvents(book, batch);
        book = apply(book, batch);
        cursor = batch.cursor;
        failures = 0;
        show({ book, cursor, events, connected: true });
        if (book.ended) return book;
      }
    } catch (error) {
      remedy = remedyFor(error);
    }
    if (signal?.aborted) break;
    show({ book, cursor, events: [], connected: false });
    if (remedy.startOver) cursor = null;
    if (remedy.renew) await renewed(session);
    // Full jitter: clients that were cut off together do not come back together.
    const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** failures++);
    await pause(Math.max(Math.random() * longest, remedy.waitMs ?? 0), signal);
  }
  return book;
}

/** The batches of one connection. It is given up after a silence, when `signal` aborts, and when nobody listens. */
async function* batchesOf(connect, silenceMs, signal) {
  const line = new AbortController();
  const hangUp = () => line.abort();
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => line.abort(new Silence()), silenceMs);
  };
  signal?.addEventListener("abort", hangUp);
  try {
    heard();
    for await (const { data, errors } of connect(line.signal)) {
      heard();
      if (errors?.length) throw errors;
      yield data.storyProgress;
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", hangUp);
    hangUp();
  }
}

/** What to do before trying again. Throws Refused where trying again is of no use. */
function remedyFor(problem) {
  if (problem instanceof MissingText) return { startOver: true };
  const errors = Array.isArray(problem) ? problem : [];
  const { code = problem?.code, retryAfter = 1 } = errors[0]?.extensions ?? {};
  switch (code) {
    case 4401:
    case 4403:
    case "UNAUTHENTICATED":
      return { renew: true };
    case "BAD_USER_INPUT": // a cursor that the server can't read
      return { startOver: true };
    case "RATE_LIMITED":
      return { waitMs: 1_000 * retryAfter };
    case 4400:
    case 4406:
    case "NOT_FOUND":
    case "FORBIDDEN":
    case "COST_LIMIT":
    case "GRAPHQL_PARSE_FAILED":
    case "GRAPHQL_VALIDATION_FAILED":
      throw new Refused(errors[0]?.message ?? `The server closed the connection with code ${code}.`);
    default:
      return {};
  }
}

async function renewed(session) {
  try {
    await session.renew();
  } catch (error) {
    if (error instanceof SignedOut) throw error; // anything else is the network, and is tried again
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
