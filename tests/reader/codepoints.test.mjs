import assert from "node:assert/strict";
import { test } from "node:test";
import { firstCodePoints, lengthInCodePoints, spokenPieces, utf16Offsets, wordAt } from "../../api/static/js/codepoints.js";

const FOX = "“Hi 🦊 Pip!”"; // eleven code points, twelve UTF-16 units

test("an emoji counts as one code point", () => {
  assert.equal(FOX.length, 12);
  assert.equal(lengthInCodePoints(FOX), 11);
});

test("a cut never splits an emoji", () => {
  assert.equal(firstCodePoints(FOX, 5), "“Hi 🦊");
  assert.equal(firstCodePoints(FOX, 99), FOX);
});

test("offsets behind an emoji move by one unit", () => {
  assert.deepEqual(utf16Offsets(FOX, [0, 4, 5, 6, 9]), [0, 4, 6, 7, 10]);
});

test("spoken pieces joined give the text, and each word is exactly its own", () => {
  const words = [
    { start: 1, end: 3 },
    { start: 6, end: 9 },
  ];
  const pieces = spokenPieces(FOX, words);
  assert.equal(pieces.map(({ text }) => text).join(""), FOX);
  assert.deepEqual(
    pieces.filter(({ word }) => word !== null),
    [
      { text: "Hi", word: 0 },
      { text: "Pip", word: 1 },
    ],
  );
});

test("timings that overlap or reach past the end lose nothing of the text", () => {
  const pieces = spokenPieces("one two", [
    { start: 0, end: 5 },
    { start: 4, end: 70 },
  ]);
  assert.equal(pieces.map(({ text }) => text).join(""), "one two");
});

test("the word being said is the last one begun, until well after the last", () => {
  const words = [
    { startMs: 100, endMs: 300 },
    { startMs: 500, endMs: 800 },
  ];
  assert.equal(wordAt(words, 50), -1);
  assert.equal(wordAt(words, 100), 0);
  assert.equal(wordAt(words, 400), 0);
  assert.equal(wordAt(words, 500), 1);
  assert.equal(wordAt(words, 1_100), 1);
  assert.equal(wordAt(words, 1_201), -1);
  assert.equal(wordAt([], 100), -1);
});
