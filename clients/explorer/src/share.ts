/**
 * An operation in a link. It stands in the fragment, which browsers do not send to any server, and holds query and
 * variables only. What is secret by its name is left empty.
 */

import { Kind, parse, print, visit } from "graphql";

export interface Shared {
  query: string;
  variables: string;
}

const SECRET = /^(.*password|.*token|secret|authorization|apiKey|key)$/i;

export function linkTo({ query, variables }: Shared): string {
  const fields = new URLSearchParams({ query: withoutSecrets(query) });
  const safe = variablesWithoutSecrets(variables);
  if (safe) fields.set("variables", safe);
  return `${location.origin}${location.pathname}#${fields}`;
}

/** The operation that the address holds, which is then taken out of it: a reload shows what has been made of it. */
export function arrived(): Shared | null {
  const fields = new URLSearchParams(location.hash.slice(1));
  const query = fields.get("query");
  if (query === null) return null;
  history.replaceState(null, "", location.pathname);
  return { query, variables: fields.get("variables") ?? "" };
}

function withoutSecrets(query: string): string {
  try {
    let found = false;
    const blank = visit(parse(query), {
      enter(node) {
        if (node.kind !== Kind.ARGUMENT && node.kind !== Kind.OBJECT_FIELD) return undefined;
        if (!SECRET.test(node.name.value) || node.value.kind !== Kind.STRING) return undefined;
        found = true;
        return { ...node, value: { ...node.value, value: "" } };
      },
    });
    return found ? print(blank) : query;
  } catch {
    return query;
  }
}

function variablesWithoutSecrets(variables: string): string {
  try {
    const blank = (name: string, value: unknown) => (SECRET.test(name) && typeof value === "string" ? "" : value);
    const read: unknown = JSON.parse(variables || "{}", blank);
    return read !== null && Object.keys(read as object).length > 0 ? JSON.stringify(read, null, 2) : "";
  } catch {
    return ""; // what can't be read may hold anything
  }
}
