/** What a reader can do with a book. Each answers its payload, or a refusal with a `message`; each throws ApiError. */

import { refreshCredits } from "./credits.js";
import { askOnce } from "./idempotency.js";
import { CANCEL_STORY, CREATE_STORY, DELETE_STORY, EDIT_PAGE_TEXT, RATE_STORY, REDO_PAGE, RESUME_STORY } from "./operations.js";
import { askAsReader } from "./session.js";

/** Takes the input of createStory. */
export const createStory = askOnce((input) => send(CREATE_STORY, input));

/** Takes `{ id }` of a story. */
export const cancelStory = (input) => send(CANCEL_STORY, input);

/** Takes `{ id }` of a story. */
export const resumeStory = askOnce((input) => send(RESUME_STORY, input));

/** Takes `{ id }` of a story. */
export const deleteStory = (input) => send(DELETE_STORY, input);

/** Takes `{ pageId, parts, instruction? }`. */
export const redoPage = askOnce((input) => send(REDO_PAGE, input));

/** Takes `{ pageId, text }`. */
export const editPageText = askOnce((input) => send(EDIT_PAGE_TEXT, input));

/** Takes `{ storyId, stars }`. It costs nothing. */
export const rateStory = async (input) => (await askAsReader(RATE_STORY, { input })).result;

async function send(document, input) {
  const { result } = await askAsReader(document, { input });
  // Every one that comes here reserves, spends or gives back; a refusal may mean that what is shown was out of date.
  refreshCredits();
  return result;
}
