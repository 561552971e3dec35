/** Dialogs that close by their cross, by Escape and by a press beside them, and tell how they were left. */

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
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close(""));
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close("");
  });
}
