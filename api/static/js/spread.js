/** What lies open: a picture on the left, words on the right. Cover and end are spreads too. */

import { hasEnded, progressOf, wordsOf } from "./book.js";
import { make } from "./elements.js";
import { createPageTools } from "./pagetools.js";
import { createPicture } from "./picture.js";
import { createStars } from "./stars.js";
import { canGoOn, nameOfGoingOn } from "./storytools.js";
import { createWords } from "./words.js";

/**
 * @typedef {object} Spread
 * @property {HTMLElement} element
 * @property {(book: object) => void} update
 * @property {(timings: object[]) => void} time
 * @property {(wordIndex: number) => void} mark
 */

/**
 * @param {object} book
 * @param {number} position 0 is the cover, 1 to the number of pages a page, one more the end
 * @param {Record<"onWord" | "onBroken" | "onAgain" | "onRedo" | "onEdit" | "onGoOn" | "onDelete" | "onRated", Function>} listeners
 * @returns {Spread}
 */
export function createSpread(book, position, listeners) {
  const kind = position === 0 ? coverSpread : position > book.pages.length ? endSpread : pageSpread;
  const spread = kind(position, listeners);
  spread.update(book);
  return spread;
}

/** @param {object} book @param {number} position @returns {string} what a screen reader hears of it */
export function nameOf(book, position) {
  if (position === 0) return "Cover";
  return position > book.pages.length ? "The end" : `Page ${position} of ${book.pages.length}`;
}

function pageSpread(position, { onWord, onBroken, onRedo, onEdit }) {
  const picture = createPicture({ onBroken });
  const words = createWords(onWord);
  const pictureNote = make("p", { class: "making" });
  const wordsNote = make("p", { class: "making" });
  const voiceNote = make("p", { class: "voice-note" });
  const tools = createPageTools({ onRedo: () => onRedo(position), onEdit: () => onEdit(position) });
  const folio = make("span", { class: "folio", "aria-hidden": "true" }, String(position));
  const element = leaves(
    "page",
    [picture.element, pictureNote],
    [make("div", { class: "text-block" }, words.element, wordsNote), make("footer", { class: "page-foot" }, tools.element, voiceNote, folio)],
  );

  let laidOpen = false;

  function update(book) {
    const page = book.pages[position - 1];
    element.lang = book.story.language;
    picture.show(page.image ?? page.preview, !page.image);
    const { text, isFormer } = wordsOf(page);
    // What was written before the page was opened stands there; what comes while it is open flows in.
    words.write(text, { flowing: laidOpen, faded: isFormer && !hasEnded(book) });
    laidOpen = true;
    say(pictureNote, page.image || page.preview ? newNoteFor(book, page, "IMAGE") : noteFor(book, page, "IMAGE"));
    pictureNote.classList.toggle("on-picture", Boolean(page.image || page.preview));
    say(wordsNote, text ? newNoteFor(book, page, "TEXT") : noteFor(book, page, "TEXT"));
    say(voiceNote, page.audio ? newNoteFor(book, page, "AUDIO") : page.problems.AUDIO ?? "");
    tools.update(book, page);
  }

  return { element, update, time: words.time, mark: words.mark };
}

function coverSpread(_, { onBroken }) {
  const picture = createPicture({ onBroken });
  const title = make("p", { class: "cover-title" });
  const cast = make("p", { class: "cover-cast" });
  const premise = make("p", { class: "cover-premise" });
  const making = make("p", { class: "making" });
  const element = leaves("cover", [picture.element], [make("div", { class: "text-block" }, title, cast, premise, making)]);

  function update(book) {
    const { story, pages } = book;
    element.lang = story.language;
    picture.show(pages[0]?.image ?? pages[0]?.preview ?? null, !pages[0]?.image);
    title.textContent = story.title ?? "A new story";
    cast.textContent = story.characters.length ? `with ${inARow(story.characters.map(({ name }) => name))}` : "";
    premise.textContent = story.premise;
    say(making, hasEnded(book) ? "" : story.title ? "Your book is being made. Turn the page and watch." : "Thinking up the story");
    making.classList.toggle("at-work", !hasEnded(book));
  }

  return { element, update, time() {}, mark() {} };
}

