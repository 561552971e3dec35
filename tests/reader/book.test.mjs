import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_BOOK, applyBatch, applyEvent, bookOfStory, formerWordsOf, hasEnded, progressOf, withFormerWords, wordsOf } from "../../api/static/js/book.js";

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

test("words that start over after a crash lose what was held of them, and nothing else is lost", () => {
  const before = replay([snapshot(0), appended(1, 0, "wrong"), { __typename: "PageImageReady", sequence: 2, page: page(1, { image: PICTURE, imageStatus: "READY" }) }]);
  const after = replay([{ __typename: "PagePartRestarted", sequence: 3, pageNumber: 1, part: "TEXT" }, appended(4, 0, "right")], before);
  assert.equal(after.pages[0].text, "right");
  assert.equal(after.pages[0].image, PICTURE);
});

const VOICE = { key: "v1", url: "http://localhost/v1", durationMs: 900 };
const whole = (number) =>
  page(number, { text: "Pip ran.", textStatus: "READY", image: PICTURE, imageStatus: "READY", audio: VOICE, audioStatus: "READY" });
const restarted = (sequence, part) => ({ __typename: "PagePartRestarted", sequence, pageNumber: 1, part });
const failed = (sequence, part) => ({ __typename: "PagePartFailed", sequence, pageNumber: 1, part, message: "No paint." });
const redone = (...events) => replay([snapshot(0, { pages: [whole(1)] }), ...events]);

test("the old picture and narration stay while new ones are made", () => {
  const [held] = redone(restarted(1, "IMAGE"), restarted(2, "AUDIO")).pages;
  assert.equal(held.image, PICTURE);
  assert.equal(held.imageStatus, "WORKING");
  assert.equal(held.audio, VOICE);
  assert.equal(held.audioStatus, "WORKING");
});

test("a preview of a new picture does not take the old one away, and the new one does", () => {
  const previewed = { __typename: "PageImagePreviewed", sequence: 2, pageNumber: 1, image: ROUGH };
  const during = redone(restarted(1, "IMAGE"), previewed);
  assert.equal(during.pages[0].image, PICTURE);
  const fresh = { ...PICTURE, key: "k2" };
  const after = applyEvent(during, { __typename: "PageImageReady", sequence: 3, page: page(1, { image: fresh, imageStatus: "READY" }) });
  assert.equal(after.pages[0].image, fresh);
  assert.equal(after.pages[0].preview, null);
});

test("the old words are read until the first new ones arrive", () => {
  const before = redone(restarted(1, "TEXT"));
  assert.equal(before.pages[0].text, "");
  assert.deepEqual(wordsOf(before.pages[0]), { text: "Pip ran.", isFormer: true });
  const during = applyEvent(before, appended(2, 0, "Pip"));
  assert.deepEqual(wordsOf(during.pages[0]), { text: "Pip", isFormer: false });
  assert.equal(during.torn, false);
});

test("a page that waits for new words shows the old ones, however its redoing is learnt of", () => {
  const asked = page(1, { text: "Pip ran.", textStatus: "WAITING" });
  const waiting = replay([snapshot(0, { pages: [asked] })]);
  assert.deepEqual(wordsOf(waiting.pages[0]), { text: "Pip ran.", isFormer: true });
  for (const begun of [restarted(1, "TEXT"), { __typename: "PagePartStarted", sequence: 1, pageNumber: 1, part: "TEXT" }]) {
    const started = applyEvent(waiting, begun);
    assert.deepEqual(wordsOf(started.pages[0]), { text: "Pip ran.", isFormer: true });
    assert.equal(applyEvent(started, appended(2, 0, "Pop")).pages[0].text, "Pop");
  }
});

test("new words take the place of old ones that a snapshot brought along", () => {
  const working = page(1, { text: "Pip ran.", textStatus: "WORKING" });
  const book = replay([snapshot(0, { pages: [working] }), appended(1, 0, "Pip"), appended(2, 3, " sat")]);
  assert.equal(book.pages[0].text, "Pip sat");
});

test("words that were stored before their redoing are known again in a snapshot, and the new ones are not", () => {
  const asked = (text) => story({ pages: [page(1, { text, textStatus: "WORKING" })] });
  const former = formerWordsOf(bookOfStory(asked("Pip ran.")));
  const old = withFormerWords(replay([snapshot(0, asked("Pip ran."))]), former);
  assert.deepEqual(wordsOf(old.pages[0]), { text: "Pip ran.", isFormer: true });
  assert.equal(applyEvent(old, appended(1, 0, "Pip")).pages[0].text, "Pip");
  const fresh = withFormerWords(replay([snapshot(0, asked("Pip sat"))]), former);
  assert.deepEqual(wordsOf(fresh.pages[0]), { text: "Pip sat", isFormer: false });
  assert.equal(formerWordsOf(bookOfStory(story({ pages: [whole(1)] }))).size, 0);
});

test("a new version that failed leaves the old one, and what went wrong is still told", () => {
  const again = { __typename: "PageTextReady", sequence: 3, page: whole(1) };
  const [words] = redone(restarted(1, "TEXT"), failed(2, "TEXT"), again).pages;
  assert.equal(words.text, "Pip ran.");
  assert.equal(words.textStatus, "READY");
  assert.deepEqual(words.problems, { TEXT: "No paint." });
  assert.deepEqual(wordsOf(words), { text: "Pip ran.", isFormer: false });
  const [seen] = redone(restarted(1, "IMAGE"), failed(2, "IMAGE"), { __typename: "PageImageReady", sequence: 3, page: whole(1) }).pages;
  assert.equal(seen.image, PICTURE);
  assert.deepEqual(seen.problems, { IMAGE: "No paint." });
});

test("new words that fail half way give the old ones back at once", () => {
  const [held] = redone(restarted(1, "TEXT"), appended(2, 0, "Pop"), failed(3, "TEXT")).pages;
  assert.equal(held.text, "Pip ran.");
});

test("words that come without their narration take the old narration away", () => {
  const written = page(1, { text: "Pip sat.", textStatus: "READY", audio: null, audioStatus: "WAITING" });
  const [held] = redone({ __typename: "PageTextReady", sequence: 1, page: written }).pages;
  assert.equal(held.text, "Pip sat.");
  assert.equal(held.audio, null);
  assert.equal(held.image, PICTURE);
});

test("the end puts every page as it is, and keeps what went wrong", () => {
  const ended = { __typename: "StoryEnded", sequence: 4, story: story({ status: "CANCELLED", pages: [whole(1)] }) };
  const book = redone(failed(1, "IMAGE"), restarted(2, "TEXT"), appended(3, 0, "Po"), ended);
  assert.equal(book.story.status, "CANCELLED");
  assert.equal("pages" in book.story, false);
  assert.equal(book.pages[0].text, "Pip ran.");
  assert.equal(book.pages[0].imageStatus, "READY");
  assert.deepEqual(book.pages[0].problems, { IMAGE: "No paint." });
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
