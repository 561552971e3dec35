/**
 * One subscription on one WebSocket, in the protocol graphql-transport-ws
 * (github.com/enisdenjo/graphql-ws, PROTOCOL.md). Resuming is not its business: see follow.js.
 */

const PROTOCOL = "graphql-transport-ws";
const OPERATION_ID = "1";

/**
 * How a subscription came to its end.
 * @typedef {{kind: "complete"} | {kind: "errors", errors: object[]} | {kind: "closed", code: number}} Ending
 */

/**
 * @param {object} wish
 * @param {string} wish.url ws: or wss:
 * @param {string | null} wish.accessToken
 * @param {string} wish.document
 * @param {object} wish.variables
 * @param {(data: object) => void} wish.onData each result's `data`
 * @param {(ending: Ending) => void} wish.onEnd once, and never after the returned function was called
 * @param {() => void} [wish.onSign] any message at all, pings included: the line is alive
 * @param {typeof WebSocket} [wish.Socket] the class to open
 * @returns {() => void} stops and closes
 */
export function subscribe({ url, accessToken, document, variables, onData, onEnd, onSign = () => {}, Socket = WebSocket }) {
  const socket = new Socket(url, PROTOCOL);
  let over = false;

  const send = (message) => socket.send(JSON.stringify(message));
  const finish = (ending) => {
    if (over) return;
    over = true;
    socket.close(1000);
    if (ending) onEnd(ending);
  };

  const react = {
    connection_ack: () => send({ id: OPERATION_ID, type: "subscribe", payload: { query: document, variables } }),
    ping: () => send({ type: "pong" }),
    next: ({ payload }) => (payload.errors?.length ? finish({ kind: "errors", errors: payload.errors }) : onData(payload.data)),
    error: ({ payload }) => finish({ kind: "errors", errors: payload }),
    complete: () => finish({ kind: "complete" }),
  };

  socket.addEventListener("open", () => {
    const payload = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
    send({ type: "connection_init", payload });
  });
  socket.addEventListener("message", ({ data }) => {
    if (over) return;
    onSign();
    const message = JSON.parse(data);
    react[message.type]?.(message);
  });
  // An `error` event tells nothing and is always followed by `close`.
  socket.addEventListener("close", ({ code }) => finish({ kind: "closed", code }));

  return () => finish(null);
}
