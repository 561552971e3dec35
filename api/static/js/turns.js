/** The gestures that turn a page: arrow keys, Home and End, and a swipe. */

const SWIPE_PX = 45;
const KEYS_OF_THEIR_OWN = "input, textarea, select, dialog, [contenteditable]";

/**
 * @param {HTMLElement} stage where swipes are made
 * @param {{isOpen: () => boolean, by: (steps: 1 | -1) => void, toStart: () => void, toEnd: () => void}} turns
 */
export function listenForTurns(stage, { isOpen, by, toStart, toEnd }) {
  const forKey = { ArrowRight: () => by(1), ArrowLeft: () => by(-1), PageDown: () => by(1), PageUp: () => by(-1), Home: toStart, End: toEnd };

  document.addEventListener("keydown", (event) => {
    const turn = forKey[event.key];
    if (!turn || !isOpen() || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest?.(KEYS_OF_THEIR_OWN)) return;
    event.preventDefault();
    turn();
  });

  let touch = null;
  stage.addEventListener("pointerdown", ({ pointerType, pointerId, clientX, clientY }) => {
    touch = pointerType === "mouse" ? null : { pointerId, clientX, clientY };
  });
  stage.addEventListener("pointerup", ({ pointerId, clientX, clientY }) => {
    if (!touch || touch.pointerId !== pointerId) return;
    const [right, down] = [clientX - touch.clientX, clientY - touch.clientY];
    touch = null;
    if (Math.abs(right) > SWIPE_PX && Math.abs(right) > 1.5 * Math.abs(down)) by(right < 0 ? 1 : -1);
  });
  stage.addEventListener("pointercancel", () => (touch = null));
}
