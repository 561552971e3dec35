import assert from "node:assert/strict";
import { test } from "node:test";
import { bookOfStory } from "../../api/static/js/book.js";
import { editPrice, isBusy, priceInWords, redoPrice, refusalInWords, resumePrice } from "../../api/static/js/prices.js";

const page = (change = {}) => ({ number: 1, textStatus: "READY", imageStatus: "READY", audioStatus: "READY", ...change });
const silent = page({ audioStatus: "SKIPPED" });
const book = (status, ...pages) => bookOfStory({ id: "story", status, pages });

test("new words of a narrated page cost their narration too, and only once", () => {
  assert.equal(redoPrice(page(), ["TEXT"]), 2);
  assert.equal(redoPrice(page(), ["TEXT", "AUDIO"]), 2);
  assert.equal(redoPrice(page(), ["TEXT", "IMAGE", "AUDIO"]), 3);
  assert.equal(redoPrice(silent, ["TEXT"]), 1);
  assert.equal(redoPrice(page(), ["IMAGE"]), 1);
});

test("words written by hand cost only their narration", () => {
  assert.equal(editPrice(page()), 1);
  assert.equal(editPrice(silent), 0);
});

test("going on costs the missing pictures and narrations, and no words", () => {
  const missing = page({ textStatus: "FAILED", imageStatus: "WAITING", audioStatus: "FAILED" });
  assert.equal(resumePrice(book("INCOMPLETE", page(), missing, page({ imageStatus: "FAILED", audioStatus: "SKIPPED" }))), 3);
  assert.equal(resumePrice(book("CANCELLED", page(), silent)), 0);
});

test("a part is busy only while its story is under way", () => {
  const waiting = page({ imageStatus: "WAITING" });
  assert.equal(isBusy(book("GENERATING"), waiting, "IMAGE"), true);
  assert.equal(isBusy(book("GENERATING"), waiting, "TEXT"), false);
  assert.equal(isBusy(book("CANCELLED"), waiting, "IMAGE"), false);
});

test("a price is said with what is left, where that is known", () => {
  assert.equal(priceInWords(16, 92, "This book"), "This book costs 16 credits. You have 92.");
  assert.equal(priceInWords(1, null), "This costs 1 credit.");
  assert.equal(priceInWords(0, 92), "This costs nothing.");
});

test("too few credits are said kindly and in numbers, other refusals in the server's words", () => {
  const refusal = { __typename: "OutOfCredits", message: "no", needed: 16, available: 4 };
  assert.equal(refusalInWords(refusal), "This takes 16 credits, and you have 4. Nothing was charged.");
  assert.match(refusalInWords({ ...refusal, needed: 1, available: 0 }), /^This takes 1 credit, and there are none left\./);
  assert.equal(refusalInWords({ __typename: "Conflict", message: "It is busy." }), "It is busy.");
});
