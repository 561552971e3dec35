/** The line to one story: what is stored of it, then, while it is being made, every event. */

import { EMPTY_BOOK, applyBatch, bookOfStory, formerWordsOf, hasEnded, withFormerWords } from "./book.js";
import { followStory } from "./follow.js";
import { FOLLOW, PAGE_NARRATION, STORY } from "./operations.js";
import { askAsReader, currentSession, renewSession } from "./session.js";
import { subscribe } from "./socket.js";

const wake = new EventTarget();
const wakeUp = () => wake.dispatchEvent(new Event("wake"));
window.addEventListener("online", wakeUp);
window.addEventListener("pageshow", wakeUp);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wakeUp());

/**
 * @param {object} wish
 * @param {string} wish.storyId
 * @param {AbortSignal} wish.signal
 * @param {(book: object, events: object[]) => void} wish.onBook
 * @param {(connected: boolean) => void} wish.onConnection
 * @returns {Promise<"ended" | "stopped" | "not_found" | "signed_out" | "refused">} how it came to an end
 * @throws {ApiError} when what is stored can't be fetched
 */
export async function watchStory({ storyId, signal, onBook, onConnection }) {
  const { story } = await askAsReader(STORY, { id: storyId });
  if (signal.aborted) return "stopped";
  if (!story) return "not_found";
  let book = bookOfStory(story);
  onBook(book, []);
  if (hasEnded(book)) return "ended";

  let former = formerWordsOf(book);
  book = EMPTY_BOOK;
  const onBatch = (batch) => {
    book = applyBatch(book, batch);
    if (batch.reset) book = withFormerWords(book, former);
    // New words that are the same as the old ones would be torn by that for ever.
    if (book.torn) former = new Map();
    if (book.story !== null) onBook(book, batch.events);
    return !book.torn;
  };
  return followStory({ open: opener(storyId), onBatch, onConnection, renew, wake, signal });
}

/** Fetches a story again, for addresses of media that have not expired. @returns {Promise<object | null>} a book */
export async function fetchBook(storyId) {
  const { story } = await askAsReader(STORY, { id: storyId });
  return story ? bookOfStory(story) : null;
}

/** @returns {Promise<{text: string, url: string, words: object[]}>} one page's narration, to the word */
export async function fetchNarration(page) {
  const { page: fresh } = await askAsReader(PAGE_NARRATION, { id: page.id });
  if (!fresh?.audio) throw new Error("This page has no voice.");
  return { text: fresh.text, ...fresh.audio };
}

let usedAccessToken = null;

function opener(storyId) {
  const url = new URL("/graphql", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return (after, hooks) => {
    usedAccessToken = currentSession()?.accessToken ?? null;
    return subscribe({ url: url.href, accessToken: usedAccessToken, document: FOLLOW, variables: { storyId, after }, ...hooks });
  };
}

async function renew() {
  await renewSession(usedAccessToken);
}
