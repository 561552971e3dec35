/** The first page of every book: the one the reader writes. */

import { needAccount } from "./account.js";
import { castIds, dismissCast, setUpCast, showCast } from "./cast.js";
import { confirm } from "./confirm.js";
import { availableCredits, onCreditsChange } from "./credits.js";
import { byId, icon, make } from "./elements.js";
import { ApiError } from "./graphql.js";
import { CHOICES, CONSENT, GIVE_CONSENT, STORY_PRICE } from "./operations.js";
import { priceInWords } from "./prices.js";
import { clearProblems, showError, showRefusal } from "./problems.js";
import { askAsReader } from "./session.js";
import { createStory } from "./verbs.js";

const MOST_PAGES = 24;
const USUAL_PAGES = 8;
const LANGUAGE = "en";
const NO_VOICE = "";

const form = byId("maker");
const prices = new Map();
let choicesAreShown = false;

/** @param {(storyId: string) => void} openStory */
export function setUpMaker(openStory) {
  setUpCast();
  for (let pages = 1; pages <= MOST_PAGES; pages += 1) {
    const words = pages === 1 ? "1 page" : `${pages} pages`;
    form.elements.pageCount.append(new Option(words, pages, pages === USUAL_PAGES, pages === USUAL_PAGES));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    makeBook(openStory);
  });
  for (const choice of [form.elements.pageCount, form.elements.voiceId]) choice.addEventListener("change", showPrice);
  onCreditsChange(showPrice);
  form.elements.premise.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

/** Shows what can be chosen, asked for again where it failed before. */
export async function showMaker() {
  try {
    if (!choicesAreShown) await showChoices();
    await Promise.all([showCast(), showPrice()]);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-story", error);
  }
}

async function showChoices() {
  const { artStyles, voices } = await askAsReader(CHOICES, { language: LANGUAGE });
  byId("art-styles").replaceChildren(...artStyles.map((style, index) => swatch(style, index === 0)));
  const options = voices.map(({ id, name, description }) => new Option(`${name}, ${lowerFirst(description)}`, id));
  form.elements.voiceId.replaceChildren(...options, new Option("me", NO_VOICE));
  choicesAreShown = true;
}

/** What the book would cost as it is wished for now. Prices do not change while the page is open. */
async function showPrice() {
  const wish = { pageCount: Number(form.elements.pageCount.value), narrated: isNarrated() };
  const key = JSON.stringify(wish);
  if (!prices.has(key)) prices.set(key, askAsReader(STORY_PRICE, wish));
  let price = null;
  try {
    ({ price } = await prices.get(key));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    prices.delete(key); // Asked for again at the next change; the book can be made without it.
  }
  if (wish.pageCount !== Number(form.elements.pageCount.value) || wish.narrated !== isNarrated()) return;
  byId("book-price").hidden = price === null;
  if (price !== null) byId("book-price").textContent = priceInWords(price, availableCredits(), "This book");
}

const isNarrated = () => form.elements.voiceId.value !== NO_VOICE;

function swatch({ key, name, description }, checked) {
  const choice = make("input", { type: "radio", name: "artStyle", value: key, checked });
  const drawing = icon("vignette", "vignette");
  drawing.dataset.style = key;
  return make("label", { class: "swatch", title: description }, choice, drawing, make("span", {}, name));
}

async function makeBook(openStory) {
  clearProblems(form);
  if (form.elements.premise.value.trim() === "") {
    showRefusal(form, { problems: [{ path: ["premise"], message: "Tell us a little about the story first." }] }, "problem-story");
    return;
  }
  if (!(await needAccount("Your book needs a shelf to stand on."))) return;
  form.inert = true;
  byId("make-book").textContent = "Opening the paint box …";
  let refusal = null;
  try {
    const result = await create();
    if (result?.__typename === "CreateStoryPayload") {
      form.elements.premise.value = "";
      dismissCast();
      openStory(result.story.id);
    } else {
      refusal = result;
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-story", error);
  } finally {
    form.inert = false;
    byId("make-book").textContent = "Make this book";
  }
  // A field can take the focus only when its form is no longer inert.
  if (refusal) showRefusal(form, refusal, "problem-story");
}

async function create() {
  const { premise, pageCount, ageBand, voiceId, artStyle } = form.elements;
  const characterIds = await castIds();
  if (characterIds === null) return null;
  const narrated = isNarrated();
  const input = {
    premise: premise.value,
    characterIds,
    pageCount: Number(pageCount.value),
    ageBand: ageBand.value,
    language: LANGUAGE,
    narrated,
    ...(narrated && { voiceId: voiceId.value }),
    ...(artStyle?.value && { artStyle: artStyle.value }),
  };
  const result = await createStory(input);
  if (result.__typename !== "ConsentRequired") return result;
  return (await agree()) ? createStory(input) : null;
}

/** What a parent has to agree to before the first book. @returns {Promise<boolean>} */
async function agree() {
  const { consent } = await askAsReader(CONSENT);
  form.inert = false;
  const given = await confirm({
    title: "Before your first book",
    words: consent.wording,
    yes: "I agree",
    no: "Not now",
    act: async () => (await askAsReader(GIVE_CONSENT, { input: { version: consent.version } })).result,
  });
  return given !== null;
}

function lowerFirst(words) {
  return words.charAt(0).toLowerCase() + words.slice(1).replace(/\.$/, "");
}
