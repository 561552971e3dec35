/** A story as its events tell it, whatever part of them was selected. */

import type { Fields, Json } from "./http";
import type { Batch } from "./resume";

export interface LivePage {
  number: number;
  text: string;
  image: Fields | null;
  audio: Fields | null;
  /** Parts that could not be made, with the reason. */
  failed: string[];
}

export interface Told {
  sequence: number | null;
  kind: string;
  line: string;
}

export interface Book {
  title: string | null;
  status: string | null;
  pageCount: number | null;
  pages: readonly LivePage[];
  told: readonly Told[];
}

export const EMPTY_BOOK: Book = { title: null, status: null, pageCount: null, pages: [], told: [] };
const MOST_TOLD = 400;

export const applied = {
  nothing: EMPTY_BOOK,
  /** `data` is an answer's data, with one root field. */
  batch(book: Book, data: Fields, batch: Batch): Book {
    const [root] = Object.values(data) as Fields[];
    const events = eventsIn(root!, batch.kinds.length);
    const told = batch.reset ? book.told.concat({ sequence: null, kind: "Reset", line: "A snapshot of the whole story" }) : book.told;
    let now: Book = batch.reset ? { ...EMPTY_BOOK, told } : book;
    batch.kinds.forEach((kind, index) => (now = event(now, kind, events[index] ?? {})));
    return now;
  },
};

/** The list of events, under whatever name it was selected. */
function eventsIn(batch: Fields, length: number): Fields[] {
  const lists = Object.values(batch).filter((value): value is Fields[] => Array.isArray(value) && value.length === length);
  return lists[0] ?? [];
}

function event(book: Book, kind: string, it: Fields): Book {
  const changed = change(book, kind, it);
  const told = { sequence: typeof it.sequence === "number" ? it.sequence : null, kind, line: line(kind, it) };
  const last = changed.told.at(-1);
  // Words come one by one; a line for each would hide everything else.
  if (kind === "PageTextAppended" && last?.kind === kind && last.line === told.line) {
    return { ...changed, told: [...changed.told.slice(0, -1), told] };
  }
  return { ...changed, told: [...changed.told, told].slice(-MOST_TOLD) };
}

function change(book: Book, kind: string, it: Fields): Book {
  const page = record(it.page);
  const number = Number(it.pageNumber ?? page?.number);
  switch (kind) {
    case "StorySnapshot":
    case "StoryEnded":
      return whole(book, record(it.story));
    case "StoryPlanned":
      return { ...book, title: text(it.title) ?? book.title, pageCount: Number(it.pageCount) || book.pageCount };
    case "PageTextAppended":
      return onPage(book, number, (was) => ({ text: was.text + (text(it.delta) ?? "") }));
    case "PageTextReady":
      return onPage(book, number, (was) => ({ text: text(page?.text) ?? was.text }));
    case "PageImagePreviewed":
      return onPage(book, number, () => ({ image: record(it.image) }));
    case "PageImageReady":
      return onPage(book, number, (was) => ({ image: record(page?.image) ?? was.image }));
    case "PageAudioReady":
      return onPage(book, number, (was) => ({ audio: record(page?.audio) ?? was.audio }));
    case "PagePartFailed":
      return onPage(book, number, (was) => ({ failed: [...was.failed, text(it.message) ?? part(it)] }));
    case "PagePartRestarted":
      return onPage(book, number, () => (it.part === "TEXT" ? { text: "" } : it.part === "IMAGE" ? { image: null } : { audio: null }));
    default:
      return book;
  }
}

function whole(book: Book, story: Fields | null): Book {
  if (story === null) return book;
  const pages = Array.isArray(story.pages) ? (story.pages as Fields[]) : [];
  const now = { ...book, title: text(story.title) ?? book.title, status: text(story.status) ?? book.status };
  return pages.reduce<Book>((growing, page) => {
    return onPage(growing, Number(page.number), (was) => ({
      text: text(page.text) ?? was.text,
      image: record(page.image) ?? was.image,
      audio: record(page.audio) ?? was.audio,
    }));
  }, { ...now, pageCount: pages.length || now.pageCount });
}

function onPage(book: Book, number: number, news: (was: LivePage) => Partial<LivePage>): Book {
  if (!Number.isInteger(number)) return book;
  const was = book.pages.find((page) => page.number === number) ?? { number, text: "", image: null, audio: null, failed: [] };
  const others = book.pages.filter((page) => page.number !== number);
  return { ...book, pages: [...others, { ...was, ...news(was) }].sort((one, other) => one.number - other.number) };
}

function line(kind: string, it: Fields): string {
  const number = it.pageNumber ?? record(it.page)?.number;
  const page = number === undefined ? "A page" : `Page ${number}`;
  const story = record(it.story);
  switch (kind) {
    case "StorySnapshot":
      return `Where the story stands${story?.status ? `: ${words(story.status)}` : ""}`;
    case "StoryPlanned":
      return `Planned${it.title ? `: “${String(it.title)}”` : ""}`;
    case "PagePartStarted":
      return `${page}: ${part(it)} begun`;
    case "PageTextAppended":
      return `${page}: words arrive`;
    case "PageTextReady":
      return `${page}: text ready`;
    case "PageImagePreviewed":
      return `${page}: a first look at its picture`;
    case "PageImageReady":
      return `${page}: picture ready`;
    case "PageAudioReady":
      return `${page}: narration ready`;
    case "PagePartFailed":
      return `${page}: ${part(it)} could not be made${it.message ? `. ${String(it.message)}` : ""}`;
    case "PagePartRestarted":
      return `${page}: ${part(it)} starts over`;
    case "StoryEnded":
      return `The end${story?.status ? `: ${words(story.status)}` : ""}`;
    default:
      return kind;
  }
}

function part(it: Fields): string {
  return { TEXT: "text", IMAGE: "picture", AUDIO: "narration" }[String(it.part)] ?? "a part";
}

function words(value: Json): string {
  return String(value).toLowerCase();
}

function text(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function record(value: Json | undefined): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}
