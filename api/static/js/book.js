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
 * @property {string} textStatus WAITING, WORKING, READY, FAILED or SKIPPED; so the other two
 * @property {Picture | null} preview a rougher picture, only while the final one is missing
 * @property {Picture | null} image
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

const APPLY = {
  StorySnapshot: (_, event) => bookOfStory(event.story, event.sequence),

  StoryPlanned: (book, { title, pageCount }) => ({
    ...book,
    story: { ...book.story, title, pageCount, status: "GENERATING" },
  }),

  PagePartStarted: (book, event) => onPage(book, event.pageNumber, () => ({ [STATUS_OF[event.part]]: "WORKING" })),

  PagePartRestarted: (book, event) =>
    onPage(book, event.pageNumber, (page) => ({
      ...NOTHING_OF[event.part],
      [STATUS_OF[event.part]]: "WORKING",
      problems: without(page.problems, event.part),
    })),

  PagePartFailed: (book, event) =>
    onPage(book, event.pageNumber, (page) => ({
      [STATUS_OF[event.part]]: "FAILED",
      problems: { ...page.problems, [event.part]: event.message },
    })),

  PageTextAppended(book, { pageNumber, offset, delta }) {
    const held = book.pages.find((page) => page.number === pageNumber);
    if (!held) return book;
    const length = lengthInCodePoints(held.text);
    if (offset > length) return { ...book, torn: true };
    if (offset + lengthInCodePoints(delta) <= length) return book;
    return onPage(book, pageNumber, () => ({
      text: firstCodePoints(held.text, offset) + delta,
      textStatus: "WORKING",
    }));
  },

  PageTextReady: (book, { page }) => settle(book, page, "TEXT", { text: page.text ?? "", textStatus: page.textStatus }),

  PageImagePreviewed: (book, { pageNumber, image }) =>
    onPage(book, pageNumber, (page) => (page.imageStatus === "READY" ? {} : { preview: image, imageStatus: "WORKING" })),

  PageImageReady: (book, { page }) =>
    settle(book, page, "IMAGE", { image: page.image, preview: null, imageStatus: page.imageStatus }),

  PageAudioReady: (book, { page }) =>
    settle(book, page, "AUDIO", { audio: page.audio, audioStatus: page.audioStatus }),

  StoryEnded: (book, { story }) => ({ ...book, story: { ...book.story, ...story } }),
};

const NOTHING_OF = Object.freeze({
  TEXT: { text: "" },
  IMAGE: { image: null, preview: null },
  AUDIO: { audio: null },
});

function pageOf(page) {
  return { ...page, text: page.text ?? "", preview: null, problems: {} };
}

function onPage(book, number, change) {
  return {
    ...book,
    pages: book.pages.map((page) => (page.number === number ? { ...page, ...change(page) } : page)),
  };
}

function settle(book, fresh, part, change) {
  return onPage(book, fresh.number, (page) => ({ ...change, problems: without(page.problems, part) }));
}

function without(problems, part) {
  const { [part]: _, ...others } = problems;
  return others;
}
