// The same subscription as ours from a Node server: graphql-ws on ws, the SDL of schema.graphql, events from the same
// Valkey channels. It does what such servers do, and no more: no log, no cursors to resume from, no accounts.
//
//   node server.mjs PORT SDL_FILE VALKEY_SOCKET
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createClient } from 'redis';
import { WebSocketServer } from 'ws';

const [port, sdl, valkey] = process.argv.slice(2);

const redis = createClient({ socket: { path: valkey } });
redis.on('error', (error) => console.error(error.message));
await redis.connect();

// One Valkey subscription and one parse per event, however many follow the story: what a careful author would do.
const topics = new Map();

function channelOf(storyId) {
  const [kind, id] = Buffer.from(storyId, 'base64url').toString().split(':');
  if (kind !== 'Story') throw new Error('not the id of a story');
  return `sc:{${id}}:live`;
}

function told(message) {
  const colon = message.indexOf(':');
  const epoch = message.slice(0, colon);
  const second = message.indexOf(':', colon + 1);
  const sequence = Number(message.slice(colon + 1, second));
  const { k: kind, at, page, offset, delta } = JSON.parse(message.slice(second + 1));
  if (kind !== 'delta') throw new Error(`${kind} is not measured`);
  const event = { __typename: 'PageTextAppended', sequence, at: new Date(at).toISOString(), pageNumber: page, offset, delta };
  return { cursor: `${epoch}:${sequence}`, previousCursor: `${epoch}:${sequence - 1}`, reset: false, events: [event] };
}

async function listen(channel, follower) {
  let topic = topics.get(channel);
  if (topic === undefined) {
    const followers = new Set();
    const hear = (message) => {
      const batch = told(message);
      for (const one of followers) one.push(batch);
    };
    topic = { followers, hear, ready: redis.subscribe(channel, hear) };
    topics.set(channel, topic);
  }
  topic.followers.add(follower);
  await topic.ready;
}

async function leave(channel, follower) {
  const topic = topics.get(channel);
  topic.followers.delete(follower);
  if (topic.followers.size > 0) return;
  topics.delete(channel);
  await redis.unsubscribe(channel, topic.hear);
}

// An async iterator with a queue, as every publish-and-subscribe library for graphql-js gives one to each client.
function follow(storyId) {
  const channel = channelOf(storyId);
  const queue = [];
  let waiting = null;
  let ended = false;
  const follower = {
    push(batch) {
      const value = { storyProgress: batch };
      if (waiting === null) {
        queue.push(value);
        return;
      }
      const resolve = waiting;
      waiting = null;
      resolve({ value, done: false });
    },
  };
  const began = listen(channel, follower).then(() => {
    follower.push({ cursor: 'begun:0', previousCursor: null, reset: true, events: [] });
  });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      await began;
      if (queue.length > 0) return { value: queue.shift(), done: false };
      if (ended) return { value: undefined, done: true };
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    async return() {
      ended = true;
      waiting?.({ value: undefined, done: true });
      await leave(channel, follower);
      return { value: undefined, done: true };
    },
  };
}

const schema = buildSchema(readFileSync(sdl, 'utf8'));
schema.getSubscriptionType().getFields().storyProgress.subscribe = (_, { storyId }) => follow(storyId);

const http = createServer((_, response) => response.end('ready'));
useServer({ schema }, new WebSocketServer({ server: http, path: '/graphql' }));
http.listen(Number(port), '127.0.0.1');
