/** The voice that reads one page at a time, and knows which word it is saying. */

import { wordAt } from "./codepoints.js";
import { mediaAddress } from "./media.js";

/**
 * @param {object} listeners
 * @param {(page: object) => Promise<{url: string, words: object[]}>} listeners.fetchNarration a page's narration, fresh
 * @param {() => void} listeners.onChange playing, paused or moved
 * @param {(wordIndex: number) => void} listeners.onWord -1 for none
 * @param {() => void} listeners.onFinished the page is read to its end
 * @param {(error: Error) => void} listeners.onTrouble it can't be played
 */
export function createNarration({ fetchNarration, onChange, onWord, onFinished, onTrouble }) {
  const audio = new Audio();
  audio.preload = "auto";
  let page = null;
  let words = [];
  let renewed = false;
  let frame = 0;

  audio.addEventListener("play", onChange);
  audio.addEventListener("pause", onChange);
  audio.addEventListener("timeupdate", onChange);
  audio.addEventListener("playing", followWords);
  audio.addEventListener("seeked", tellWord);
  audio.addEventListener("ended", () => {
    onWord(-1);
    onFinished();
  });
  audio.addEventListener("error", () => page && renew());

  function tellWord() {
    onWord(wordAt(words, audio.currentTime * 1_000));
  }

  function followWords() {
    cancelAnimationFrame(frame);
    tellWord();
    if (!audio.paused) frame = requestAnimationFrame(followWords);
  }

  /** The address may have expired in a page that lay open all night: one fresh one is asked for. */
  async function renew() {
    if (renewed) return onTrouble(new Error("The voice can’t be heard just now."));
    renewed = true;
    const wanted = page;
    try {
      const { url } = await fetchNarration(wanted);
      if (page !== wanted) return;
      audio.src = mediaAddress(url);
      await play();
    } catch (error) {
      onTrouble(error);
    }
  }

  function load(next) {
    if (page?.audio.key === next.audio.key) return;
    stop();
    page = next;
    renewed = false;
    audio.src = mediaAddress(next.audio.url);
  }

  async function play() {
    try {
      await audio.play();
    } catch (error) {
      // AbortError: paused or turned before the first sound. NotSupportedError also fires `error`, handled above.
      if (error.name === "NotAllowedError") onTrouble(new Error("Press play to hear the page."));
    }
  }

  function stop() {
    page = null;
    words = [];
    cancelAnimationFrame(frame);
    audio.pause();
    audio.removeAttribute("src");
    onWord(-1);
    onChange();
  }

  return {
    load,
    play,
    stop,
    pause: () => audio.pause(),
    /** @param {object[]} next timings of the page that is loaded */
    time(next) {
      words = next;
    },
    /** @param {number} share 0 to 1 of the page's narration */
    seek(share) {
      if (Number.isFinite(audio.duration)) audio.currentTime = share * audio.duration;
    },
    seekToWord(index) {
      if (words[index]) audio.currentTime = words[index].startMs / 1_000;
    },
    /** @returns {string | null} which recording is loaded */
    get key() {
      return page?.audio.key ?? null;
    },
    get playing() {
      return !audio.paused && !audio.ended;
    },
    get share() {
      return page && audio.duration > 0 ? audio.currentTime / audio.duration : 0;
    },
  };
}
