/**
 * A book as it is being made: a pure function from what is held and an event to what is held next.
 *
 * Nothing here touches the page or the network, so any client can copy it. Events may come twice (after a
 * reconnection) and are applied once, known by their sequence; text is placed by its offset, in code points.
 *
 * @typedef {"TEXT" | "IMAGE" | "AUDIO"} Part
 * @typedef {{key: string, url: string, width: number, height: number, alt: string, blurhash: string}} Picture
 * @typedef {{key: string, url: string, durationMs: number}} Narration
 * @typedef {object} Page
 * @property {string} id
 * @property {number} number counted from 1
 * @property {string} text as far as it is written
 * @property {string} formerText the words before, while new ones are awaited; else empty
 * @property {string} textStatus WAITING, WORKING, READY, FAILED or SKIPPED; so the other two
 * @property {Picture | null} preview a rougher picture, only until the final one is there
 * @property {Picture | null} image the old one stays until a new one is there; so does the narration
 * @property {string} imageStatus
 * @property {Narration | null} audio
 * @property {string} audioStatus
 * @property {Partial<Record<Part, string>>} problems what went wrong, by part, in words for a parent
 * @typedef {object} Book
 * @property {object | null} story everything but its pages, as the API gives it; null before the first snapshot
 * @property {Page[]} pages in order
 * @property {number} sequence of the last event that was applied, -1 before the first
 * @property {boolean} torn a piece of text is missing: only a new snapshot mends that
 */

import { firstCodePoints, lengthInCodePoints } from "./codepoints.js";

/** @type {Readonly<Book>} */
export const EMPTY_BOOK = Object.freeze({ story: null, pages: Object.freeze([]), sequence: -1, torn: false });

const STATUS_OF = Object.freeze({ TEXT: "textStatus", IMAGE: "imageStatus", AUDIO: "audioStatus" });
const PARTS = Object.freeze(Object.keys(STATUS_OF));
const UNDER_WAY = new Set(["WAITING", "WORKING"]);
const ENDED = new Set(["READY", "INCOMPLETE", "FAILED", "CANCELLED"]);

/** @param {Book} book @param {{reset: boolean, events: object[]}} batch @returns {Book} */
export function applyBatch(book, batch) {
  return batch.events.reduce(applyEvent, batch.reset ? EMPTY_BOOK : book);
}

/** @param {Book} book @param {object} event with `__typename` and `sequence` @returns {Book} */
export function applyEvent(book, event) {
  if (event.sequence <= book.sequence) return book;
  const apply = APPLY[event.__typename];
  // A kind of event that a later server invents is counted and passed over.
  return { ...(apply ? apply(book, event) : book), sequence: event.sequence };
}

/** A whole story, as a query answers it, becomes a book without a place in the event log. */
export function bookOfStory(story, sequence = -1) {
  const { pages, ...rest } = story;
  return { story: rest, pages: pages.map(pageOf), sequence, torn: false };
}

/** @param {Book} book @returns {boolean} nothing more will happen to it on its own */
export function hasEnded(book) {
  return book.story !== null && ENDED.has(book.story.status);
}

/** @param {Book} book @returns {{done: number, total: number}} parts; a part is one page's text, image or audio */
export function progressOf(book) {
  const statuses = book.pages.flatMap((page) => PARTS.map((part) => page[STATUS_OF[part]]));
  const planned = statuses.filter((status) => status !== "SKIPPED");
  return { done: planned.filter((status) => status === "READY").length, total: planned.length };
}

/**
 * What is to be read on a page.
 * @param {Page} page
 * @returns {{text: string, isFormer: boolean}} `isFormer`: these are the words before, and new ones are awaited
 */
export function wordsOf({ text, formerText, textStatus }) {
  if (text === "") return { text: formerText, isFormer: formerText !== "" };
  return { text, isFormer: textStatus === "WAITING" };
}

/**
 * The words that pages have while new ones are awaited, by page number. Only what is stored tells them for certain: in a
 * snapshot, words that are being written may be the new ones.
 * @param {Book} book of `bookOfStory`
 * @returns {Map<number, string>}
 */
export function formerWordsOf(book) {
  const awaited = book.pages.filter(({ text, textStatus }) => text !== "" && UNDER_WAY.has(textStatus));
  return new Map(awaited.map(({ number, text }) => [number, text]));
}

