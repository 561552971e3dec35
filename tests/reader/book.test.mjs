import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_BOOK, applyBatch, applyEvent, bookOfStory, hasEnded, progressOf } from "../../api/static/js/book.js";

const PICTURE = { key: "k1", url: "http://localhost/k1", width: 1, height: 1, alt: "a fox", blurhash: "" };
const ROUGH = { ...PICTURE, key: "k0" };

const page = (number, change = {}) => ({
  id: `page-${number}`,
  number,
  text: null,
  textStatus: "WAITING",
  image: null,
  imageStatus: "WAITING",
  audio: null,
  audioStatus: "WAITING",
  ...change,
});

const story = (change = {}) => ({ id: "story", title: null, status: "QUEUED", pages: [page(1), page(2)], ...change });

const snapshot = (sequence, change) => ({ __typename: "StorySnapshot", sequence, story: story(change) });

const appended = (sequence, offset, delta, pageNumber = 1) => ({
  __typename: "PageTextAppended",
  sequence,
  pageNumber,
  offset,
  delta,
});

const replay = (events, start = EMPTY_BOOK) => events.reduce(applyEvent, start);

test("words are put together in order", () => {
  const book = replay([snapshot(0), appended(1, 0, "Pip 🦊"), appended(2, 5, " ran.")]);
  assert.equal(book.pages[0].text, "Pip 🦊 ran.");
  assert.equal(book.pages[0].textStatus, "WORKING");
  assert.equal(book.torn, false);
});

test("every event delivered twice gives the same book", () => {
  const events = [
    snapshot(0),
    { __typename: "StoryPlanned", sequence: 1, title: "Pip", pageCount: 2 },
    appended(2, 0, "Pip"),
    appended(3, 3, " ran."),
    { __typename: "PageImagePreviewed", sequence: 4, pageNumber: 1, image: ROUGH },
    { __typename: "PageImageReady", sequence: 5, page: page(1, { image: PICTURE, imageStatus: "READY" }) },
  ];
  assert.deepEqual(replay(events.flatMap((event) => [event, event])), replay(events));
  assert.deepEqual(replay([...events, ...events]), replay(events));
});

test("joined words that overlap what is held are not written twice", () => {
  const book = replay([snapshot(0, { pages: [page(1, { text: "Once u", textStatus: "WORKING" })] }), appended(9, 0, "Once upon")]);
  assert.equal(book.pages[0].text, "Once upon");
});

test("words that are held already change nothing", () => {
  const book = replay([snapshot(0, { pages: [page(1, { text: "Once upon", textStatus: "READY" })] }), appended(9, 0, "Once")]);
  assert.equal(book.pages[0].text, "Once upon");
  assert.equal(book.pages[0].textStatus, "READY");
});

test("a hole in the words asks for a snapshot, and the snapshot mends it", () => {
  const torn = replay([snapshot(0), appended(1, 4, "ran.")]);
  assert.equal(torn.torn, true);
  assert.equal(torn.pages[0].text, "");
  const mended = applyBatch(torn, { reset: true, events: [snapshot(1, { pages: [page(1, { text: "Pip ran." })] })] });
  assert.equal(mended.torn, false);
  assert.equal(mended.pages[0].text, "Pip ran.");
});

test("a reset drops what is held, even where the new log counts from lower", () => {
  const old = replay([snapshot(500), appended(501, 0, "old words")]);
  const fresh = applyBatch(old, { reset: true, events: [snapshot(3), appended(4, 0, "new")] });
  assert.equal(fresh.pages[0].text, "new");
  assert.equal(fresh.sequence, 4);
});

test("a preview is shown until the picture is there, and never after it", () => {
  const previewed = { __typename: "PageImagePreviewed", pageNumber: 1, image: ROUGH };
  const ready = { __typename: "PageImageReady", page: page(1, { image: PICTURE, imageStatus: "READY" }) };
  const book = replay([snapshot(0), { ...previewed, sequence: 1 }]);
  assert.equal(book.pages[0].preview, ROUGH);
  const final = replay([{ ...ready, sequence: 2 }, { ...previewed, sequence: 3 }], book);
  assert.equal(final.pages[0].image, PICTURE);
  assert.equal(final.pages[0].preview, null);
});

test("a part that starts over loses what was held of it, and only that", () => {
  const before = replay([snapshot(0), appended(1, 0, "wrong"), { __typename: "PageImageReady", sequence: 2, page: page(1, { image: PICTURE, imageStatus: "READY" }) }]);
  const after = replay([{ __typename: "PagePartRestarted", sequence: 3, pageNumber: 1, part: "TEXT" }, appended(4, 0, "right")], before);
  assert.equal(after.pages[0].text, "right");
  assert.equal(after.pages[0].image, PICTURE);
});

test("what went wrong with a part is told until it starts over", () => {
  const failed = replay([snapshot(0), { __typename: "PagePartFailed", sequence: 1, pageNumber: 2, part: "IMAGE", message: "No paint." }]);
  assert.deepEqual(failed.pages[1].problems, { IMAGE: "No paint." });
  assert.equal(failed.pages[1].imageStatus, "FAILED");
  const again = replay([{ __typename: "PagePartRestarted", sequence: 2, pageNumber: 2, part: "IMAGE" }], failed);
  assert.deepEqual(again.pages[1].problems, {});
});

test("progress counts the parts that are planned, not those that are left out", () => {
  const pages = [page(1, { textStatus: "READY", audioStatus: "SKIPPED" }), page(2, { imageStatus: "READY", audioStatus: "SKIPPED" })];
  assert.deepEqual(progressOf(bookOfStory(story({ pages }))), { done: 2, total: 4 });
});

test("the end brings the story's state and keeps its pages", () => {
  const book = replay([snapshot(0), appended(1, 0, "Pip"), { __typename: "StoryEnded", sequence: 2, story: { id: "story", title: "Pip", status: "INCOMPLETE", problem: "No paint." } }]);
  assert.equal(hasEnded(book), true);
  assert.equal(book.story.problem, "No paint.");
  assert.equal(book.pages[0].text, "Pip");
});

test("an event of a kind that is not known yet is passed over", () => {
  const book = replay([snapshot(0), { __typename: "PageSmelled", sequence: 1 }, appended(2, 0, "Pip")]);
  assert.equal(book.pages[0].text, "Pip");
});

test("applying an event leaves the book before it untouched", () => {
  const before = replay([snapshot(0)]);
  const copy = structuredClone(before);
  applyEvent(before, appended(1, 0, "Pip"));
  assert.deepEqual(before, copy);
});
