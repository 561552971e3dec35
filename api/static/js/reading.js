/** The open book: which spread lies open, what turns it, and what is said about it. */

import { announce } from "./announce.js";
import { hasEnded, progressOf } from "./book.js";
import { refreshCredits } from "./credits.js";
import { byId } from "./elements.js";
import { turnLeaf } from "./leafturn.js";
import { askToEdit, askToRedo } from "./pagetools.js";
import { createReader } from "./reader.js";
import { createSpread, nameOf } from "./spread.js";
import { fetchBook, watchStory } from "./storyline.js";
import { askToDelete, askToGoOn, askToStop, canGoOn, nameOfGoingOn } from "./storytools.js";
import { createStrip } from "./strip.js";
import { listenForTurns } from "./turns.js";

const FRESH_ADDRESSES_AT_MOST_EVERY_MS = 60_000;
const WORDS_FOR_ENDING = Object.freeze({
  not_found: "This book is not on your shelf.",
  signed_out: "Please sign in again to see this book.",
  refused: "This book can’t be followed just now. Please load the page again.",
});

let storyId = null;
let watching = new AbortController();
let book = null;
let position = 0;
let spread = null;
let turnedByHand = false;
let addressesAskedAt = 0;

const reader = createReader({
  turnOn: () => goTo(position + 1),
  toFirstPage: () => goTo(1),
  onTimings: (timings) => spread?.time(timings),
  onWord: (index) => spread?.mark(index),
  onTrouble: (error) => note(error.message),
});
const strip = createStrip((place) => goByHand(place));

export function setUpReading() {
  byId("previous-page").addEventListener("click", () => goByHand(position - 1));
  byId("next-page").addEventListener("click", () => goByHand(position + 1));
  byId("stop-making").addEventListener("click", () => change(askToStop(book), "The making of the book was stopped."));
  byId("go-on-making").addEventListener("click", goOn);
  listenForTurns(byId("stage"), {
    isOpen: () => book !== null && !byId("reading").hidden,
    by: (steps) => goByHand(position + steps),
    toStart: () => goByHand(0),
    toEnd: () => goByHand(lastPosition()),
  });
}

/** @param {string} id @param {number} place where it is opened, 0 the cover */
export async function openBook(id, place) {
  if (id === storyId && book) return void goTo(place);
  closeBook();
  storyId = id;
  position = place;
  turnedByHand = place > 0;
  byId("book-title").textContent = "Opening the book …";
  await watch();
}

/** Shows the book as it is stored, and every event from then on until its making ends. */
async function watch() {
  watching.abort();
  const { signal } = (watching = new AbortController());
  note("");
  try {
    const ending = await watchStory({ storyId, signal, onBook: show, onConnection: showConnection });
    if (ending in WORDS_FOR_ENDING) note(WORDS_FOR_ENDING[ending]);
  } catch (error) {
    if (!signal.aborted) note(error.message);
    if (!error.code) throw error;
  } finally {
    if (!signal.aborted) showConnection(true);
  }
}

/**
 * Does what a dialog asks for; what it changed is followed anew, for an ended book may have begun again.
 * @param {Promise<object | null>} asked a mutation's payload; null where the reader left things as they are
 */
async function change(asked, words) {
  const changed = storyId;
  if ((await asked) === null || changed !== storyId) return;
  announce(words);
  // The button in the head goes, and would take along the place where a keyboard’s reader is.
  if (!byId("book").contains(document.activeElement)) byId("book-title").focus();
  await watch();
}

const goOn = () => change(askToGoOn(book), "What is missing is being made.");

async function remove() {
  const { story } = book;
  if ((await askToDelete(story)) === null) return;
  announce(story.title ? `${story.title} is deleted.` : "The book is deleted.");
  if (storyId === story.id) location.hash = "#/";
}

function keepRating(rating) {
  show({ ...book, story: { ...book.story, rating } }, []);
}

export function closeBook() {
  watching.abort();
  reader.stop();
  storyId = null;
  book = null;
  spread = null;
  byId("book").replaceChildren();
  byId("stage").hidden = byId("controls").hidden = byId("progress").hidden = true;
  byId("stop-making").hidden = byId("go-on-making").hidden = true;
  byId("strip").replaceChildren();
  note("");
  showConnection(true);
}

