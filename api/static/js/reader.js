/** Reading aloud through the book: plays the open page, turns, and goes on, for as long as the reader wants it. */

import { wordsOf } from "./book.js";
import { byId } from "./elements.js";
import { createNarration } from "./narration.js";
import { fetchNarration } from "./storyline.js";

const BETWEEN_PAGES_MS = 1_100;
const SILENT_PAGE_MS_PER_WORD = 380;
const SHORTEST_SILENT_PAGE_MS = 4_000;
const CHOICE_KEY = "storycanvas.turn-by-itself";
const SILENT = new Set(["FAILED", "SKIPPED"]);

/**
 * @param {object} listeners
 * @param {() => void} listeners.turnOn turns one page on
 * @param {() => void} listeners.toFirstPage
 * @param {(timings: object[]) => void} listeners.onTimings of the page that lies open
 * @param {(wordIndex: number) => void} listeners.onWord
 * @param {(error: Error) => void} listeners.onTrouble
 */
export function createReader({ turnOn, toFirstPage, onTimings, onWord, onTrouble }) {
  const timings = new Map();
  let page = null;
  let ended = false;
  let wanted = false;
  let goOn = null;

  const narration = createNarration({
    fetchNarration,
    onWord,
    onChange: render,
    onFinished: () => after(BETWEEN_PAGES_MS),
    onTrouble(error) {
      wanted = false;
      render();
      onTrouble(error);
    },
  });

  const turnByItself = byId("turn-by-itself");
  turnByItself.checked = localStorage.getItem(CHOICE_KEY) !== "no";
  turnByItself.addEventListener("change", () => localStorage.setItem(CHOICE_KEY, turnByItself.checked ? "yes" : "no"));
  byId("play").addEventListener("click", toggle);
  byId("seek").addEventListener("input", ({ target }) => narration.seek(target.value / target.max));

  /** The page that lies open, as it is now; null on the cover and at the end. */
  function show(next, storyHasEnded) {
    const turned = next?.id !== page?.id;
    page = next;
    ended = storyHasEnded;
    if (turned) {
      clearTimeout(goOn);
      goOn = null;
      narration.stop();
      if (page === null) wanted = false;
    } else if (page && !page.audio && narration.key !== null) {
      narration.stop(); // The words were changed by hand: what still sounds would be the old ones.
    }
    if (page?.audio) prepare(page);
    if (wanted) readThisPage();
    render();
  }

  async function prepare(wish) {
    const { key } = wish.audio;
    if (!timings.has(key)) timings.set(key, fetchNarration(wish));
    try {
      const fresh = await timings.get(key);
      if (fresh.key !== key) timings.delete(key); // A newer narration was there already; its event brings it here.
      // The words may have been changed since: marks that do not fit them are worse than none.
      if (page?.audio?.key !== key || fresh.key !== key || wordsOf(page).text !== fresh.text) return;
      const { words } = fresh;
      onTimings(words);
      narration.time(words);
    } catch {
      timings.delete(key); // The page can be heard without marks; they are asked for again when it changes.
    }
  }

  function toggle() {
    wanted = !(wanted || narration.playing);
    clearTimeout(goOn);
    goOn = null;
    if (!wanted) narration.pause();
    else if (page) readThisPage();
    else toFirstPage();
    render();
  }

  function readThisPage() {
    if (!page || narration.playing || goOn !== null) return;
    if (page.audio) {
      narration.load(page);
      prepare(page);
      narration.play();
    } else if (SILENT.has(page.audioStatus) || ended) {
      const words = page.text.split(/\s+/).length;
      after(Math.max(SHORTEST_SILENT_PAGE_MS, words * SILENT_PAGE_MS_PER_WORD));
    }
    // Otherwise the voice is on its way, and `show` comes again with it.
  }

  function after(milliseconds) {
    if (!wanted) return;
    if (!turnByItself.checked) {
      wanted = false;
      render();
      return;
    }
    goOn = setTimeout(() => {
      goOn = null;
      turnOn();
    }, milliseconds);
  }

  function render() {
    const waiting = wanted && page !== null && !page.audio && !SILENT.has(page.audioStatus) && !ended;
    byId("play-icon").setAttribute("href", wanted ? "#icon-pause" : "#icon-play");
    byId("play-label").textContent = waiting ? "Waiting for the voice" : wanted ? "Pause" : "Read to me";
    const seek = byId("seek");
    seek.disabled = !page?.audio || narration.share === 0;
    const share = narration.share;
    seek.value = Math.round(share * seek.max);
    seek.style.setProperty("--share", `${100 * share}%`);
    seek.setAttribute("aria-valuetext", `${Math.round(100 * share)} percent`);
  }

  return {
    show,
    /** A word was pressed: the page is read on from there. */
    readFromWord(index) {
      if (!page?.audio) return;
      clearTimeout(goOn);
      goOn = null;
      wanted = true;
      readThisPage();
      narration.seekToWord(index);
    },
    stop() {
      clearTimeout(goOn);
      goOn = null;
      wanted = false;
      page = null;
      narration.stop();
    },
  };
}
