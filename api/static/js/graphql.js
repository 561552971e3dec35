/** One question to the API over HTTP. */

/** The API's top-level error, or no answer at all (`code` is then UNREACHABLE). `message` may be shown to a reader. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {number | null} retryAfterS seconds */
  constructor(code, message, retryAfterS = null) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** @param {{message: string, extensions?: {code?: string, retryAfter?: number}}} error as GraphQL gives it */
export function apiErrorOf(error) {
  const { code = "INTERNAL", retryAfter = null } = error.extensions ?? {};
  return new ApiError(code, wordsFor(code, retryAfter) ?? error.message, retryAfter);
}

/**
 * @param {string} document
 * @param {object} variables
 * @param {string | null} accessToken
 * @returns {Promise<object>} the answer's `data`
 * @throws {ApiError}
 */
export async function ask(document, variables, accessToken) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json" };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  const answer = await post({ headers, body: JSON.stringify({ query: document, variables }) });
  if (answer.errors?.length) throw apiErrorOf(answer.errors[0]);
  return answer.data;
}

async function post({ headers, body }) {
  let response;
  try {
    response = await fetch("/graphql", { method: "POST", headers, body, credentials: "omit", cache: "no-store" });
  } catch {
    throw new ApiError("UNREACHABLE", "The storyteller can’t be reached. Is the internet there? Please try again.");
  }
  try {
    return await response.json();
  } catch {
    throw new ApiError("INTERNAL", wordsFor("INTERNAL"));
  }
}

function wordsFor(code, retryAfter) {
  switch (code) {
    case "RATE_LIMITED":
      return `That was a lot at once. Please wait ${inWords(retryAfter ?? 10)} and try again.`;
    case "TIMEOUT":
      return "That took too long. Please try again.";
    case "INTERNAL":
      return "Something went wrong on our side. Please try again in a moment.";
    case "UNAUTHENTICATED":
      return "Please sign in again.";
    default:
      return null;
  }
}

function inWords(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