function show(next, events) {
  const first = book === null;
  book = next;
  position = Math.min(position, lastPosition());
  byId("stage").hidden = false;
  byId("controls").hidden = book.pages.every(({ audioStatus }) => audioStatus === "SKIPPED");
  if (first) lay(1);
  else spread.update(book);
  tell(events);
  renderAround();
}

/** A reader who only watches is shown the first page once there is something to see on it. */
function tell(events) {
  for (const event of events) {
    if (event.__typename === "StoryPlanned") announce(`The story is called ${event.title}.`);
    if (event.__typename === "PageTextReady" && event.page.number === position) announce(`Page ${position}: ${event.page.text}`);
    if (event.__typename === "PageImageReady" && event.page.number === position) announce(`The picture: ${event.page.image?.alt ?? ""}`);
    if (event.__typename === "PagePartFailed" && event.pageNumber === position) announce(event.message);
    if (event.__typename === "StoryEnded") {
      announce(hasWholeBook() ? "Your book is finished." : "The making of the book has ended.");
      refreshCredits();
    }
  }
  const somethingToSee = book.pages[0] && (book.pages[0].text !== "" || book.pages[0].preview || book.pages[0].image);
  if (!turnedByHand && position === 0 && somethingToSee && !hasEnded(book)) {
    turnedByHand = true;
    goTo(1);
  }
}

const hasWholeBook = () => book.story.status === "READY";
const lastPosition = () => book.pages.length + 1;

function goByHand(place) {
  turnedByHand = true;
  if (goTo(place)) announce(`${nameOf(book, position)}. ${book.pages[position - 1]?.text ?? ""}`);
}

/** @returns {boolean} false where there is no such page, or it lies open already */
function goTo(place) {
  if (!book || place < 0 || place > lastPosition() || place === position) return false;
  const direction = place > position ? 1 : -1;
  position = place;
  lay(direction);
  renderAround();
  return true;
}

function lay(direction) {
  const before = spread?.element ?? null;
  spread = createSpread(book, position, {
    onWord: reader.readFromWord,
    onBroken: refreshAddresses,
    onAgain: () => goByHand(1),
    onRedo: (place) => change(askToRedo(book, book.pages[place - 1]), `Page ${place} is being made again.`),
    onEdit: (place) => change(askToEdit(book, book.pages[place - 1]), `The words of page ${place} are changed.`),
    onGoOn: goOn,
    onDelete: remove,
    onRated: keepRating,
  });
  turnLeaf(byId("book"), before, spread.element, direction);
  const path = `#/story/${encodeURIComponent(storyId)}${position > 0 ? `/${position}` : ""}`;
  if (location.hash !== path) history.replaceState(null, "", path);
}

function renderAround() {
  const title = book.story.title ?? "A new story";
  byId("book-title").textContent = title;
  document.title = `${title} · StoryCanvas`;
  byId("previous-page").disabled = position === 0;
  byId("next-page").disabled = position === lastPosition();
  strip.update(book, position);
  reader.show(book.pages[position - 1] ?? null, hasEnded(book));
  renderProgress();
  byId("stop-making").hidden = hasEnded(book);
  byId("go-on-making").hidden = !canGoOn(book);
  byId("go-on-making").textContent = nameOfGoingOn(book);
}

function renderProgress() {
  const { done, total } = progressOf(book);
  byId("progress").hidden = hasEnded(book);
  byId("progress-bar").max = Math.max(total, 1);
  byId("progress-bar").value = done;
  byId("progress-label").textContent = `${done} of ${total} parts`;
}

/** Addresses of media are signed for some hours; a book that lay open longer needs new ones. */
async function refreshAddresses() {
  if (Date.now() - addressesAskedAt < FRESH_ADDRESSES_AT_MOST_EVERY_MS) return;
  addressesAskedAt = Date.now();
  const wanted = storyId;
  const fresh = await fetchBook(wanted).catch(() => null);
  if (fresh && wanted === storyId && hasEnded(fresh)) show(fresh, []);
}

function showConnection(connected) {
  byId("connection").textContent = connected ? "" : "reconnecting …";
}

function note(words) {
  byId("reading-note").textContent = words;
  byId("reading-note").hidden = words === "";
  if (words && !book) byId("book-title").textContent = "No book here";
  byId("reading-home").hidden = words === "" || book !== null;
}
