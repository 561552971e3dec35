/** One question before something that can't be taken back. */

import { letItBeClosed, openToAsk } from "./dialogs.js";
import { byId } from "./elements.js";

const dialog = byId("confirm-dialog");

export function setUpConfirm() {
  letItBeClosed(dialog);
}

/**
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.words
 * @param {string} question.yes
 * @param {string} question.no
 * @param {() => Promise<object>} question.act what a yes does; a refusal is shown in the dialog
 * @returns {Promise<object | null>} the payload; null for a no
 */
export function confirm({ title, words, yes, no, act }) {
  byId("confirm-title").textContent = title;
  byId("confirm-words").textContent = words;
  byId("confirm-yes").textContent = yes;
  byId("confirm-no").textContent = no;
  return openToAsk(dialog, "problem-confirm", act);
}
