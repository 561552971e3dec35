/** Turning a leaf: on a spread it swings over the spine, on a narrow page it slides. */

import { prefersStillness } from "./elements.js";

const SWING_MS = 640;
const SLIDE_MS = 280;

/**
 * Puts one spread in the place of another.
 * @param {HTMLElement} book
 * @param {HTMLElement | null} from
 * @param {HTMLElement} to
 * @param {1 | -1} direction 1 turns on, -1 back
 */
export function turnLeaf(book, from, to, direction) {
  if (!from || prefersStillness()) {
    book.replaceChildren(to);
  } else if (getComputedStyle(book).getPropertyValue("--pages-side-by-side").trim() === "1") {
    swing(book, from, to, direction);
  } else {
    slide(book, from, to, direction);
  }
}

/** The leaf has two faces: what was last seen on its front, what comes next on its back. */
function swing(book, from, to, direction) {
  const [turned, staying] = direction > 0 ? ["right", "left"] : ["left", "right"];
  const front = stillOf(from.querySelector(`.leaf-${turned}`), "face face-front");
  const back = stillOf(to.querySelector(`.leaf-${staying}`), "face face-back");
  const leaf = overlay(`swinging swinging-from-${turned}`, front, back);
  // The other half of the old spread is seen until the leaf lies on it.
  const under = overlay(`turning turning-${staying}`, stillOf(from.querySelector(`.leaf-${staying}`), "face"));
  const stage = overlay("turning", leaf);
  book.replaceChildren(to, under, stage);
  const frames = [{ transform: "rotateY(0deg)" }, { transform: `rotateY(${-180 * direction}deg)` }];
  whenOver(leaf.animate(frames, { duration: SWING_MS, easing: "cubic-bezier(.45,.05,.35,1)", fill: "forwards" }), under, stage);
}

function slide(book, from, to, direction) {
  const page = overlay("turning", stillOf(from, "sliding"));
  book.replaceChildren(to, page);
  const frames = [{ transform: "none" }, { transform: `translateX(${-105 * direction}%)` }];
  whenOver(page.animate(frames, { duration: SLIDE_MS, easing: "ease-in" }), page);
}

function whenOver(animation, ...leftovers) {
  const clear = () => leftovers.forEach((leftover) => leftover.remove());
  animation.finished.then(clear, clear);
}

function overlay(className, ...children) {
  const element = document.createElement("div");
  element.className = className;
  element.setAttribute("aria-hidden", "true");
  element.inert = true;
  element.append(...children);
  return element;
}

/** A likeness of an element as it is seen now. A canvas does not take its picture along on its own. */
function stillOf(element, className) {
  const copy = element.cloneNode(true);
  const painted = element.querySelectorAll("canvas");
  copy.querySelectorAll("canvas").forEach((canvas, index) => canvas.getContext("2d").drawImage(painted[index], 0, 0));
  for (const fresh of copy.querySelectorAll(".fresh")) fresh.classList.remove("fresh");
  copy.className += ` ${className}`;
  return copy;
}
