/** Pictures and narrations in an answer, whatever they are called there. */

import type { Fields, Json } from "./http";

export interface Picture {
  kind: "picture";
  url: string;
  alt: string;
  where: string;
}

export interface Narration {
  kind: "narration";
  url: string;
  where: string;
  /** The page's text, where it was selected beside. */
  text: string | null;
  words: Spoken[];
}

export interface Spoken {
  startMs: number;
  endMs: number;
  /** Offsets in the text, in code points. */
  start: number;
  end: number;
}

const PICTURE = /\.(webp|png|jpe?g|gif|svg|avif)$/i;
const SOUND = /\.(mp3|m4a|ogg|opus|wav|aac)$/i;
const MOST = 60;

export function mediaIn(data: Json | undefined): (Picture | Narration)[] {
  const found: (Picture | Narration)[] = [];
  const walk = (value: Json | undefined, where: string, parent: Fields | null) => {
    if (found.length >= MOST || typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((item, index) => walk(item, `${where} ${index + 1}`, null));
    const title = typeof value.title === "string" ? value.title : typeof value.name === "string" ? value.name : where;
    const medium = mediumOf(value, where, parent);
    if (medium) found.push(medium);
    else Object.entries(value).forEach(([name, item]) => walk(item, nameOf(name, title), value));
  };
  walk(data, "", null);
  return found;
}

export function mediumOf(value: Fields, where: string, parent: Fields | null): Picture | Narration | null {
  const { url } = value;
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  const type = String(value.contentType ?? "");
  const path = new URL(url).pathname;
  if (type.startsWith("image/") || PICTURE.test(path)) {
    return { kind: "picture", url, alt: String(value.alt ?? where), where };
  }
  if (!type.startsWith("audio/") && !SOUND.test(path)) return null;
  const text = typeof parent?.text === "string" ? parent.text : null;
  return { kind: "narration", url, where, text, words: spokenIn(value.words) };
}

function spokenIn(words: Json | undefined): Spoken[] {
  if (!Array.isArray(words)) return [];
  const isTimed = (word: Json) => {
    const fields = word as Fields;
    return ["startMs", "endMs", "start", "end"].every((name) => typeof fields[name] === "number");
  };
  return words.every(isTimed) ? (words as unknown as Spoken[]) : [];
}

function nameOf(name: string, around: string): string {
  if (name === "edges" || name === "node") return around;
  return around ? `${around}, ${name}` : name;
}