/** @param {Book} book @param {Map<number, string>} former @returns {Book} with these words marked as the former ones */
export function withFormerWords(book, former) {
  const isFormer = (page) => UNDER_WAY.has(page.textStatus) && page.text === former.get(page.number);
  return { ...book, pages: book.pages.map((page) => (isFormer(page) ? { ...page, text: "", formerText: page.text } : page)) };
}

const APPLY = {
  StorySnapshot: (_, event) => bookOfStory(event.story, event.sequence),

  StoryPlanned: (book, { title, pageCount }) => ({
    ...book,
    story: { ...book.story, title, pageCount, status: "GENERATING" },
  }),

  PagePartStarted: (book, event) =>
    onPage(book, event.pageNumber, (page) => ({
      // Words that stand there although none were begun are the old version.
      ...(event.part === "TEXT" && page.textStatus === "WAITING" && RESTARTED.TEXT(page)),
      [STATUS_OF[event.part]]: "WORKING",
      problems: without(page.problems, event.part),
    })),

  PagePartRestarted: (book, event) =>
    onPage(book, event.pageNumber, (page) => ({
      ...RESTARTED[event.part](page),
      [STATUS_OF[event.part]]: "WORKING",
      problems: without(page.problems, event.part),
    })),

  PagePartFailed: (book, event) =>
    onPage(book, event.pageNumber, (page) => ({
      ...(event.part === "TEXT" && page.formerText !== "" && { text: page.formerText, formerText: "" }),
      [STATUS_OF[event.part]]: "FAILED",
      problems: { ...page.problems, [event.part]: event.message },
    })),

  PageTextAppended(book, { pageNumber, offset, delta }) {
    const held = book.pages.find((page) => page.number === pageNumber);
    if (!held) return book;
    const length = lengthInCodePoints(held.text);
    if (offset > length) return { ...book, torn: true };
    const text = firstCodePoints(held.text, offset) + delta;
    // What is held already is ahead of the delta, unless it is the old version: then the new words take its place.
    if (held.text.startsWith(text)) return book;
    return onPage(book, pageNumber, () => ({ text, textStatus: "WORKING" }));
  },

  // New words have no narration yet, so the event tells of it too.
  PageTextReady: (book, { page: { text, textStatus, ...fresh } }) =>
    settle(book, fresh, "TEXT", {
      text: text ?? "",
      formerText: "",
      textStatus,
      ...(fresh.audioStatus && { audio: fresh.audio, audioStatus: fresh.audioStatus }),
    }),

  PageImagePreviewed: (book, { pageNumber, image }) =>
    onPage(book, pageNumber, (page) => (page.imageStatus === "READY" ? {} : { preview: image, imageStatus: "WORKING" })),

  PageImageReady: (book, { page }) =>
    settle(book, page, "IMAGE", { image: page.image, preview: null, imageStatus: page.imageStatus }),

  PageAudioReady: (book, { page }) =>
    settle(book, page, "AUDIO", { audio: page.audio, audioStatus: page.audioStatus }),

  StoryEnded(book, { story: { pages, ...story } }) {
    const problems = new Map(book.pages.map((page) => [page.number, page.problems]));
    return {
      ...book,
      story: { ...book.story, ...story },
      pages: pages?.map((page) => ({ ...pageOf(page), problems: problems.get(page.number) ?? {} })) ?? book.pages,
    };
  },
};

// A picture or a narration that exists stays until the new one is there; words flow in anew from their beginning.
const RESTARTED = Object.freeze({
  TEXT: ({ text, formerText, textStatus }) => ({
    text: "",
    formerText: text !== "" && ["READY", "WAITING"].includes(textStatus) ? text : formerText,
  }),
  IMAGE: () => ({ preview: null }),
  AUDIO: () => ({}),
});

function pageOf(page) {
  return { ...page, text: page.text ?? "", formerText: "", preview: null, problems: {} };
}

function onPage(book, number, change) {
  return {
    ...book,
    pages: book.pages.map((page) => (page.number === number ? { ...page, ...change(page) } : page)),
  };
}

/** Ready right after it failed, the part is the old version, and what went wrong with the new one is still to be told. */
function settle(book, fresh, part, change) {
  return onPage(book, fresh.number, (page) => ({
    ...change,
    problems: page[STATUS_OF[part]] === "FAILED" ? page.problems : without(page.problems, part),
  }));
}

function without(problems, part) {
  const { [part]: _, ...others } = problems;
  return others;
}
