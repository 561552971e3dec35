/**
 * npm graphql-ws as it comes, with its own retries and pings: what it tells of one subscription, a line of JSON each.
 *
 * node graphql_ws.mjs '{"url", "accessToken", "query", "variables"}'
 */

const { url, accessToken, query, variables } = JSON.parse(process.argv[2]);
const clients = new URL("../../docs/clients/", import.meta.url);
const { createClient } = await import(new URL("node_modules/graphql-ws/dist/index.js", clients));
const { WebSocket } = await import(new URL("node_modules/ws/wrapper.mjs", clients));
const tell = (kind, more = {}) => process.stdout.write(JSON.stringify({ kind, ...more }) + "\n");

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${accessToken}` },
  keepAlive: 100,
  on: {
    connected: (_socket, _payload, again) => tell("connected", { again }),
    pong: (received) => received && tell("pong"),
    closed: ({ code }) => tell("closed", { code }),
  },
});
client.subscribe(
  { query, variables },
  {
    next: (result) => tell("next", result),
    error: (error) => tell("error", { error: String(error?.code ?? JSON.stringify(error)) }),
    complete: () => tell("complete"),
  },
);