function endSpread(_, { onAgain, onGoOn, onDelete, onRated }) {
  const heading = make("p", { class: "cover-title" });
  const note = make("p", { class: "end-note" });
  const again = make("button", { class: "main-button", type: "button", click: onAgain }, "Read it again");
  const shelf = make("a", { class: "quiet-button", href: "#/" }, "Back to the shelf");
  const goOn = make("button", { class: "main-button", type: "button", "aria-haspopup": "dialog", click: onGoOn });
  const actions = make("div", { class: "end-actions" }, goOn, again, shelf);
  const stars = createStars(onRated);
  const remove = make("button", { class: "link-button", type: "button", "aria-haspopup": "dialog", click: onDelete }, "Delete this book");
  const element = leaves("end", [make("div", { class: "endpaper" })], [make("div", { class: "text-block" }, heading, note, stars.element, actions, remove)]);

  function update(book) {
    const { story } = book;
    element.lang = story.language;
    heading.textContent = hasEnded(book) ? "The End" : "To be continued …";
    if (story.status === "FAILED") heading.textContent = "Oh dear.";
    if (story.status === "CANCELLED") heading.textContent = "Not quite the end.";
    say(note, hasEnded(book) ? story.problem ?? "" : stillMaking(book));
    again.hidden = !hasEnded(book) || book.pages.every(({ text }) => text === "");
    stars.update(story, !again.hidden);
    again.className = canGoOn(book) ? "quiet-button" : "main-button";
    goOn.hidden = !canGoOn(book);
    goOn.textContent = nameOfGoingOn(book);
  }

  return { element, update, time() {}, mark() {} };
}

function leaves(kind, left, right) {
  return make(
    "section",
    { class: `spread spread-${kind}` },
    make("div", { class: "leaf leaf-left" }, ...left),
    make("div", { class: "leaf leaf-right" }, ...right),
  );
}

/** What is said beside a version that is there: that a new one is coming, or why it did not. */
const WORDS_FOR_NEW = Object.freeze({
  TEXT: "New words are on their way",
  IMAGE: "A new picture is being painted",
  AUDIO: "The voice reads it anew",
});

function newNoteFor(book, page, part) {
  const status = { TEXT: page.textStatus, IMAGE: page.imageStatus, AUDIO: page.audioStatus }[part];
  const isOld = part === "TEXT" ? wordsOf(page).isFormer : part === "IMAGE" ? page.image : page.audio;
  if (page.problems[part]) return page.problems[part];
  return isOld && !hasEnded(book) && UNDER_WAY.has(status) ? WORDS_FOR_NEW[part] : "";
}

const UNDER_WAY = new Set(["WAITING", "WORKING"]);

const WORDS_FOR = Object.freeze({
  TEXT: { WAITING: "The words are on their way", WORKING: "Finding the first word", FAILED: "The words did not come.", LEFT: "The words were not written." },
  IMAGE: { WAITING: "The paper is ready", WORKING: "The painter is at work", FAILED: "The picture did not come.", LEFT: "The picture was not painted." },
});

function noteFor(book, page, part) {
  const status = part === "TEXT" ? page.textStatus : page.imageStatus;
  if (page.problems[part]) return page.problems[part];
  if (book.story.status === "CANCELLED" && status === "WAITING") return WORDS_FOR[part].LEFT;
  if (hasEnded(book) && status !== "READY") return WORDS_FOR[part].FAILED;
  return WORDS_FOR[part][status] ?? "";
}

function stillMaking(book) {
  const { done, total } = progressOf(book);
  return `${done} of ${total} parts are ready.`;
}

function say(element, words) {
  element.textContent = words;
  element.hidden = words === "";
}

function inARow(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
