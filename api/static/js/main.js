/** Where the page begins: two places, the shelf at #/ and an open book at #/story/<id>/<page>. */

import { setUpAccount } from "./account.js";
import { setUpConfirm } from "./confirm.js";
import { refreshCredits } from "./credits.js";
import { byId } from "./elements.js";
import { setUpLetters } from "./letters.js";
import { setUpMaker, showMaker } from "./maker.js";
import { setUpPageTools } from "./pagetools.js";
import { closeBook, openBook, setUpReading } from "./reading.js";
import { becomeGuest, currentSession, onSessionChange } from "./session.js";
import { welcomeBuyer } from "./shop.js";
import { hideShelf, setUpShelf, showShelf } from "./shelf.js";

function showPlace({ moveFocus }) {
  const [, kind, id, page] = location.hash.split("/");
  const reading = kind === "story" && Boolean(id);
  byId("home").hidden = reading;
  byId("reading").hidden = !reading;
  document.body.dataset.place = reading ? "book" : "shelf";
  if (reading) {
    hideShelf();
    openBook(decoded(id), Number.parseInt(page, 10) || 0);
    if (moveFocus) byId("book-title").focus();
  } else {
    closeBook();
    document.title = "StoryCanvas";
    showMaker();
    showShelf();
    if (moveFocus) byId("main").focus();
  }
}

/** An address typed by hand may hold what is no encoding at all; it then names a book that nobody has. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const THIS_MACHINE = ["127.0.0.1", "localhost", "[::1]"];

/**
 * `storycanvas story` hands its guest over in the fragment, #/guest/<address>/<password>/<story id>. On this machine
 * only: elsewhere, somebody's link could have a family write its children's stories into that somebody's account.
 */
async function welcomeGuest() {
  const [, kind, email, password, id] = location.hash.split("/");
  if (kind !== "guest" || !id) return;
  history.replaceState(null, "", `#/story/${id}`);
  if (THIS_MACHINE.includes(location.hostname)) await becomeGuest(decoded(email), decoded(password));
}

await welcomeGuest();
setUpAccount();
setUpConfirm();
setUpPageTools();
setUpMaker((storyId) => {
  location.hash = `#/story/${encodeURIComponent(storyId)}`;
});
setUpShelf();
setUpReading();

let reader = currentSession()?.user.id ?? null;
onSessionChange(() => {
  const now = currentSession()?.user.id ?? null;
  // New tokens of the same reader change nothing that is seen.
  if (now === reader) return;
  const left = reader !== null;
  reader = now;
  refreshCredits();
  if (left && location.hash.startsWith("#/story")) location.hash = "#/";
  else showPlace({ moveFocus: false });
});
window.addEventListener("hashchange", () => {
  window.scrollTo(0, 0);
  showPlace({ moveFocus: true });
});
showPlace({ moveFocus: false });
refreshCredits();
setUpLetters();
await welcomeBuyer();
