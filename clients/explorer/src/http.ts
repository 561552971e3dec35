/** GraphQL over HTTP. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

export interface Operation {
  query: string;
  variables?: Fields;
  operationName?: string;
}

export interface GraphqlError {
  message: string;
  extensions?: { code?: string; retryAfter?: number; requestId?: string };
}

export interface Answer {
  data?: Fields | null;
  errors?: GraphqlError[];
  extensions?: Fields;
}

export interface Heard {
  answer: Answer;
  /** null where no server answered. */
  status: number | null;
  bytes: number;
  ms: number;
}

export const ENDPOINT = new URL("/graphql", location.href).href;
export const SOCKET = ENDPOINT.replace(/^http/, "ws");

/** Never throws: what went wrong is an answer with errors that say what to do next. */
export async function post(operation: Operation, token: string | null): Promise<Heard> {
  const began = performance.now();
  const heard = (answer: Answer, status: number | null, bytes = 0): Heard => {
    return { answer, status, bytes, ms: performance.now() - began };
  };
  let response: Response;
  let body: string;
  try {
    response = await fetch(ENDPOINT, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      credentials: "omit",
      body: JSON.stringify(operation),
    });
    body = await response.text();
  } catch {
    return heard(unreachable(), null);
  }
  try {
    return heard(JSON.parse(body) as Answer, response.status, new Blob([body]).size);
  } catch {
    return heard(unreadable(response), response.status, body.length);
  }
}

export function unreachable(): Answer {
  return failed("UNREACHABLE", `Nothing answers at ${ENDPOINT}. See that the server runs and that you are online; then run it again.`);
}

function unreadable(response: Response): Answer {
  return failed("UNREADABLE", `The server answered ${response.status}, and not in JSON. Something between here and StoryCanvas, such as a proxy, may have answered; try again in a moment.`);
}

export function failed(code: string, message: string): Answer {
  return { errors: [{ message, extensions: { code } }] };
}

export function isUnauthenticated(answer: Answer): boolean {
  return answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED") ?? false;
}
