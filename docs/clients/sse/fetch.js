/** One connection over server-sent events, by plain `fetch`: for networks that break WebSockets. */

import { STORY_PROGRESS } from "../javascript/book.js";

/**
 * @param {string} url http: or https:, ending in /graphql
 * @returns what `follow` takes as `subscribe`
 */
export function overServerSentEvents(url) {
  return async function* subscribe(authorization, variables, signal) {
    const response = await fetch(url, {
      method: "POST",
      headers: { accept: "text/event-stream", "content-type": "application/json", authorization },
      body: JSON.stringify({ query: STORY_PROGRESS, variables }),
      signal,
    });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) throw await refusal(response);
    for await (const { event, data } of eventsOf(response.body)) {
      if (event === "complete") return;
      if (event === "next") yield JSON.parse(data);
    }
  };
}

/** The GraphQL errors of an answer that is no stream; a proxy's error page is only a lost connection. */
async function refusal(response) {
  const { errors } = await response.json().catch(() => ({}));
  return errors ?? new Error(`HTTP status ${response.status}`);
}

/** The events of a stream of bytes, which may be cut anywhere. What an unfinished event has said is dropped. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let waiting = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (waiting + value).split("\n\n");
      waiting = blocks.pop();
      yield* blocks.map(eventOf);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function eventOf(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  return event;
}
