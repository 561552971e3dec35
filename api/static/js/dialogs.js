/** Dialogs that close by their cross, by Escape and by a press beside them, and tell how they were left. */

import { ApiError } from "./graphql.js";
import { clearProblems, isRefusal, showError, showRefusal } from "./problems.js";

/**
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} its returnValue: empty when the reader went away
 */
export function open(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}

/** @param {HTMLDialogElement} dialog */
export function letItBeClosed(dialog) {
  for (const way of dialog.querySelectorAll("[data-close]")) way.addEventListener("click", () => dialog.close(""));
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close("");
  });
}

/**
 * Opens a dialog whose form asks the server for something. It stays open, with what was wrong in it, until that is done
 * or the reader goes away.
 * @param {HTMLDialogElement} dialog
 * @param {string} elsewhere id of the place for what concerns no field of the form
 * @param {() => Promise<object | null>} act sends it; null when it shows by itself why it does not
 * @returns {Promise<object | null>} the payload; null when the reader went away before it came
 */
export async function openToAsk(dialog, elsewhere, act) {
  const form = dialog.querySelector("form");
  clearProblems(form);
  let asking = null;
  let payload = null;
  const onSubmit = (event) => {
    event.preventDefault();
    asking ??= answered().finally(() => {
      asking = null;
      form.removeAttribute("aria-busy");
    });
  };
  const answered = async () => {
    clearProblems(form);
    form.setAttribute("aria-busy", "true");
    const result = await act().catch((error) => {
      if (!(error instanceof ApiError)) throw error;
      showError(elsewhere, error);
      return null;
    });
    if (result === null) return;
    if (isRefusal(result)) return void showRefusal(form, result, elsewhere);
    payload = result;
    dialog.close("done");
  };
  form.addEventListener("submit", onSubmit);
  await open(dialog);
  form.removeEventListener("submit", onSubmit);
  // What was sent can't be called back by closing the dialog.
  await asking;
  return payload;
}
