import assert from "node:assert/strict";
import { test } from "node:test";
import { subscribe } from "../../api/static/js/socket.js";

/** The other end of the line: a socket class whose messages the test writes. */
function line() {
  const sent = [];
  let socket;
  class Socket extends EventTarget {
    constructor(url, protocol) {
      super();
      Object.assign(this, { url, protocol, closedWith: null });
      socket = this;
    }
    send(message) {
      sent.push(JSON.parse(message));
    }
    close(code) {
      this.closedWith = code;
    }
  }
  const opens = () => socket.dispatchEvent(new Event("open"));
  const says = (message) => socket.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  const closes = (code) => socket.dispatchEvent(Object.assign(new Event("close"), { code }));
  return { Socket, sent, opens, says, closes, socket: () => socket };
}

function start(peer, change = {}) {
  const got = { data: [], endings: [], signs: 0 };
  const stop = subscribe({
    url: "ws://localhost/graphql",
    accessToken: "token",
    document: "subscription { x }",
    variables: { after: "1" },
    onData: (data) => got.data.push(data),
    onEnd: (ending) => got.endings.push(ending),
    onSign: () => (got.signs += 1),
    Socket: peer.Socket,
    ...change,
  });
  return { got, stop };
}

test("it greets with the token, subscribes once acknowledged, and hands on what comes", () => {
  const peer = line();
  const { got } = start(peer);
  peer.opens();
  assert.deepEqual(peer.sent, [{ type: "connection_init", payload: { authorization: "Bearer token" } }]);
  peer.says({ type: "connection_ack" });
  assert.deepEqual(peer.sent[1], { id: "1", type: "subscribe", payload: { query: "subscription { x }", variables: { after: "1" } } });
  peer.says({ id: "1", type: "next", payload: { data: { x: 1 } } });
  assert.deepEqual(got.data, [{ x: 1 }]);
  peer.says({ type: "ping" });
  assert.deepEqual(peer.sent[2], { type: "pong" });
  assert.equal(got.signs, 3);
  assert.equal(peer.socket().protocol, "graphql-transport-ws");
});

test("each way to the end is told once", () => {
  const errors = [{ message: "no" }];
  const ways = [
    [(peer) => peer.says({ id: "1", type: "complete" }), { kind: "complete" }],
    [(peer) => peer.says({ id: "1", type: "error", payload: errors }), { kind: "errors", errors }],
    [(peer) => peer.says({ id: "1", type: "next", payload: { data: null, errors } }), { kind: "errors", errors }],
    [(peer) => peer.closes(4403), { kind: "closed", code: 4403 }],
  ];
  for (const [happen, ending] of ways) {
    const peer = line();
    const { got } = start(peer);
    peer.opens();
    happen(peer);
    peer.closes(1000);
    assert.deepEqual(got.endings, [ending]);
  }
});

test("who stops it hears nothing more", () => {
  const peer = line();
  const { got, stop } = start(peer);
  peer.opens();
  stop();
  peer.says({ id: "1", type: "next", payload: { data: { x: 1 } } });
  peer.closes(1000);
  assert.equal(peer.socket().closedWith, 1000);
  assert.deepEqual([got.data, got.endings], [[], []]);
});
