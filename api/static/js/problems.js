/** Shows what the server did not like, beside the field that it concerns. */

import { byId } from "./elements.js";
import { refusalInWords } from "./prices.js";

/** @param {object} result of a mutation @returns {boolean} the server said no; nothing has changed */
export function isRefusal(result) {
  return "message" in result;
}

/** @param {HTMLElement} form takes away every problem shown in it */
export function clearProblems(form) {
  for (const place of form.querySelectorAll(".problem")) place.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLElement} form
 * @param {{message: string, problems?: {path: string[], message: string}[]}} refusal as the API gives it
 * @param {string} elsewhere id of the place for what concerns no field of the form
 */
export function showRefusal(form, refusal, elsewhere) {
  const problems = refusal.problems?.length ? refusal.problems : [{ path: [], message: refusalInWords(refusal) }];
  for (const { path, message } of problems) showProblem(form, path[0], message, elsewhere);
  form.querySelector("[aria-invalid]")?.focus();
}

function showProblem(form, name, message, elsewhere) {
  const own = name && form.querySelector(`#problem-${CSS.escape(name)}`);
  const place = own || byId(elsewhere);
  place.textContent = own || !name ? message : `${name}: ${message}`;
  place.hidden = false;
  if (own) form.elements[name]?.setAttribute?.("aria-invalid", "true");
}

/** Something unforeseen, in one place. @param {string} id @param {Error} error */
export function showError(id, error) {
  const place = byId(id);
  place.textContent = error.message;
  place.hidden = false;
}
