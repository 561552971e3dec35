/** Signing up, signing in, trying as a guest, signing out. */

import { announce } from "./announce.js";
import { letItBeClosed, open } from "./dialogs.js";
import { byId } from "./elements.js";
import { ApiError } from "./graphql.js";
import { offerLetter } from "./letters.js";
import { clearProblems, showError, showRefusal } from "./problems.js";
import { currentSession, enterAsGuest, isGuest, onSessionChange, signIn, signOut, signUp } from "./session.js";
import { showShop } from "./shop.js";

const dialog = byId("account-dialog");
const form = byId("account-form");
let known = false;

/**
 * Makes sure that somebody is signed in, asking where nobody is.
 * @param {string} reason why, in a sentence
 * @returns {Promise<boolean>} false when the reader went away
 */
export async function needAccount(reason) {
  return currentSession() !== null || (await askWho(reason));
}

export function setUpAccount() {
  for (const each of [dialog, byId("leave-dialog")]) letItBeClosed(each);
  byId("account-button").addEventListener("click", () =>
    currentSession() ? askToLeave() : askWho("Sign in to find your books again."),
  );
  byId("account-switch").addEventListener("click", () => choose(!known));
  byId("account-guest").addEventListener("click", () => enter(enterAsGuest));
  byId("sign-out").addEventListener("click", async () => {
    byId("leave-dialog").close("");
    await signOut();
    announce("You are signed out.");
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { email, password } = form.elements;
    enter(() => (known ? signIn : signUp)(email.value.trim(), password.value));
  });
  onSessionChange(label);
  label();
}

async function askWho(reason) {
  byId("account-reason").textContent = reason;
  clearProblems(form);
  choose(false);
  return (await open(dialog)) === "entered";
}

function askToLeave() {
  byId("leave-who").textContent = isGuest()
    ? "You are reading as a guest. Your shelf stays in this browser: “Try without an account” opens it again."
    : `You are signed in as ${currentSession().user.email}.`;
  offerLetter();
  showShop();
  return open(byId("leave-dialog"));
}

function choose(hasAccount) {
  known = hasAccount;
  byId("account-title").textContent = known ? "Welcome back" : "A shelf of your own";
  byId("account-submit").textContent = known ? "Sign in" : "Make my account";
  byId("account-switch").textContent = known ? "I have no account yet" : "I have an account already";
  byId("password-hint").hidden = known;
  byId("forgot-password").hidden = !known;
  form.elements.password.autocomplete = known ? "current-password" : "new-password";
  clearProblems(form);
}

async function enter(how) {
  clearProblems(form);
  form.inert = true;
  let refusal = null;
  try {
    const result = await how();
    if (result.__typename === "SessionPayload") dialog.close("entered");
    else refusal = result;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-account", error);
  } finally {
    form.inert = false;
  }
  if (refusal) showRefusal(form, byField(refusal), "problem-account");
}

function byField(refusal) {
  return refusal.__typename === "EmailTaken" ? { problems: [{ path: ["email"], message: refusal.message }] } : refusal;
}

function label() {
  byId("account-label").textContent = currentSession() === null ? "Sign in" : isGuest() ? "Guest" : "My account";
}
