/** One connection over graphql-transport-ws, by npm graphql-ws. */

import { createClient } from "graphql-ws";

import { STORY_PROGRESS } from "./book.js";

/**
 * @param {string} url ws: or wss:, ending in /graphql
 * @param {typeof WebSocket} [webSocketImpl] needed by Node below 22: the class of npm ws
 * @returns what `follow` takes as `subscribe`
 */
export function overWebSocket(url, webSocketImpl = globalThis.WebSocket) {
  return (authorization, variables, signal) => {
    const client = createClient({
      url,
      webSocketImpl,
      connectionParams: { authorization },
      // Its own retries would send the same `after` again and again: the cursor that was current when this began.
      retryAttempts: 0,
    });
    // `terminate` does not wait for the other side to say goodbye, which a dead line never does.
    signal.addEventListener("abort", () => client.terminate(), { once: true });
    return client.iterate({ query: STORY_PROGRESS, variables });
  };
}
