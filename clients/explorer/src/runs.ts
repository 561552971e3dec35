/** What came of each tab's last run. */

import type { Answer, Fields } from "./http";
import { EMPTY_BOOK, type Book } from "./book";
import { Store } from "./store";

export type State = "running" | "answered" | "connecting" | "live" | "cut" | "ended" | "stopped" | "refused";

export interface Run {
  kind: "query" | "mutation" | "subscription";
  state: State;
  answer: Answer | null;
  status: number | null;
  ms: number | null;
  bytes: number;
  /** A followed story; other operations leave it empty. */
  book: Book;
  batches: number;
  resumed: number;
}

export const runs = new Store<ReadonlyMap<string, Run>>(new Map());
/** The tab that is shown, whose operation the next run is. */
export const shown = new Store<string>("");

export function begin(kind: Run["kind"], state: State): (change: Partial<Run>) => void {
  const tab = shown.get();
  let run: Run = { kind, state, answer: null, status: null, ms: null, bytes: 0, book: EMPTY_BOOK, batches: 0, resumed: 0 };
  let mine = run;
  const put = (change: Partial<Run>) => {
    // A later run of the same tab has taken its place.
    if (change !== run && runs.get().get(tab) !== mine) return;
    run = { ...run, ...change };
    mine = run;
    runs.set(new Map(runs.get()).set(tab, run));
  };
  put(run);
  return put;
}

/** The newest ids that were seen, by the name of an example's placeholder. */
export const seen: { storyId?: string; pageId?: string; characterId?: string } = {};

/** Remembers stories, pages and characters, which every example goes on with. Global ids are opaque, so names tell. */
export function remember(data: Fields | null | undefined): void {
  const walk = (value: unknown, name: string) => {
    if (Array.isArray(value)) return [...value].reverse().forEach((item) => walk(item, name));
    if (typeof value !== "object" || value === null) return;
    const fields = value as Fields;
    for (const key of Object.keys(fields)) walk(fields[key], key === "node" ? name : key);
    const id = fields.id;
    if (typeof id !== "string") return;
    if (name === "story" || name === "stories" || name === "edges") seen.storyId = id;
    if (name === "page" || name === "pages") seen.pageId = id;
    if (name === "character" || name === "characters") seen.characterId = id;
  };
  walk(data, "");
}
