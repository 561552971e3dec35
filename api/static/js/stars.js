/** How much a book is liked: five stars, as the five radio buttons that they are. */

import { announce } from "./announce.js";
import { make } from "./elements.js";
import { rateStory } from "./verbs.js";

const STARS = [1, 2, 3, 4, 5];
/** Arrow keys choose every star on their way; where they have rested for so long is what is meant. */
const RESTED_MS = 700;
const inStars = (count) => `${count} star${count === 1 ? "" : "s"}`;

/**
 * @param {(rating: number) => void} onRated
 * @returns {{element: HTMLElement, update: (story: object, open: boolean) => void}} `open`: the book can be rated now
 */
export function createStars(onRated) {
  const problem = make("p", { class: "problem", role: "alert", hidden: true });
  const buttons = STARS.map((count) => make("input", { type: "radio", name: "stars", value: String(count), "aria-label": inStars(count), change: () => choose(count) }));
  const element = make(
    "fieldset",
    { class: "stars", hidden: true, focusout: ({ relatedTarget }) => element.contains(relatedTarget) || settle() },
    make("legend", {}, "How did you like it?"),
    ...buttons.map((button) => make("label", { class: "star" }, button, make("span", { "aria-hidden": "true" }, "★"))),
    problem,
  );
  let shown = null;
  let chosen = null;
  let resting = 0;

  function show() {
    for (const button of buttons) button.checked = Number(button.value) === (chosen ?? shown.rating);
  }

  function choose(stars) {
    chosen = stars;
    clearTimeout(resting);
    resting = setTimeout(settle, RESTED_MS);
  }

  function settle() {
    if (!resting) return;
    clearTimeout(resting);
    resting = 0;
    rate(chosen);
  }

  async function rate(stars) {
    problem.hidden = true;
    let refusal = "";
    try {
      const answer = await rateStory({ storyId: shown.id, stars });
      if (answer.story) onRated(answer.story.rating);
      else refusal = answer.message;
    } catch (error) {
      if (!error.code) throw error;
      refusal = error.message;
    }
    problem.textContent = refusal;
    problem.hidden = refusal === "";
    if (chosen === stars && !resting) chosen = null;
    show();
    if (!refusal) announce(`You gave this book ${inStars(stars)}.`);
  }

  function update(story, open) {
    element.hidden = !open;
    shown = story;
    show();
  }

  return { element, update };
}
