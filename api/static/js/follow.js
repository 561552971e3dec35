/**
 * Follows one story to its end without a gap, over connections that break. Made to be copied by other clients.
 *
 * The loop holds a cursor: where it stands in the story's log. Whatever ends a connection before StoryEnded has come
 * (a closed socket, a `complete`, silence, a batch that does not continue from the cursor), it subscribes again with
 * `after: cursor`, and the server sends what was missed, once and in order.
 */

const QUIET_LIMIT_MS = 40_000; // the server sends at least a heartbeat every 15 s
const STALE_AFTER_MS = 20_000; // with silence this long, a device that just woke up does not trust its line
const SLOWEST_RETRY_MS = 10_000;
const FIRST_RETRY_MS = 250;

/**
 * @typedef {object} Wish
 * @property {(after: string | null, hooks: {onData: Function, onSign: Function, onEnd: Function}) => () => void} open
 *   starts one subscription and returns what stops it
 * @property {(batch: object) => boolean} onBatch applies a batch; false means that only a new snapshot can help
 * @property {(connected: boolean) => void} onConnection the line came back, or was lost
 * @property {() => Promise<void>} renew gets a new access token; what it throws with code UNAUTHENTICATED ends the loop
 * @property {EventTarget | null} [wake] dispatches "wake" when waiting makes no sense any more (online, visible again)
 * @property {AbortSignal} signal
 * @property {() => number} [random] 0 to 1, for the jitter
 * @property {number} [firstRetryMs] milliseconds
 */

/**
 * @param {Wish} wish
 * @returns {Promise<"ended" | "stopped" | "not_found" | "signed_out" | "refused">}
 *   "stopped": the signal was aborted; "refused": the server will never answer this subscription
 */
export async function followStory({ open, onBatch, onConnection, renew, wake = null, signal, random = Math.random, firstRetryMs = FIRST_RETRY_MS }) {
  let cursor = null;
  let failures = 0;

  const take = (batch) => {
    if (!batch.reset && batch.previousCursor !== cursor) return "resume";
    const whole = onBatch(batch);
    cursor = whole ? batch.cursor : null;
    if (!whole) return "resume";
    // A snapshot alone proves little: a line that breaks after every first batch must be tried ever more slowly too.
    if (!batch.reset) failures = 0;
    return batch.events.some(({ __typename }) => __typename === "StoryEnded") ? "ended" : "more";
  };

  while (!signal.aborted) {
    const ending = await listen({ open, after: cursor, take, onConnection, wake, signal });
    if (ending.kind === "ended" || ending.kind === "stopped") return ending.kind;

    const next = decide(ending);
    if (next.stop) return next.stop;
    onConnection(false);
    if (next.forgetCursor) cursor = null;
    if (next.renew && !(await renewed(renew))) return "signed_out";
    const slowest = Math.min(SLOWEST_RETRY_MS, firstRetryMs * 2 ** failures);
    // The first try after a connection that worked is made at once; the rest are spread, so that a server that comes
    // back does not meet all its clients in the same instant.
    const wait = failures === 0 ? 0 : slowest * (0.5 + random() / 2);
    failures += 1;
    await pause(Math.max(wait, next.waitMs ?? 0), { wake, signal });
  }
  return "stopped";
}

/** One connection, from opening to its end. */
function listen({ open, after, take, onConnection, wake, signal }) {
  return new Promise((resolve) => {
    let heardAt = Date.now();
    let stop = () => {};
    const finish = (ending) => {
      clearInterval(watch);
      signal.removeEventListener("abort", onAbort);
      wake?.removeEventListener("wake", onWake);
      stop();
      resolve(ending);
    };
    const finishIfSilentFor = (limit) => {
      if (Date.now() - heardAt >= limit) finish({ kind: "quiet" });
    };
    const onAbort = () => finish({ kind: "stopped" });
    const onWake = () => finishIfSilentFor(STALE_AFTER_MS);
    const watch = setInterval(() => finishIfSilentFor(QUIET_LIMIT_MS), 1_000);
    signal.addEventListener("abort", onAbort);
    wake?.addEventListener("wake", onWake);
    stop = open(after, {
      onSign: () => (heardAt = Date.now()),
      onData: ({ storyProgress }) => {
        heardAt = Date.now();
        onConnection(true);
        const outcome = take(storyProgress);
        if (outcome !== "more") finish({ kind: outcome });
      },
      onEnd: finish,
    });
  });
}

/** What to do about an ending that is not the story's own. */
function decide(ending) {
  if (ending.kind === "closed") {
    return ending.code === 4401 || ending.code === 4403 ? { renew: true } : ending.code === 4406 ? { stop: "refused" } : {};
  }
  if (ending.kind !== "errors") return {};
  const { code, retryAfter } = ending.errors[0]?.extensions ?? {};
  switch (code) {
    case "NOT_FOUND":
      return { stop: "not_found" };
    case "UNAUTHENTICATED":
      return { renew: true };
    case "BAD_USER_INPUT":
      return { forgetCursor: true };
    case "RATE_LIMITED":
      return { waitMs: 1_000 * (retryAfter ?? 1) };
    case "FORBIDDEN":
    case "COST_LIMIT":
    case "GRAPHQL_PARSE_FAILED":
    case "GRAPHQL_VALIDATION_FAILED":
      return { stop: "refused" };
    default:
      return {};
  }
}

/** @returns {Promise<boolean>} false when the reader is signed out; a server out of reach is simply tried again */
async function renewed(renew) {
  try {
    await renew();
    return true;
  } catch (error) {
    return error.code !== "UNAUTHENTICATED";
  }
}

function pause(milliseconds, { wake, signal }) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      wake?.removeEventListener("wake", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    wake?.addEventListener("wake", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
