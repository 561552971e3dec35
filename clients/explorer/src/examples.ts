/** The operations in ../examples, which our tests run against a real server. */

import { post, type Fields } from "./http";
import { remember, seen } from "./runs";
import { token } from "./session";

export interface Example {
  title: string;
  about: string;
  query: string;
  variables: string;
  kind: string;
}

const queries = import.meta.glob<string>("../examples/*.graphql", { query: "?raw", import: "default", eager: true });
const variables = import.meta.glob<string>("../examples/*.json", { query: "?raw", import: "default", eager: true });

export const EXAMPLES: Example[] = Object.keys(queries).sort().map((path) => {
  const query = queries[path]!;
  const name = /(\d)-([\w-]+)\.graphql$/.exec(path)![2]!.replaceAll("-", " ");
  const comment = query.split("\n").filter((line) => line.startsWith("# ")).map((line) => line.slice(2));
  return {
    title: name[0]!.toUpperCase() + name.slice(1),
    about: comment.join(" "),
    query,
    variables: variables[path.replace(/graphql$/, "json")]!.trimEnd(),
    kind: /^(query|mutation|subscription)/m.exec(query)![1]!,
  };
});

const NEWEST = `query Newest {
  stories(first: 1) { edges { node { id pages { id number } } } }
  characters(first: 1) { edges { node { id } } }
}`;

/** The variables with the ids of what was made last, or of the newest there is, instead of placeholders. */
export async function filledIn(text: string): Promise<string> {
  const authorization = await token();
  if (/STORY_ID|PAGE_ID|CHARACTER_ID/.test(text) && !isEverythingSeen(text) && authorization !== null) {
    const { answer } = await post({ query: NEWEST }, authorization);
    const known = { ...seen };
    const list = (name: string) => ((answer.data?.[name] as Fields | null)?.edges ?? []) as Fields[];
    remember({ stories: list("stories"), characters: list("characters") });
    Object.assign(seen, known);
  }
  return text
    .replace('["CHARACTER_ID"]', seen.characterId ? JSON.stringify([seen.characterId]) : "[]")
    .replace("STORY_ID", seen.storyId ?? "STORY_ID")
    .replace("PAGE_ID", seen.pageId ?? "PAGE_ID");
}

/** Whose placeholder stayed, in words that say what to do. */
export function missingIn(text: string): string | null {
  if (/"(STORY|PAGE)_ID"/.test(text)) return "Make a story first, or put an id of yours in the place of the placeholder.";
  return null;
}

function isEverythingSeen(text: string): boolean {
  const needs = { STORY_ID: seen.storyId, PAGE_ID: seen.pageId, CHARACTER_ID: seen.characterId };
  return Object.entries(needs).every(([placeholder, id]) => !text.includes(placeholder) || id !== undefined);
}
