/** The reader's own books, newest first, faces to the front. */

import { announce } from "./announce.js";
import { byId, make } from "./elements.js";
import { ApiError } from "./graphql.js";
import { SHELF } from "./operations.js";
import { createPicture } from "./picture.js";
import { showError } from "./problems.js";
import { askAsReader, currentSession } from "./session.js";
import { askToDelete } from "./storytools.js";

const BOOKS_AT_ONCE = 12;
const LOOK_AGAIN_MS = 10_000;
const IN_THE_MAKING = new Set(["QUEUED", "GENERATING"]);

/** @type {Map<string, {element: HTMLElement, update: (story: object) => void}>} */
const books = new Map();
let nextPage = null;
let lookAgain = null;

export function setUpShelf() {
  byId("shelf-more").addEventListener("click", async () => {
    const before = books.size;
    await fetchBooks(BOOKS_AT_ONCE, nextPage);
    // The button may be gone; the first of the new books is where reading goes on.
    byId("shelf-books").children[before]?.querySelector("a").focus();
  });
}

/** Shows the shelf as it is now, and again every few seconds while a book on it is being made. */
export async function showShelf() {
  clearTimeout(lookAgain);
  if (!currentSession()) {
    hideShelf();
    books.clear();
    byId("shelf-books").replaceChildren();
    byId("shelf").hidden = true;
    return;
  }
  await fetchBooks(Math.max(BOOKS_AT_ONCE, Math.min(books.size, 100)), null);
}

/** Nobody looks: nothing needs to be asked any more. */
export function hideShelf() {
  clearTimeout(lookAgain);
  lookAgain = null;
}

async function fetchBooks(first, after) {
  byId("problem-shelf").hidden = true;
  let stories;
  try {
    ({ stories } = await askAsReader(SHELF, { first, after }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    byId("shelf").hidden = false;
    showError("problem-shelf", error);
    return;
  }
  const nodes = stories.edges.map(({ node }) => node);
  place(nodes, after !== null);
  nextPage = stories.pageInfo.endCursor;
  byId("shelf-more").hidden = !stories.pageInfo.hasNextPage;
  byId("shelf").hidden = stories.totalCount === 0;
  clearTimeout(lookAgain);
  if (nodes.some(({ status }) => IN_THE_MAKING.has(status))) lookAgain = setTimeout(showShelf, LOOK_AGAIN_MS);
}

function place(nodes, behind) {
  const row = byId("shelf-books");
  if (!behind) {
    const kept = new Set(nodes.map(({ id }) => id));
    for (const [id, book] of books) {
      if (!kept.has(id)) {
        book.element.remove();
        books.delete(id);
      }
    }
  }
  nodes.forEach((story, index) => {
    if (!books.has(story.id)) books.set(story.id, createBook(story.id));
    const { element, update } = books.get(story.id);
    update(story);
    // A book that stands in its place is left there: moving it would take the reader's focus away.
    if (behind) row.append(element);
    else if (row.children[index] !== element) row.insertBefore(element, row.children[index] ?? null);
  });
}

function createBook(id) {
  const cover = createPicture({ className: "book-cover-picture", decorative: true });
  const printed = make("span", { class: "book-printed", "aria-hidden": "true" });
  const title = make("span", { class: "book-title" });
  const state = make("span", { class: "book-state" });
  const face = make("span", { class: "book-cover" }, cover.element, printed);
  const link = make("a", { class: "book-link", href: `#/story/${encodeURIComponent(id)}` }, face, title, state);

  const remove = make("button", { class: "book-delete", type: "button", "aria-haspopup": "dialog", click: () => takeOff(shown) }, "×");
  let shown = null;

  function update(story) {
    shown = story;
    remove.setAttribute("aria-label", `Delete ${story.title ?? "the new story"}`);
    cover.show(story.cover);
    title.textContent = story.title ?? "A new story";
    printed.textContent = story.cover ? "" : (story.title ?? "…");
    face.dataset.style = story.artStyle.key;
    state.textContent = stateOf(story);
    state.hidden = story.status === "READY";
  }

  return { element: make("li", {}, link, remove), update };
}

async function takeOff(story) {
  const place = [...byId("shelf-books").children].indexOf(books.get(story.id).element);
  if ((await askToDelete(story)) === null) return;
  announce(story.title ? `${story.title} is deleted.` : "The book is deleted.");
  await showShelf();
  const links = byId("shelf-books").querySelectorAll("a");
  (links[Math.min(place, links.length - 1)] ?? byId("maker-title")).focus();
}

function stateOf({ status, progress }) {
  if (IN_THE_MAKING.has(status)) return `being made, ${progress.done} of ${progress.total} parts`;
  return { INCOMPLETE: "something is missing", FAILED: "did not work out", CANCELLED: "stopped" }[status] ?? "";
}
