import type { Coded } from "./operation";

export function typescript(operation: Coded): string {
  return operation.isSubscription ? subscription(operation) : request(operation);
}

function request({ query, variables, url }: Coded): string {
  return `// Node 20 or later, Deno, Bun
const query = ${literal(query)};
const variables = ${JSON.stringify(variables, null, 2)};

const answer = await fetch("${url}", {
  method: "POST",
  headers: {
    Authorization: \`Bearer \${process.env.STORYCANVAS_TOKEN}\`,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ query, variables }),
});
const { data, errors } = await answer.json();
if (errors) throw new Error(JSON.stringify(errors));
console.log(JSON.stringify(data, null, 2));
`;
}

function subscription({ query, variables, socket, resume }: Coded): string {
  const head = `// npm install graphql-ws graphql; Node 22 or later
import { createClient } from "graphql-ws";

const query = ${literal(query)};
const variables: Record<string, unknown> = ${JSON.stringify(variables, null, 2)};

function connect() {
  return createClient({
    url: "${socket}",
    connectionParams: { authorization: \`Bearer \${process.env.STORYCANVAS_TOKEN}\` },
    retryAttempts: 0,
  });
}
`;
  if (!resume) {
    return `${head}
for await (const { data, errors } of connect().iterate({ query, variables })) {
  if (errors) throw new Error(JSON.stringify(errors));
  console.log(JSON.stringify(data));
}
`;
  }
  return `${head}
type Batch = { cursor: string; events: { __typename: string }[] };

/** To the story's end: after a cut it goes on with the cursor of the last batch. */
async function follow(): Promise<void> {
  for (;;) {
    const client = connect();
    try {
      for await (const { data, errors } of client.iterate<Record<string, Batch>>({ query, variables })) {
        if (errors) throw errors;
        const batch = data!["${resume.root}"]!;
        variables["${resume.after}"] = batch.cursor;
        for (const event of batch.events) {
          console.log(JSON.stringify(event));
          if (event.__typename === "StoryEnded") return;
        }
      }
    } catch (problem) {
      if (Array.isArray(problem)) throw new Error(JSON.stringify(problem));
      const { code = 0 } = problem as { code?: number };
      if (code >= 4400 && code < 4500) throw new Error(\`The server refused with \${code}\`);
    } finally {
      await client.dispose();
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

await follow();
`;
}

function literal(query: string): string {
  return /[`\\]|\$\{/.test(query) ? JSON.stringify(query) : `\`${query}\``;
}
