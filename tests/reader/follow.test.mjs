import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_BOOK, applyBatch } from "../../api/static/js/book.js";
import { followStory } from "../../api/static/js/follow.js";

const TEXT = "The little 🦊 fox went out to look for the moon, and found it in a puddle.";
const LETTERS = [...TEXT];

const pageOf = (text, textStatus) => ({ id: "p", number: 1, text, textStatus, image: null, imageStatus: "WAITING", audio: null, audioStatus: "SKIPPED" });

/** A server that keeps a log of one story and sends batches; `cut` says how each connection breaks. */
function serverWith(cut) {
  const log = LETTERS.map((letter, index) => ({ __typename: "PageTextAppended", sequence: index + 1, pageNumber: 1, offset: index, delta: letter }));
  log.push({ __typename: "StoryEnded", sequence: log.length + 1, story: { id: "s", status: "READY" } });
  const opened = [];
  const open = (after, { onData, onEnd }) => {
    opened.push(after);
    let stopped = false;
    const deliver = async () => {
      const { batches = 3, ending = { kind: "closed", code: 1006 }, mangle = (batch) => batch, silent = false } = cut(opened.length) ?? {};
      if (silent) return onEnd(ending);
      let position = after === null ? 4 : Number(after);
      if (after === null) {
        const held = LETTERS.slice(0, position).join("");
        onData({ storyProgress: { cursor: "4", previousCursor: null, reset: true, events: [{ __typename: "StorySnapshot", sequence: 4, story: { id: "s", status: "GENERATING", pages: [pageOf(held, "WORKING")] } }] } });
      }
      for (let sent = 0; sent < batches && position < log.length && !stopped; sent += 1) {
        await null;
        const events = log.slice(position, position + 2);
        const batch = { cursor: String(position + events.length), previousCursor: String(position), reset: false, events };
        position += events.length;
        if (!stopped) onData({ storyProgress: mangle(batch, sent) });
      }
      if (!stopped) onEnd(ending);
    };
    queueMicrotask(deliver);
    return () => (stopped = true);
  };
  return { open, opened };
}

async function read(server, change = {}) {
  let book = EMPTY_BOOK;
  const connections = [];
  const outcome = await followStory({
    open: server.open,
    onBatch: (batch) => {
      book = applyBatch(book, batch);
      return !book.torn;
    },
    onConnection: (connected) => connections.push(connected),
    renew: async () => {},
    signal: new AbortController().signal,
    firstRetryMs: 0,
    ...change,
  });
  return { outcome, book, connections };
}

test("a line that breaks after every few words ends with the whole text", async () => {
  const server = serverWith(() => ({ batches: 2 }));
  const { outcome, book, connections } = await read(server);
  assert.equal(outcome, "ended");
  assert.equal(book.pages[0].text, TEXT);
  assert.ok(server.opened.length > 10);
  assert.ok(connections.includes(false), "the page is told that the line was lost");
  assert.equal(connections.at(-1), true);
});

test("it resumes with the cursor of the last batch", async () => {
  const server = serverWith((connection) => ({ batches: connection === 1 ? 3 : 1000 }));
  await read(server);
  assert.deepEqual(server.opened, [null, "10"]);
});

test("a complete without the story's end resumes", async () => {
  const server = serverWith((connection) => (connection < 3 ? { batches: 1, ending: { kind: "complete" } } : { batches: 1000 }));
  const { outcome, book } = await read(server);
  assert.equal(outcome, "ended");
  assert.equal(book.pages[0].text, TEXT);
});

test("a batch that does not continue from the cursor is not applied, and the cursor is kept", async () => {
  const server = serverWith((connection) => ({
    batches: 1000,
    mangle: (batch, sent) => (connection === 1 && sent === 2 ? { ...batch, previousCursor: "99" } : batch),
  }));
  const { book } = await read(server);
  assert.deepEqual(server.opened, [null, "8"]);
  assert.equal(book.pages[0].text, TEXT);
});

test("a hole in the words is mended by a snapshot", async () => {
  const server = serverWith((connection) => ({
    batches: 1000,
    mangle: (batch, sent) => (connection === 1 && sent === 1 ? { ...batch, events: batch.events.slice(1) } : batch),
  }));
  const { book } = await read(server);
  assert.deepEqual(server.opened, [null, null]);
  assert.equal(book.pages[0].text, TEXT);
});

for (const code of [4401, 4403]) {
  test(`a socket closed with ${code} gets a new token first`, async () => {
    const server = serverWith((connection) => (connection === 1 ? { batches: 1, ending: { kind: "closed", code } } : { batches: 1000 }));
    let renewals = 0;
    const { outcome } = await read(server, { renew: async () => (renewals += 1) });
    assert.equal(renewals, 1);
    assert.equal(outcome, "ended");
  });
}

test("who is signed out is told so", async () => {
  const server = serverWith(() => ({ silent: true, ending: { kind: "closed", code: 4403 } }));
  const renew = async () => {
    throw Object.assign(new Error("no"), { code: "UNAUTHENTICATED" });
  };
  assert.equal((await read(server, { renew })).outcome, "signed_out");
});

test("a server that can't be reached while renewing is tried again", async () => {
  const server = serverWith((connection) => (connection < 3 ? { silent: true, ending: { kind: "closed", code: 4403 } } : { batches: 1000 }));
  const renew = async () => {
    throw Object.assign(new Error("no"), { code: "UNREACHABLE" });
  };
  assert.equal((await read(server, { renew })).outcome, "ended");
});

test("somebody else's story stops the loop", async () => {
  const errors = [{ message: "no", extensions: { code: "NOT_FOUND" } }];
  const server = serverWith(() => ({ silent: true, ending: { kind: "errors", errors } }));
  assert.equal((await read(server)).outcome, "not_found");
  assert.equal(server.opened.length, 1);
});

test("a cursor that the server can't read is forgotten", async () => {
  const errors = [{ message: "no", extensions: { code: "BAD_USER_INPUT" } }];
  const server = serverWith((connection) => (connection === 1 ? { batches: 1 } : connection === 2 ? { silent: true, ending: { kind: "errors", errors } } : { batches: 1000 }));
  const { book } = await read(server);
  assert.deepEqual(server.opened, [null, "6", null]);
  assert.equal(book.pages[0].text, TEXT);
});

test("going away stops it at once, also while it waits to try again", async () => {
  const going = new AbortController();
  const server = serverWith((connection) => {
    if (connection === 2) going.abort();
    return { silent: true };
  });
  const { outcome } = await read(server, { signal: going.signal, firstRetryMs: 60_000 });
  assert.equal(outcome, "stopped");
});

test("coming back online does not wait for the next try", async () => {
  const wake = new EventTarget();
  const server = serverWith((connection) => ({ silent: connection < 4, batches: 1000 }));
  const onConnection = () => setImmediate(() => wake.dispatchEvent(new Event("wake")));
  const { outcome } = await read(server, { wake, onConnection, firstRetryMs: 60_000 });
  assert.equal(outcome, "ended");
});
