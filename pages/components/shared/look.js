// What a reader chose in the parts of a page, a layer or an image, is in the URL (`look`), so that a reload, a link or a
// scene shows it again.
import { address } from "./stand_in.js";

const REST = 300; // ms without a choice
let page = "", chosen = {}, timer = 0; // {place: {name: value}} of that page
export const visits = new EventTarget(); // "look": a URL of this page that somebody went to says otherwise for some places

window.addEventListener("popstate", () => {
  const here = page === location.pathname, before = chosen;
  clearTimeout(timer);
  [page, chosen] = [location.pathname, read()];
  const other = Object.keys({ ...before, ...chosen }).filter((place) => JSON.stringify(before[place]) !== JSON.stringify(chosen[place]));
  if (here && other.length) visits.dispatchEvent(new CustomEvent("look", { detail: other }));
});

// What is chosen at a place, {name: number, truth, words or list of numbers}: as the URL has it, else as in `first`. What is
// assigned to it goes into the URL. Of a list that is empty at first any will do.
export function look(place, first) {
  const kept = Object(looks()[place]);
  const now = Object.fromEntries(Object.entries(first).map(([name, value]) => [name, alike(kept[name], value) ? kept[name] : value]));
  return new Proxy(now, {
    set(_, name, value) {
      now[name] = value;
      looks()[place] = Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(first[name])));
      clearTimeout(timer);
      timer = setTimeout(tellLooks, REST);
      return true;
    },
  });
}

// Into the URL, also where the page's script put another one there.
export function tellLooks() {
  const told = Object.entries(looks()).filter(([, values]) => Object.keys(Object(values)).length);
  address({ look: told.length ? JSON.stringify(Object.fromEntries(told)) : null });
}

// The nearest value that a slider has.
export const inside = (value, { from, to }) => Math.max(from, Math.min(to, value));

// The nearest of the places 0 to count - 1.
export const among = (place, count) => inside(Math.round(place), { from: 0, to: count - 1 });

// The place that is `by` further on, the first after the last.
export const onwards = (place, by, count) => (among(place, count) + by + count) % count;

function alike(value, first) {
  if (Array.isArray(first)) return Array.isArray(value) && (value.length === first.length || first.length === 0) && value.every(Number.isFinite);
  return typeof value === typeof first && (typeof value !== "number" || Number.isFinite(value));
}

function looks() {
  if (page !== location.pathname) [page, chosen] = [location.pathname, read()];
  return chosen;
}

function read() {
  try {
    return Object(JSON.parse(new URLSearchParams(location.search).get("look")));
  } catch {
    return {}; // somebody's own
  }
}
