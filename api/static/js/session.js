/**
 * Who is reading. Tokens live in localStorage, shared by all tabs of this page.
 *
 * A refresh token is good for one use, so two tabs must never use the same one: refreshing holds a lock that spans
 * tabs, and whoever gets it second finds the new tokens already there.
 */

import { ApiError, ask } from "./graphql.js";
import { REFRESH_SESSION, SIGN_IN, SIGN_OUT, SIGN_UP } from "./operations.js";

const SESSION_KEY = "storycanvas.session";
const GUEST_KEY = "storycanvas.guest";
const REFRESH_LOCK = "storycanvas.refresh";

const changes = new EventTarget();
let chain = Promise.resolve();

window.addEventListener("storage", (event) => {
  if (event.key === SESSION_KEY) changes.dispatchEvent(new Event("change"));
});

/** @returns {{accessToken: string, refreshToken: string, user: {id: string, email: string}} | null} */
export function currentSession() {
  return read(SESSION_KEY);
}

/** @returns {boolean} the account is the nameless one that this browser made for itself */
export function isGuest() {
  return currentSession() !== null && currentSession().user.email === read(GUEST_KEY)?.email;
}

/** Calls back whenever somebody signs in or out, in this tab or another. */
export function onSessionChange(listener) {
  changes.addEventListener("change", listener);
}

/**
 * Asks as the current reader; an access token that has run out is renewed once.
 * @throws {ApiError} with code UNAUTHENTICATED when nobody is signed in any more
 */
export async function askAsReader(document, variables = {}) {
  const session = currentSession();
  try {
    return await ask(document, variables, session?.accessToken ?? null);
  } catch (error) {
    if (error.code !== "UNAUTHENTICATED" || !session) throw error;
    const renewed = await renewSession(session.accessToken);
    return ask(document, variables, renewed.accessToken);
  }
}

/** @returns {Promise<object>} SessionPayload, or a refusal with `message` and perhaps `problems` */
export async function signUp(email, password) {
  return enter(SIGN_UP, { email, password });
}

/** @returns {Promise<object>} SessionPayload, or a refusal with `message` */
export async function signIn(email, password) {
  return enter(SIGN_IN, { email, password });
}

/** Opens this browser's own account, made at the first time. @returns {Promise<object>} as `signUp` */
export async function enterAsGuest() {
  const known = read(GUEST_KEY);
  if (known) {
    const result = await signIn(known.email, known.password);
    if (result.__typename === "SessionPayload") return result;
  }
  const guest = { email: `guest-${randomName(16)}@example.com`, password: randomName(24) };
  // Kept before it is sent: an account whose password is lost would be an account nobody can open.
  write(GUEST_KEY, guest);
  return signUp(guest.email, guest.password);
}

/** Takes over a guest's account that was made elsewhere on this machine; a reader's own account stays as it is. */
export async function becomeGuest(email, password) {
  if (currentSession() && !isGuest()) return;
  const result = await signIn(email, password);
  if (result.__typename === "SessionPayload") write(GUEST_KEY, { email, password });
}

export async function signOut() {
  try {
    await askAsReader(SIGN_OUT);
  } catch (error) {
    // The tokens are forgotten here in any case; whoever can't be told will let them run out.
    if (!(error instanceof ApiError)) throw error;
  }
  keep(null);
}

/**
 * @param {string} usedAccessToken the one that was refused
 * @returns {Promise<object>} the session to go on with
 * @throws {ApiError} UNAUTHENTICATED when the refresh token is refused too: the reader is then signed out
 */
export function renewSession(usedAccessToken) {
  return oneAtATime(async () => {
    const session = currentSession();
    if (!session) throw new ApiError("UNAUTHENTICATED", "Please sign in again.");
    if (session.accessToken !== usedAccessToken) return session;
    const { result } = await ask(REFRESH_SESSION, { input: { refreshToken: session.refreshToken } }, null);
    if (result.__typename === "SessionPayload") return keep(result);
    if (isGuest() && (await enterAsGuest()).__typename === "SessionPayload") return currentSession();
    keep(null);
    throw new ApiError("UNAUTHENTICATED", "Please sign in again.");
  });
}

async function enter(document, input) {
  const { result } = await ask(document, { input }, null);
  if (result.__typename === "SessionPayload") keep(result);
  return result;
}

// navigator.locks exists in secure contexts only; over plain HTTP on a home network each tab has a chain of its own.
function oneAtATime(work) {
  if (navigator.locks) return navigator.locks.request(REFRESH_LOCK, work);
  chain = chain.then(work, work);
  return chain;
}

function keep(session) {
  if (session) {
    const { accessToken, refreshToken, user } = session;
    write(SESSION_KEY, { accessToken, refreshToken, user });
  } else {
    localStorage.removeItem(SESSION_KEY);
  }
  changes.dispatchEvent(new Event("change"));
  return session;
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  localStorage.setItem(key, JSON.stringify(value));
}

function randomName(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
