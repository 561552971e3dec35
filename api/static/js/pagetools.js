/** What a parent can do with one page: have parts of it made again, or write its words by hand. */

import { lengthInCodePoints } from "./codepoints.js";
import { availableCredits, onCreditsChange } from "./credits.js";
import { letItBeClosed, openToAsk } from "./dialogs.js";
import { byId, make } from "./elements.js";
import { editPrice, isBusy, priceInWords, redoPrice } from "./prices.js";
import { clearProblems, showRefusal } from "./problems.js";
import { editPageText, redoPage } from "./verbs.js";

const LONGEST_TEXT = 4_000; // code points, as the API counts them
const PARTS = Object.freeze(["TEXT", "IMAGE", "AUDIO"]);

const redoDialog = byId("redo-dialog");
const redoForm = byId("redo-form");
const editDialog = byId("edit-dialog");
const editForm = byId("edit-form");

/** What the open dialog names the price of; null while none is open. @type {(() => void) | null} */
let showPrice = null;

export function setUpPageTools() {
  for (const dialog of [redoDialog, editDialog]) letItBeClosed(dialog);
  redoForm.addEventListener("change", () => {
    clearProblems(redoForm);
    showPrice?.();
  });
  editForm.elements.text.addEventListener("input", countLetters);
  onCreditsChange(() => showPrice?.());
}

/**
 * The two buttons at the foot of a page.
 * @param {{onRedo: () => void, onEdit: () => void}} listeners
 * @returns {{element: HTMLElement, update: (book: object, page: object) => void}}
 */
export function createPageTools({ onRedo, onEdit }) {
  const redo = make("button", { class: "tool", type: "button", "aria-haspopup": "dialog", click: onRedo }, "Make again");
  const edit = make("button", { class: "tool", type: "button", "aria-haspopup": "dialog", click: onEdit }, "Edit the words");
  const element = make("div", { class: "page-tools", role: "group", "aria-label": "Changing this page" }, redo, edit);

  function update(book, page) {
    redo.hidden = PARTS.every((part) => !canBeMade(book, page, part));
    edit.hidden = isBusy(book, page, "TEXT") || isBusy(book, page, "AUDIO");
    element.hidden = redo.hidden && edit.hidden;
  }

  return { element, update };
}

/** Asks which parts shall be made again, and has them made. @returns {Promise<object | null>} null: nothing was asked */
export async function askToRedo(book, page) {
  byId("redo-title").textContent = `Make page ${page.number} again`;
  redoForm.reset();
  for (const part of PARTS) offer(book, page, part);
  const chosen = () => [...redoForm.querySelectorAll("input:checked")].map(({ value }) => value);
  const act = async () => {
    const parts = chosen();
    if (parts.length === 0) return refuse(redoForm, "parts", "Choose what shall be new.", "problem-redo");
    const instruction = redoForm.elements.instruction.value.trim();
    return redoPage({ pageId: page.id, parts, ...(instruction && { instruction }) });
  };
  const names = () => {
    byId("redo-voice-note").hidden = !chosen().includes("TEXT") || page.audioStatus === "SKIPPED";
    byId("redo-price").textContent = chosen().length ? priceInWords(redoPrice(page, chosen()), availableCredits()) : "";
  };
  return asked(redoDialog, "problem-redo", act, names);
}

/** Lets the reader write the page's words. @returns {Promise<object | null>} null: nothing was changed */
export async function askToEdit(book, page) {
  const { text } = editForm.elements;
  byId("edit-title").textContent = `The words of page ${page.number}`;
  text.value = page.text;
  text.lang = book.story.language;
  countLetters();
  const act = async () => {
    const written = text.value.trim();
    if (written === "") return refuse(editForm, "text", "A page needs some words.", "problem-edit");
    if (lengthInCodePoints(written) > LONGEST_TEXT) return refuse(editForm, "text", "These are too many words for one page.", "problem-edit");
    return editPageText({ pageId: page.id, text: written });
  };
  const names = () => {
    byId("edit-voice-note").hidden = page.audioStatus === "SKIPPED";
    byId("edit-price").textContent = priceInWords(editPrice(page), availableCredits());
  };
  return asked(editDialog, "problem-edit", act, names);
}

async function asked(dialog, elsewhere, act, names) {
  showPrice = names;
  names();
  try {
    return await openToAsk(dialog, elsewhere, act);
  } finally {
    showPrice = null;
  }
}

function offer(book, page, part) {
  const box = redoForm.querySelector(`input[value="${part}"]`);
  box.disabled = !canBeMade(book, page, part);
  box.closest("label").hidden = part === "AUDIO" && page.audioStatus === "SKIPPED";
}

/** New words are read anew, so they can be made only when the narration is not under way either. */
function canBeMade(book, page, part) {
  if (part === "AUDIO" && page.audioStatus === "SKIPPED") return false;
  return !isBusy(book, page, part) && !(part === "TEXT" && isBusy(book, page, "AUDIO"));
}

function countLetters() {
  const length = lengthInCodePoints(editForm.elements.text.value.trim());
  byId("edit-length").textContent = `${length.toLocaleString("en")} of ${LONGEST_TEXT.toLocaleString("en")} letters`;
  byId("edit-length").classList.toggle("too-long", length > LONGEST_TEXT);
}

function refuse(form, field, message, elsewhere) {
  showRefusal(form, { problems: [{ path: [field], message }] }, elsewhere);
  return null;
}
