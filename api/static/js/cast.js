/** Who plays in the next story: characters of the library, and new ones that are made together with the book. */

import { letItBeClosed, open } from "./dialogs.js";
import { byId, make } from "./elements.js";
import { createPicture } from "./picture.js";
import { clearProblems, showRefusal } from "./problems.js";
import { CAST, CREATE_CHARACTER } from "./operations.js";
import { askAsReader, currentSession } from "./session.js";

const MOST_SHOWN = 24;
const dialog = byId("character-dialog");
const form = byId("character-form");

/** @type {{id: string | null, name: string, appearance: string, portrait?: object, chosen: boolean}[]} */
let members = [];

export function setUpCast() {
  letItBeClosed(dialog);
  byId("add-character").addEventListener("click", addSomebody);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearProblems(form);
    const problems = ["name", "appearance"]
      .filter((field) => form.elements[field].value.trim() === "")
      .map((field) => ({ path: [field], message: field === "name" ? "Everybody has a name." : "How shall the painter draw them?" }));
    if (problems.length) showRefusal(form, { problems }, "problem-character");
    else dialog.close("chosen");
  });
}

/** Fills the row with the reader's own characters; those that are only sketched stay. */
export async function showCast() {
  const known = currentSession() ? await askAsReader(CAST, { first: MOST_SHOWN }) : null;
  const sketched = members.filter(({ id }) => id === null);
  const chosen = new Set(members.filter((member) => member.chosen).map(({ id }) => id));
  const library = known?.characters?.edges.map(({ node }) => ({ ...node, chosen: chosen.has(node.id) })) ?? [];
  members = [...library, ...sketched];
  render();
}

/**
 * Makes the chosen characters that do not exist yet.
 * @returns {Promise<string[] | null>} the ids of the cast; null when one was refused and the reader gave up on it
 */
export async function castIds() {
  // The row may be filled anew while the characters are made; the cast is who was chosen when it began.
  const cast = members.filter(({ chosen }) => chosen);
  for (const member of cast) {
    while (member.id === null) {
      const { name, appearance } = member;
      const { result } = await askAsReader(CREATE_CHARACTER, { input: { name, appearance } });
      if (result.__typename === "CreateCharacterPayload") member.id = result.character.id;
      else if (!(await sketch(member, result))) return null;
    }
  }
  return cast.map(({ id }) => id);
}

/** The book is on its way: the next one starts with nobody chosen. */
export function dismissCast() {
  for (const member of members) member.chosen = false;
  render();
}

async function addSomebody() {
  const member = { id: null, name: "", appearance: "", chosen: true };
  if (!(await sketch(member))) return;
  members.push(member);
  render();
}

/** Lets the reader draw a character in words. @returns {Promise<boolean>} false when they went away */
async function sketch(member, refusal = null) {
  clearProblems(form);
  form.elements.name.value = member.name;
  form.elements.appearance.value = member.appearance;
  const left = open(dialog);
  if (refusal) showRefusal(form, refusal, "problem-character");
  if ((await left) !== "chosen") return false;
  member.name = form.elements.name.value.trim();
  member.appearance = form.elements.appearance.value.trim();
  render();
  return true;
}

function render() {
  byId("cast-chips").replaceChildren(...members.map(chip));
}

function chip(member) {
  const box = make("input", { type: "checkbox", change: () => (member.chosen = box.checked) });
  box.checked = member.chosen;
  const portrait = createPicture({ className: "portrait", decorative: true });
  portrait.show(member.portrait ?? null);
  if (!member.portrait) portrait.element.append([...member.name][0] ?? "");
  return make("label", { class: "chip", title: member.appearance }, box, portrait.element, make("span", {}, member.name));
}
