/** A forgotten password, and the links of letters: #reset-password=<token> and #verify-email=<token>. */

import { announce } from "./announce.js";
import { letItBeClosed, open, openToAsk } from "./dialogs.js";
import { byId } from "./elements.js";
import { ApiError, ask } from "./graphql.js";
import { EMAIL_VERIFIED, REQUEST_EMAIL_VERIFICATION, REQUEST_PASSWORD_RESET, RESET_PASSWORD, VERIFY_EMAIL } from "./operations.js";
import { showError } from "./problems.js";
import { askAsReader, isGuest } from "./session.js";

export function setUpLetters() {
  for (const dialog of ["forgot-dialog", "reset-dialog", "letter-dialog"]) letItBeClosed(byId(dialog));
  byId("forgot-password").addEventListener("click", askForLetter);
  byId("ask-letter").addEventListener("click", askToVerify);
  window.addEventListener("hashchange", openLink);
  return openLink();
}

async function askForLetter() {
  const email = byId("forgot-email");
  email.value = byId("email").value;
  const sent = await openToAsk(byId("forgot-dialog"), "problem-forgot", async () => {
    const { result } = await ask(REQUEST_PASSWORD_RESET, { input: { email: email.value.trim() } }, null);
    return result;
  });
  if (sent) await say("Look into your mail", "If this address has an account, a letter with a link is on its way.");
}

/** Offers a letter, in the account's dialog, to whoever has not shown that letters arrive. Guests have no address. */
export async function offerLetter() {
  const offer = byId("leave-unread");
  offer.hidden = true;
  if (isGuest()) return;
  await orProblem(async () => {
    const { me } = await askAsReader(EMAIL_VERIFIED);
    offer.hidden = me === null || me.emailVerified;
  });
}

function askToVerify() {
  return orProblem(async () => {
    const { result } = await askAsReader(REQUEST_EMAIL_VERIFICATION);
    byId("leave-unread").hidden = true;
    byId("leave-dialog").close("");
    await say("Your e-mail address", result.requested ? "A letter with a link is on its way. The link holds for half an hour." : KNOWN);
  });
}

async function orProblem(act) {
  byId("problem-letter").hidden = true;
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-letter", error);
  }
}

/** The token leaves the address at once: it is a secret, and addresses are kept and shown. */
async function openLink() {
  const [, action, token] = /^#(reset-password|verify-email)=([\w-]+)$/.exec(location.hash) ?? [];
  if (!token) return;
  history.replaceState(null, "", "#/");
  if (action === "verify-email") await verify(token);
  else await choosePassword(token);
}

async function choosePassword(token) {
  const field = byId("new-password");
  field.value = "";
  const done = await openToAsk(byId("reset-dialog"), "problem-reset", async () => {
    const { result } = await ask(RESET_PASSWORD, { input: { token, newPassword: field.value } }, null);
    return result.__typename === "InvalidCredentials" ? { ...result, message: TOO_LATE } : result;
  });
  if (done) await say("Your new password is set", "Sign in with it; everywhere else you are signed out.");
}

async function verify(token) {
  let words = TOO_LATE;
  try {
    const { result } = await ask(VERIFY_EMAIL, { input: { token } }, null);
    if (result.__typename === "VerifyEmailPayload") words = KNOWN;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    words = error.message;
  }
  await say("Your e-mail address", words);
}

const KNOWN = "We know now that your letters reach you.";
const TOO_LATE = "This link does not hold any more: links hold for half an hour, once. Ask for another letter.";

function say(title, words) {
  byId("letter-title").textContent = title;
  byId("letter-words").textContent = words;
  announce(`${title}. ${words}`);
  return open(byId("letter-dialog"));
}
