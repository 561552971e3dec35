/** What a screen reader is told while eyes would see it happen. */

import { byId } from "./elements.js";

const TOGETHER_MS = 150;
let waiting = [];
let timer = null;

/** Says it politely; what comes in quick succession is said as one. @param {string} words */
export function announce(words) {
  waiting.push(words);
  timer ??= setTimeout(() => {
    byId("announcer").textContent = waiting.join(" ");
    waiting = [];
    timer = null;
  }, TOGETHER_MS);
}
