/** A page's words: they flow in as they are written, and light up as they are spoken. */

import { spokenPieces } from "./codepoints.js";
import { make } from "./elements.js";

const STAGGER_MS = 70;
const LONGEST_STAGGER_MS = 1_200; // words that arrive in a lump still read as a flow, and never lag far behind

/** @param {(wordIndex: number) => void} onWord a spoken word was pressed */
export function createWords(onWord) {
  const element = make("p", { class: "words", dir: "auto" });
  let text = "";
  let timings = null;
  let spans = [];
  let marked = -1;

  element.addEventListener("click", (event) => {
    const index = event.target.dataset?.word;
    if (index !== undefined && getSelection().isCollapsed) onWord(Number(index));
  });

  /** @param {string} next @param {{flowing: boolean, faded: boolean}} how words that are to be replaced are faded */
  function write(next, { flowing, faded }) {
    element.classList.toggle("faded", faded);
    if (next === text) return;
    if (flowing && next.startsWith(text)) element.append(...freshWords(next.slice(text.length)));
    else element.textContent = next;
    forgetTimings();
    text = next;
    element.dataset.length = next.length < 160 ? "short" : next.length < 420 ? "medium" : "long";
  }

  /** @param {object[] | null} next word timings of exactly this text */
  function time(next) {
    if (next === timings) return;
    timings = next;
    marked = -1;
    const pieces = spokenPieces(text, timings);
    const nodes = pieces.map(({ text: piece, word }) => (word === null ? piece : make("span", { "data-word": word }, piece)));
    element.replaceChildren(...nodes);
    spans = [];
    pieces.forEach(({ word }, place) => {
      if (word !== null) spans[word] = nodes[place];
    });
  }

  function mark(index) {
    if (index === marked) return;
    spans[marked]?.classList.remove("spoken");
    spans[index]?.classList.add("spoken");
    spans[index]?.scrollIntoView({ block: "nearest" });
    marked = index;
  }

  function forgetTimings() {
    timings = null;
    spans = [];
    marked = -1;
  }

  return { element, write, time, mark };
}

function freshWords(delta) {
  const words = delta.match(/\s*\S+\s*/g) ?? [delta];
  const stagger = Math.min(STAGGER_MS, LONGEST_STAGGER_MS / words.length);
  return words.map((word, index) => {
    const span = make("span", { class: "fresh" }, word);
    span.style.animationDelay = `${Math.round(index * stagger)}ms`;
    return span;
  });
}
