/** A storyProgress subscription, with what it takes to go on after a cut. */

import { Kind, parse, print, type DocumentNode, type FieldNode, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

import type { Fields, Json, Operation } from "./http";

const ADDED = "resumeCursor: cursor resumePrevious: previousCursor resumeReset: reset resumeEvents: events { resumeKind: __typename }";
const OWN_VARIABLE = "resumeAfter";

export interface Resumable {
  query: string;
  /** The variable that `after` takes. */
  after: string;
  /** The name in the answer under which batches come. */
  root: string;
  /** Where to begin. */
  from: string | null;
}

export interface Batch {
  cursor: string;
  previous: string | null;
  reset: boolean;
  /** Each event's type, in order. */
  kinds: string[];
}

export function operationIn(document: DocumentNode, name?: string): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  return name ? operations.find((operation) => operation.name?.value === name) : operations[0];
}

export function followed(operation: OperationDefinitionNode): FieldNode | undefined {
  const [field] = operation.selectionSet.selections;
  return field?.kind === Kind.FIELD && field.name.value === "storyProgress" ? field : undefined;
}

/** Adds the cursor and whatever else resuming needs, under names of its own; null for another subscription. */
export function resumable({ query, operationName, variables }: Operation): Resumable | null {
  const document = parse(query);
  const operation = operationIn(document, operationName);
  const field = operation && followed(operation);
  if (!operation || !field?.selectionSet) return null;
  const given = field.arguments?.find((argument) => argument.name.value === "after")?.value;
  const after = given?.kind === Kind.VARIABLE ? given.name.value : OWN_VARIABLE;
  const literal = given?.kind === Kind.STRING ? given.value : null;
  const changed: FieldNode = {
    ...field,
    arguments: [...(field.arguments ?? []).filter((argument) => argument.name.value !== "after"), argument(after)],
    selectionSet: { ...field.selectionSet, selections: [...field.selectionSet.selections, ...selections(ADDED)] },
  };
  const definitions = document.definitions.map((definition) => {
    if (definition !== operation) return definition;
    const own = after === OWN_VARIABLE ? variableOf(after) : [];
    return {
      ...operation,
      variableDefinitions: [...(operation.variableDefinitions ?? []), ...own],
      selectionSet: { ...operation.selectionSet, selections: [changed] } satisfies SelectionSetNode,
    };
  });
  const value: Json | undefined = variables?.[after];
  return {
    query: print({ ...document, definitions }),
    after,
    root: field.alias?.value ?? field.name.value,
    from: typeof value === "string" ? value : literal,
  };
}

/** Takes what was added out of an answer's data. */
export function taken(data: Fields, root: string): Batch {
  const batch = data[root] as Fields;
  const events = batch.resumeEvents as Fields[];
  const found = {
    cursor: String(batch.resumeCursor),
    previous: typeof batch.resumePrevious === "string" ? batch.resumePrevious : null,
    reset: batch.resumeReset === true,
    kinds: events.map((event) => String(event.resumeKind)),
  };
  for (const name of ["resumeCursor", "resumePrevious", "resumeReset", "resumeEvents"]) delete batch[name];
  return found;
}

function argument(variable: string) {
  const field = selections(`f(after: $${variable})`)[0] as FieldNode;
  return field.arguments![0]!;
}

function variableOf(name: string) {
  const document = parse(`query ($${name}: String) { f }`);
  return (document.definitions[0] as OperationDefinitionNode).variableDefinitions!;
}

function selections(text: string) {
  return (parse(`{ ${text} }`).definitions[0] as OperationDefinitionNode).selectionSet.selections;
}
