/** What a parent can do with a whole book: stop its making, have the rest of it made, take it off the shelf. */

import { confirm } from "./confirm.js";
import { availableCredits } from "./credits.js";
import { inCredits, priceInWords, resumePrice } from "./prices.js";
import { cancelStory, deleteStory, resumeStory } from "./verbs.js";

const CAN_GO_ON = new Set(["INCOMPLETE", "FAILED", "CANCELLED"]);

/** @returns {boolean} parts are missing, and nobody is making them */
export function canGoOn(book) {
  return CAN_GO_ON.has(book.story.status);
}

/** @returns {string} what the button is called that has the rest of the book made */
export function nameOfGoingOn(book) {
  const price = resumePrice(book);
  return price > 0 ? `Make what is missing (${inCredits(price)})` : "Make what is missing";
}

/** @returns {Promise<object | null>} null: the book goes on being made */
export function askToStop(book) {
  return confirm({
    title: "Stop making this book?",
    words: "What is finished stays; the rest is refunded.",
    yes: "Stop making it",
    no: "Go on",
    act: () => cancelStory({ id: book.story.id }),
  });
}

/** @returns {Promise<object | null>} null: nothing is made */
export function askToGoOn(book) {
  return confirm({
    title: "Make what is missing?",
    words: `${priceInWords(resumePrice(book), availableCredits())} What is there already stays.`,
    yes: "Make it",
    no: "Leave it so",
    act: () => resumeStory({ id: book.story.id }),
  });
}

/** @param {{id: string, title: string | null}} story @returns {Promise<object | null>} null: it stays on the shelf */
export function askToDelete(story) {
  return confirm({
    title: story.title ? `Delete “${story.title}”?` : "Delete this book?",
    words: "Its words, pictures and voice are gone for good. What is still being made is refunded.",
    yes: "Delete it",
    no: "Keep it",
    act: () => deleteStory({ id: story.id }),
  });
}
