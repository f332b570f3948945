// A lecture: scenes in an order, each a URL and what else makes it. Who presents goes from one to the next by one key; to
// look around meanwhile does not lose the place.
import { cover, liftNext } from "./curtains.js";
import { enterStage } from "./modes.js";
import { showNotes } from "./notes.js";

const PATIENCE = 3000; // ms; a script that was under way when a scene was asked for may put its own URL back

let prompt = null; // the scene reached last, as the page's script tells it
let goal = 0; // the place of the scene that was asked for last
let asked = { place: 0, until: 0, tries: 0 }; // by a key, lately
let due = false; // it has been reached, and its time not been set yet
let away = true; // the page is of no scene

// Go to a URL of the lab as a link does, by one rerun of the page's script.
export function open(url) {
  history.pushState(null, "", url);
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
  document.querySelector(".stMain")?.scrollTo(0, 0);
}

// The page's script has run. A scene that is reached is set up once: what its viewer then moves stays moved.
export function reached(next, text) {
  if (next?.name === prompt?.name && next?.place !== asked.place && performance.now() < asked.until && asked.tries-- > 0) {
    open(prompt.urls[asked.place - 1]);
    return false;
  }
  const was = away || !next || prompt.name !== next.name || prompt.place !== next.place;
  away = !next;
  if (away || !was) return false;
  [prompt, goal, due] = [next, next.place, true];
  enterStage(next.stage);
  cover(next.covered, text.reveal);
  showNotes(prompt, text);
  return true;
}

// The run in view is there: the scene's step.
export function setTime(view) {
  if (due && view) view.join(prompt.step);
  due = false;
}

export const notes = (text, keys) => showNotes(prompt, text, keys);

// The next curtain, or else the next scene; the scene before. Whether there was one.
export const forward = () => liftNext() || go(goal + 1);
export const back = () => go(goal - 1);

function go(place) {
  const url = prompt?.urls[place - 1];
  if (!url) return false;
  goal = place;
  asked = { place, until: performance.now() + PATIENCE, tries: 2 };
  open(url);
  return true;
}

// Links within a page that lead to another of the lab's pages need no new page load.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".stMainBlockContainer a[href^='/']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  [event.preventDefault(), event.stopPropagation()];
  open(link.getAttribute("href"));
}, true);
