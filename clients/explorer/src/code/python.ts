import type { Json } from "../http";
import type { Coded } from "./operation";

export function python(operation: Coded): string {
  return operation.isSubscription ? subscription(operation) : request(operation);
}

function request({ query, variables, url }: Coded): string {
  return `# pip install httpx
import os

import httpx

QUERY = ${text(query)}
VARIABLES = ${value(variables)}

answer = httpx.post(
    "${url}",
    json={"query": QUERY, "variables": VARIABLES},
    headers={"Authorization": f"Bearer {os.environ['STORYCANVAS_TOKEN']}"},
    timeout=30,
)
body = answer.json()
if body.get("errors"):
    raise SystemExit(body["errors"])
print(body["data"])
`;
}

function subscription({ query, variables, socket, resume }: Coded): string {
  const head = `# pip install "gql[websockets]>=4"
import asyncio
import os

from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed
from gql.transport.websockets import WebsocketsTransport

QUERY = ${text(query)}
VARIABLES = ${value(variables)}


def connection() -> Client:
    return Client(
        transport=WebsocketsTransport(
            "${socket}",
            init_payload={"authorization": f"Bearer {os.environ['STORYCANVAS_TOKEN']}"},
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )
    )


def request(variables: dict):
    document = gql(QUERY)
    document.variable_values = variables
    return document

`;
  if (!resume) {
    return `${head}
async def follow() -> None:
    async with connection() as session:
        async for data in session.subscribe(request(VARIABLES)):
            print(data)


asyncio.run(follow())
`;
  }
  return `${head}
async def follow() -> None:
    """To the story's end: after a cut it goes on with the cursor of the last batch."""
    variables = dict(VARIABLES)
    while True:
        try:
            async with connection() as session:
                async for data in session.subscribe(request(variables)):
                    batch = data["${resume.root}"]
                    variables["${resume.after}"] = batch["cursor"]
                    for event in batch["events"]:
                        print(event)
                        if event["__typename"] == "StoryEnded":
                            return
        except (TransportConnectionFailed, OSError) as cut:
            print(f"Cut off ({cut}), going on")
        await asyncio.sleep(1)


asyncio.run(follow())
`;
}

/** A raw literal where it can be one, so that the operation stays as it was written. */
function text(query: string): string {
  const isPlain = !query.includes('"""') && !query.includes("\\") && !query.endsWith('"');
  return isPlain ? `"""\n${query}\n"""` : JSON.stringify(query);
}

function value(json: Json | undefined, depth = 0): string {
  const inner = "    ".repeat(depth + 1);
  const outer = "    ".repeat(depth);
  if (json === null || json === undefined) return "None";
  if (typeof json === "boolean") return json ? "True" : "False";
  if (Array.isArray(json)) return json.length ? `[\n${json.map((item) => `${inner}${value(item, depth + 1)},\n`).join("")}${outer}]` : "[]";
  if (typeof json !== "object") return JSON.stringify(json);
  const lines = Object.entries(json).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${value(item, depth + 1)},\n`);
  return lines.length ? `{\n${lines.join("")}${outer}}` : "{}";
}
