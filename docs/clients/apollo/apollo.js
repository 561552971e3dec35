/** One connection over Apollo Client's graphql-ws link. One socket serves the whole application, and all it follows. */

import { ApolloClient, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";

import { STORY_PROGRESS } from "../javascript/book.js";
import { Silence } from "../javascript/follow.js";

const FOLLOW = gql(STORY_PROGRESS);

export const STORY = gql`
  query Story($id: ID!) {
    story(id: $id) {
      id title status problem
      pages {
        id number
        text textStatus
        image { key url alt } imageStatus
        audio { key url durationMs } audioStatus
      }
    }
  }`;

/**
 * @param {object} given
 * @param {string} given.url ws: or wss:, ending in /graphql
 * @param {{authorization: () => string}} given.session
 * @param {typeof WebSocket} [given.webSocketImpl] needed by Node below 22: the class of npm ws
 * @returns {{apollo: ApolloClient, subscribe: Function}} `subscribe` is for `follow`
 */
export function connect({ url, session, webSocketImpl = globalThis.WebSocket }) {
  // The link tells a closed socket in words only; the code says what to do about it.
  let closed;
  const socket = createClient({
    url,
    webSocketImpl,
    connectionParams: () => ({ authorization: session.authorization() }),
    retryAttempts: 0, // its own retries would send the old cursor again
    on: { connecting: () => (closed = undefined), closed: (event) => (closed = event) },
  });
  // Queries and mutations take the socket too; `ApolloLink.split` sends them elsewhere.
  const apollo = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });

  async function* subscribe(_, variables, signal) {
    // What goes on to the cache is the book, see `intoCache`: a batch of events is nothing that a cache could keep.
    const results = apollo.subscribe({ query: FOLLOW, variables, fetchPolicy: "no-cache" });
    const reader = streamOf(results, signal, socket).getReader();
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (value.error) throw value.error.errors ?? closed ?? value.error;
        yield value;
      }
    } finally {
      reader.cancel().catch(() => {});
    }
  }
  return { apollo, subscribe };
}

/** For `show`: keeps the book in Apollo's cache, where every component that asks for STORY sees it grow. */
export function intoCache(apollo, storyId) {
  return ({ book, events }) => {
    if (events.length) apollo.writeQuery({ query: STORY, variables: { id: storyId }, data: { story: book } });
  };
}

function streamOf(observable, signal, socket) {
  let subscription;
  return new ReadableStream({
    start(controller) {
      signal.addEventListener("abort", () => {
        // Leaving one story leaves the socket to the others; a socket that is silent is dead for all of them.
        if (signal.reason instanceof Silence) socket.terminate();
        subscription?.unsubscribe();
        controller.error(signal.reason);
      });
      subscription = observable.subscribe({
        next: (result) => controller.enqueue(result),
        error: (error) => controller.error(error),
        complete: () => controller.close(),
      });
    },
    cancel: () => subscription.unsubscribe(),
  });
}
