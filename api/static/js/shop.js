/** Plans and packs of credits, in the account's dialog; the checkout itself is the shop's own page. */

import { announce } from "./announce.js";
import { refreshCredits } from "./credits.js";
import { byId } from "./elements.js";
import { ApiError } from "./graphql.js";
import { OPEN_BILLING_PORTAL, SHOP, START_CHECKOUT } from "./operations.js";
import { clearProblems, isRefusal, showError } from "./problems.js";
import { askAsReader } from "./session.js";

const BOUGHT = "#/bought";
/** Credits come with a webhook, a moment after the browser is back. */
const LOOK_AGAIN_MS = [0, 1000, 2000, 4000, 8000];

/** Shows what the account is on, and what can be bought. */
export async function showShop() {
  const offers = byId("shop-offers");
  clearProblems(byId("leave-dialog"));
  offers.replaceChildren();
  byId("shop-plan").textContent = "";
  try {
    const { me, plans, creditPacks } = await askAsReader(SHOP);
    if (!me) return;
    byId("shop-plan").textContent = described(me);
    const live = me.subscription !== null && me.subscription.state !== "ENDED";
    const paid = live ? [] : plans.filter((plan) => plan.priceMinor > 0);
    offers.append(
      ...paid.map((plan) => offer(`${plan.name}: ${plan.monthlyCredits} credits a month, ${price(plan)}`, { planKey: plan.key })),
      ...creditPacks.map((pack) => offer(`${pack.name}, ${price(pack)}`, { packKey: pack.key })),
    );
    if (live) offers.append(button("Change or end my plan", () => go(OPEN_BILLING_PORTAL, { returnUrl: `${location.origin}/` })));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-shop", error);
  }
}

/** For who comes back from the checkout: says thanks, and looks for the credits until they are there. */
export async function welcomeBuyer() {
  if (location.hash !== BOUGHT) return;
  history.replaceState(null, "", "#/");
  announce("Thank you. Your credits are on their way.");
  for (const wait of LOOK_AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    await refreshCredits();
  }
}

function described({ plan, subscription }) {
  const { renewsAt = null, cancelsAt = null } = subscription ?? {};
  const day = (moment) => new Date(moment).toLocaleDateString();
  const until = cancelsAt ? ` It ends on ${day(cancelsAt)}.` : renewsAt ? ` It renews on ${day(renewsAt)}.` : "";
  return `Your plan: ${plan.name}.${until}`;
}

/** A price as people read it: the minor unit of most currencies is a hundredth, that of some is none. */
export function price({ priceMinor, currency }) {
  const money = new Intl.NumberFormat(undefined, { style: "currency", currency });
  return money.format(priceMinor / 10 ** money.resolvedOptions().maximumFractionDigits);
}

function offer(words, what) {
  // One press, one checkout: whoever presses again after a lost answer gets the same one.
  const idempotencyKey = crypto.getRandomValues(new Uint32Array(4)).join("-");
  const back = { successUrl: `${location.origin}/${BOUGHT}`, cancelUrl: `${location.origin}/` };
  return button(words, () => go(START_CHECKOUT, { ...what, ...back, idempotencyKey }));
}

function button(words, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet-button";
  made.textContent = words;
  made.addEventListener("click", press);
  return made;
}

async function go(document, input) {
  clearProblems(byId("leave-dialog"));
  try {
    const { result } = await askAsReader(document, { input });
    if (isRefusal(result)) showError("problem-shop", result);
    else location.assign(result.url);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError("problem-shop", error);
  }
}
