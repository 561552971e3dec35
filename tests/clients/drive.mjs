/**
 * Runs one of the documented JavaScript clients as an application would, and tells what it shows, a line of JSON each.
 *
 * node drive.mjs '{"client": "websocket" | "apollo" | "sse", "url", "sessionUrl", "storyId", "accessToken",
 *   "refreshToken"}'
 * node drive.mjs '{"client": "scripted", "connections": [what each connection brings]}' for the loop without a network;
 *   with "stopAfter", it stops following after so many news, and then goes on with what it has kept
 */

import { createRequire } from "node:module";

const given = JSON.parse(process.argv[2]);
const clients = new URL("../../docs/clients/", import.meta.url);
const load = (path) => import(new URL(path, clients));
const tell = (line) => process.stdout.write(JSON.stringify(line) + "\n");

// Node has a WebSocket of its own from version 22 on.
if (["websocket", "apollo"].includes(given.client)) globalThis.WebSocket ??= createRequire(clients)("ws").WebSocket;

const { follow, Refused } = await load("javascript/follow.js");
const { Session } = await load("javascript/session.js");

class ToldSession extends Session {
  async renew() {
    if (given.sessionUrl) await super.renew();
    tell({ kind: "renewed" });
  }
}

const session = new ToldSession({ ...given, url: given.sessionUrl });
const { subscribe, keep = () => {}, kept = (book) => book } = await CLIENTS()[given.client]();

function CLIENTS() {
  const live = given.url?.replace(/^http/, "ws");
  return {
    websocket: async () => ({ subscribe: (await load("javascript/graphql-ws.js")).overWebSocket(live) }),
    sse: async () => ({ subscribe: (await load("sse/fetch.js")).overServerSentEvents(given.url) }),
    scripted: async () => ({ subscribe: scripted }),
    async apollo() {
      const { STORY, connect, intoCache } = await load("apollo/apollo.js");
      const { apollo, subscribe } = connect({ url: live, session });
      return {
        subscribe,
        keep: intoCache(apollo, given.storyId),
        kept: () => apollo.readQuery({ query: STORY, variables: { id: given.storyId } }).story,
      };
    },
  };
}

async function* scripted(_, { after }, signal) {
  tell({ kind: "asked", after });
  for (const step of given.connections.shift()) {
    if (step.close) throw { code: step.close };
    if (step.errors) yield { errors: step.errors };
    if (step.batch) yield { data: { storyProgress: step.batch } };
    if (step.silence) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
}

let last = {};
let stop = new AbortController();
const started = (wish) =>
  follow({
    subscribe,
    session,
    storyId: given.storyId,
    ...(given.silenceMs && { silenceMs: given.silenceMs }),
    signal: stop.signal,
    show(news) {
      keep(news);
      tell({ kind: "news", connected: news.connected, events: news.events });
      last = news;
      if (--given.stopAfter === 0) stop.abort();
    },
    ...wish,
  });

try {
  let book = await started({});
  if (!book.ended) {
    stop = new AbortController();
    book = await started({ cursor: last.cursor, book: last.book });
  }
  tell({ kind: "ended", book: kept(book) });
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  tell({ kind: "refused", message: error.message });
}
// Nothing may keep an application alive once its story has ended: no process.exit() here.
