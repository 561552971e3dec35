/** What the code of an operation is written from. */

import { Kind, parse, type SelectionSetNode } from "graphql";

import { ENDPOINT, SOCKET, type Fields } from "../http";
import { followed, operationIn } from "../resume";

export interface Coded {
  query: string;
  variables: Fields;
  url: string;
  socket: string;
  isSubscription: boolean;
  /** A subscription that can go on after a cut: where its batches come, and the variable that takes the cursor. */
  resume: { root: string; after: string; events: string } | null;
}

/** Throws an Error that says what is wrong where there is no operation that could be run. */
export function coded(query: string, variables: string, operationName?: string): Coded {
  const document = readable(() => parse(query), "The operation can't be read yet");
  const given = readable(() => JSON.parse(variables.trim() || "{}") as Fields, "The variables are not JSON yet");
  const operation = operationIn(document, operationName);
  if (!operation) throw new Error("There is no operation in this tab yet. Open an example, or write one.");
  const field = followed(operation);
  const after = field?.arguments?.find((argument) => argument.name.value === "after")?.value;
  const events = field && selected(field.selectionSet, "events");
  const resumes = field && selected(field.selectionSet, "cursor") && events && selected(events, "__typename");
  return {
    query: query.trim(),
    variables: given,
    url: ENDPOINT,
    socket: SOCKET,
    isSubscription: operation.operation === "subscription",
    resume:
      resumes && after?.kind === Kind.VARIABLE
        ? { root: field.alias?.value ?? field.name.value, after: after.name.value, events: "events" }
        : null,
  };
}

/** What is selected under a field without an alias; true-like for a leaf. */
function selected(set: SelectionSetNode | undefined, name: string): SelectionSetNode | undefined {
  for (const field of set?.selections ?? []) {
    if (field.kind !== Kind.FIELD || field.name.value !== name || field.alias) continue;
    return field.selectionSet ?? { kind: Kind.SELECTION_SET, selections: [] };
  }
  return undefined;
}

function readable<Value>(read: () => Value, otherwise: string): Value {
  try {
    return read();
  } catch (error) {
    throw new Error(`${otherwise}: ${(error as Error).message}`);
  }
}
