/** What is left to make books with: in the page's head, and wherever a price is named. */

import { byId } from "./elements.js";
import { ApiError } from "./graphql.js";
import { CREDITS } from "./operations.js";
import { inCredits } from "./prices.js";
import { askAsReader, currentSession } from "./session.js";

const changes = new EventTarget();
let balance = null;
let asked = 0;

/** @returns {number | null} credits that can be spent; null where nobody is signed in, or it is not known yet */
export function availableCredits() {
  return balance?.available ?? null;
}

/** @param {() => void} listener called when the balance is another */
export function onCreditsChange(listener) {
  changes.addEventListener("change", listener);
}

/** Asks how much is left, and shows it. What can't be asked is not shown, for a wrong number is worse than none. */
export async function refreshCredits() {
  const turn = (asked += 1);
  let fresh = null;
  try {
    fresh = currentSession() ? ((await askAsReader(CREDITS)).me?.credits ?? null) : null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  if (turn !== asked) return;
  balance = fresh;
  render();
  changes.dispatchEvent(new Event("change"));
}

function render() {
  byId("credits").hidden = balance === null;
  if (balance === null) return;
  const { available, reserved } = balance;
  const held = reserved === 0 ? "" : ` ${inCredits(reserved)} more ${reserved === 1 ? "is" : "are"} set aside for what is being made.`;
  byId("credits").textContent = inCredits(available);
  byId("leave-credits").textContent = `You have ${inCredits(available)}.${held}`;
}
