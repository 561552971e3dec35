/**
 * The book as far as its events have told it: pure functions, no network, no clock, no page.
 *
 * However the log of a story is cut into batches, repeated, joined, or begun anew by a snapshot, one book comes out.
 */

/** What the functions below read; add what your screens show. */
export const STORY_PROGRESS = `
  subscription StoryProgress($storyId: ID!, $after: String) {
    storyProgress(storyId: $storyId, after: $after) {
      cursor
      previousCursor
      reset
      events {
        __typename
        sequence
        ... on StorySnapshot { story { id title status problem pages { ...Parts } } }
        ... on StoryPlanned { title }
        ... on PagePartStarted { pageNumber part }
        ... on PageTextAppended { pageNumber offset delta }
        ... on PageTextReady { page { number text } }
        ... on PageImagePreviewed { pageNumber image { key url alt } }
        ... on PageImageReady { page { number image { key url alt } } }
        ... on PageAudioReady { page { number audio { key url durationMs } } }
        ... on PagePartRestarted { pageNumber part }
        ... on PagePartFailed { pageNumber part message }
        ... on StoryEnded { story { title status problem pages { number textStatus imageStatus audioStatus } } }
      }
    }
  }
  fragment Parts on Page {
    id number
    text textStatus
    image { key url alt } imageStatus
    audio { key url durationMs } audioStatus
  }`;

/** `sequence` is that of the last event applied; it has a meaning only together with the cursor it came with. */
export const EMPTY_BOOK = Object.freeze({
  title: null, status: null, problem: null, pages: [], sequence: -1, ended: false,
});

/** A delta begins behind the end of the text held: something before it is missing, and only a snapshot helps. */
export class MissingText extends Error {}

/** The events of a batch that `book` does not have yet. A reset numbers them anew. */
export function newEvents(book, batch) {
  return batch.reset ? batch.events : batch.events.filter(({ sequence }) => sequence > book.sequence);
}

/** `book` after `batch`; what it has already changes nothing. Throws MissingText. */
export function apply(book, batch) {
  const changed = (held, event) => {
    const change = CHANGES[event.__typename];
    return { ...(change ? change(held, event) : held), sequence: event.sequence };
  };
  return newEvents(book, batch).reduce(changed, batch.reset ? EMPTY_BOOK : book);
}

const STATUS = { TEXT: "textStatus", IMAGE: "imageStatus", AUDIO: "audioStatus" };

/** A kind of event that stands not here, because a newer server tells it, is passed over. */
const CHANGES = {
  StorySnapshot: (_, { story }) => ({
    ...EMPTY_BOOK,
    ...story,
    pages: story.pages.map((page) => ({ ...page, text: page.text ?? "", preview: null, failures: {} })),
  }),
  StoryPlanned: (book, { title }) => ({ ...book, title, status: "GENERATING" }),
  PagePartStarted: (book, { pageNumber, part }) => onPage(book, pageNumber, (page) => begun(page, part)),
  // Text is told anew from offset 0. The old picture and narration stay until the new ones are there.
  PagePartRestarted: (book, { pageNumber, part }) =>
    onPage(book, pageNumber, (page) => ({ ...begun(page, part), ...(part === "TEXT" ? { text: "" } : {}) })),
  PagePartFailed: (book, { pageNumber, part, message }) =>
    onPage(book, pageNumber, (page) => ({ [STATUS[part]]: "FAILED", failures: { ...page.failures, [part]: message } })),
  PageTextAppended: (book, { pageNumber, offset, delta }) =>
    onPage(book, pageNumber, (page) => ({ text: extended(page.text, offset, delta), textStatus: "WORKING" })),
  PageTextReady: (book, { page }) => onPage(book, page.number, () => ({ text: page.text ?? "", textStatus: "READY" })),
  PageImagePreviewed: (book, { pageNumber, image }) => onPage(book, pageNumber, () => ({ preview: image })),
  PageImageReady: (book, { page }) =>
    onPage(book, page.number, () => ({ image: page.image, preview: null, imageStatus: "READY" })),
  PageAudioReady: (book, { page }) => onPage(book, page.number, () => ({ audio: page.audio, audioStatus: "READY" })),
  StoryEnded: (book, { story: { pages, ...story } }) =>
    pages.reduce((held, page) => onPage(held, page.number, () => page), { ...book, ...story, ended: true }),
};

function onPage(book, number, change) {
  return { ...book, pages: book.pages.map((page) => (page.number === number ? { ...page, ...change(page) } : page)) };
}

function begun(page, part) {
  const { [part]: _, ...failures } = page.failures;
  return { [STATUS[part]]: "WORKING", failures };
}

/** Offsets count code points, which is what spreading a string gives; `length` would count an emoji twice. */
function extended(text, offset, delta) {
  const held = [...text];
  if (offset > held.length) throw new MissingText(`${held.length} code points are held, and these begin at ${offset}`);
  return offset + [...delta].length <= held.length ? text : held.slice(0, offset).join("") + delta;
}
