/**
 * Asking for the same thing once. An answer may get lost on its way; whoever then asks again sends the same key along,
 * and the server gives the first answer instead of doing it twice.
 */

/**
 * @param {(input: object) => Promise<object>} send gets the input with its `idempotencyKey`
 * @param {() => string} [makeKey]
 * @returns {(input: object) => Promise<object>} sends the same input with the same key until it is answered
 */
export function askOnce(send, makeKey = randomKey) {
  const unanswered = new Map();
  return async (input) => {
    const wish = JSON.stringify(input);
    const idempotencyKey = unanswered.get(wish) ?? makeKey();
    unanswered.set(wish, idempotencyKey);
    const answer = await send({ ...input, idempotencyKey });
    // Payload or refusal, it is an answer: whoever asks for the same after it means another one.
    unanswered.delete(wish);
    return answer;
  };
}

/** crypto.randomUUID exists in secure contexts only, and a phone in the same house comes over plain HTTP. */
function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
