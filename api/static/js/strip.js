/** The row of small pages under the book: where one is, where one can go, and what is ready there. */

import { byId, make } from "./elements.js";
import { createPicture } from "./picture.js";
import { nameOf } from "./spread.js";

/** @param {(position: number) => void} goTo */
export function createStrip(goTo) {
  const row = byId("strip");
  let items = [];

  function update(book, position) {
    if (items.length !== book.pages.length + 2) fill(book);
    items.forEach(({ update: updateItem }, place) => updateItem(book, place === position));
  }

  function fill(book) {
    items = Array.from({ length: book.pages.length + 2 }, (_, place) => createItem(place, goTo));
    row.replaceChildren(...items.map(({ element }) => element));
  }

  return { update };
}

function createItem(position, goTo) {
  const picture = createPicture({ className: "mini-picture", decorative: true });
  const caption = make("span", { class: "mini-caption", "aria-hidden": "true" });
  const button = make("button", { class: "mini", type: "button", click: () => goTo(position) }, picture.element, caption);

  function update(book, current) {
    const page = book.pages[position - 1];
    caption.textContent = page ? position : position === 0 ? "Cover" : "End";
    if (page) {
      picture.show(page.image ?? page.preview, !page.image);
      button.dataset.text = page.textStatus;
      button.dataset.image = page.imageStatus;
      button.dataset.audio = page.audioStatus;
    }
    button.setAttribute("aria-label", page ? `${nameOf(book, position)}${stateOf(page)}` : nameOf(book, position));
    if (current && button.getAttribute("aria-current") !== "page") {
      button.setAttribute("aria-current", "page");
      // scrollIntoView would move the whole window too.
      const row = button.closest("ol");
      row.scrollTo({ left: button.offsetLeft - (row.clientWidth - button.offsetWidth) / 2 });
    } else if (!current) {
      button.removeAttribute("aria-current");
    }
  }

  return { element: make("li", {}, button), update };
}

function stateOf(page) {
  const words = { TEXT: page.textStatus, IMAGE: page.imageStatus, AUDIO: page.audioStatus };
  const missing = { TEXT: "words", IMAGE: "picture", AUDIO: "voice" };
  const open = Object.keys(words).filter((part) => !["READY", "SKIPPED"].includes(words[part]));
  return open.length ? `, still without ${open.map((part) => missing[part]).join(" and ")}` : "";
}
