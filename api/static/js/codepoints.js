/**
 * The API counts text in code points; JavaScript strings count UTF-16 units.
 * An emoji or a rare letter is one code point and two units, so every offset crosses the border here.
 */

/** @param {string} text @returns {number} its length in code points */
export function lengthInCodePoints(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** @param {string} text @param {number} count code points @returns {string} the first `count` of them */
export function firstCodePoints(text, count) {
  return text.slice(0, utf16Offsets(text, [count])[0]);
}

/**
 * @param {string} text
 * @param {number[]} offsets in code points, rising
 * @returns {number[]} the same places in UTF-16 units; what lies behind the text's end becomes its end
 */
export function utf16Offsets(text, offsets) {
  const found = [];
  let units = 0;
  let points = 0;
  for (const offset of offsets) {
    while (points < offset && units < text.length) {
      units += text.codePointAt(units) > 0xffff ? 2 : 1;
      points += 1;
    }
    found.push(units);
  }
  return found;
}

/**
 * Cuts a text into what is spoken and what lies between.
 * @param {string} text
 * @param {{start: number, end: number}[]} words word timings, offsets in code points, in the order of the text
 * @returns {{text: string, word: number | null}[]} pieces that joined give the text; `word` is an index into `words`
 */
export function spokenPieces(text, words) {
  const places = utf16Offsets(text, words.flatMap(({ start, end }) => [start, end]));
  const pieces = [];
  let written = 0;
  words.forEach((_, index) => {
    const start = Math.max(places[2 * index], written);
    const end = Math.max(places[2 * index + 1], start);
    if (start > written) pieces.push({ text: text.slice(written, start), word: null });
    if (end > start) pieces.push({ text: text.slice(start, end), word: index });
    written = end;
  });
  if (written < text.length) pieces.push({ text: text.slice(written), word: null });
  return pieces;
}

/**
 * The word that is being said. Between two words it is the one said last, so that the mark does not flicker.
 * @param {{startMs: number, endMs: number}[]} words in the order of time
 * @param {number} atMs
 * @returns {number} an index into `words`, or -1 before the first and well after the last
 */
export function wordAt(words, atMs) {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle].startMs <= atMs) low = middle + 1;
    else high = middle;
  }
  const last = low === words.length && low > 0 && atMs > words[low - 1].endMs + 400;
  return last ? -1 : low - 1;
}
