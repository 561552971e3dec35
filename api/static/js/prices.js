/** What things cost, in credits, and how a refusal is said. The server decides; this is what a parent is told before. */

import { hasEnded } from "./book.js";

const UNDER_WAY = new Set(["WAITING", "WORKING"]);
const SETTLED = new Set(["READY", "SKIPPED"]);

/** @param {object} page @returns {boolean} the page is read aloud, now or once its narration is made */
export function isNarrated(page) {
  return page.audioStatus !== "SKIPPED";
}

/** @returns {boolean} the part is being made, so it can't be asked for again just now */
export function isBusy(book, page, part) {
  return !hasEnded(book) && UNDER_WAY.has(statusOf(page, part));
}

/**
 * @param {object} page
 * @param {Iterable<"TEXT" | "IMAGE" | "AUDIO">} parts what is to be made again
 * @returns {number} credits; new words of a narrated page are read anew, which is a part as well
 */
export function redoPrice(page, parts) {
  const made = new Set(parts);
  if (made.has("TEXT") && isNarrated(page)) made.add("AUDIO");
  return made.size;
}

/** @returns {number} credits for words that a parent wrote: they are only read anew */
export function editPrice(page) {
  return isNarrated(page) ? 1 : 0;
}

/** @param {object} book that has ended @returns {number} credits for what is missing: pictures and narrations */
export function resumePrice(book) {
  return book.pages.flatMap((page) => [page.imageStatus, page.audioStatus]).filter((status) => !SETTLED.has(status)).length;
}

/** @param {number} count @returns {string} "1 credit", "16 credits" */
export function inCredits(count) {
  return count === 1 ? "1 credit" : `${count} credits`;
}

/**
 * @param {number} price credits
 * @param {number | null} available null where that is not known
 * @param {string} what what costs it, as a sentence begins
 * @returns {string}
 */
export function priceInWords(price, available, what = "This") {
  const cost = price === 0 ? `${what} costs nothing.` : `${what} costs ${inCredits(price)}.`;
  return available === null || price === 0 ? cost : `${cost} You have ${available}.`;
}

/** @param {{__typename: string, message: string, needed?: number, available?: number}} refusal @returns {string} */
export function refusalInWords({ __typename, message, needed, available }) {
  if (__typename !== "OutOfCredits") return message;
  const left = available === 0 ? "there are none left" : `you have ${available}`;
  return `This takes ${inCredits(needed)}, and ${left}. Nothing was charged.`;
}

function statusOf(page, part) {
  return { TEXT: page.textStatus, IMAGE: page.imageStatus, AUDIO: page.audioStatus }[part];
}
