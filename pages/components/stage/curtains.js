// Predict, then reveal: covered panels show their question, until clicked. Streamlit owns the panels; what is put on them
// is an attribute, which pages/on_stage.css draws as a curtain, and is put on again when a panel is made anew.
const TITLES = ".stMainBlockContainer .stColumn h3";
const PANEL = "[data-testid=stVerticalBlock]";
const ATTRIBUTES = ["data-curtain", "data-hint", "role", "tabindex", "aria-label"];

let covered = [], hint = "", asked = 0; // titles or places of panels
let changed = () => {};

const panels = () => [...document.querySelectorAll(TITLES)].map((node, place) => ({ title: node.textContent, place, node: node.closest(PANEL) }));
const isCovered = ({ title, place }) => covered.includes(title) || covered.includes(place);

// Cover these, and no others; `what` are titles, or places in the order of the page.
export function cover(what, words = hint) {
  [covered, hint] = [what, words];
  drape();
}

export const coveredPlaces = () => (covered.length ? panels().filter(isCovered).map(({ place }) => place) : []);
export const coveredTitles = () => (covered.length ? [...new Set(panels().filter(isCovered).map(({ title }) => title))] : []);

// Cover all panels, or none where some are covered.
export function coverAll(words) {
  cover(coveredPlaces().length ? [] : panels().map(({ title }) => title), words);
  changed();
}

// Lift the first curtain; whether there was one.
export function liftNext() {
  const first = panels().find(isCovered);
  if (first) lift(first);
  return Boolean(first);
}

function lift({ title, place }) {
  covered = covered.filter((given) => given !== title && given !== place);
  drape();
  changed();
}

// A node that was a panel may be something else by now: React uses it again.
function drape() {
  const shut = panels().filter(isCovered), nodes = new Set(shut.map(({ node }) => node));
  for (const node of document.querySelectorAll("[data-curtain]")) {
    if (!nodes.has(node)) ATTRIBUTES.forEach((name) => node.removeAttribute(name));
  }
  for (const { node, title } of shut) {
    if (node.dataset.curtain === title) continue;
    [title, hint, "button", "0", `${title} ${hint}`].forEach((value, i) => node.setAttribute(ATTRIBUTES[i], value));
  }
}

// Listen once; `told` is called when a curtain went up here, or another panel came.
export function hang(told) {
  changed = told;
  const touched = (event) => {
    const node = event.target.closest?.("[data-curtain]");
    if (!node || (event.key && !["Enter", " "].includes(event.key))) return;
    [event.preventDefault(), event.stopPropagation()];
    const found = panels().find((panel) => panel.node === node);
    if (found) lift(found);
  };
  for (const type of ["click", "keydown"]) document.addEventListener(type, touched, true);
  new MutationObserver(() => {
    if (covered.length) asked ||= requestAnimationFrame(() => { asked = 0; drape(); changed(); });
  }).observe(document.body, { childList: true, subtree: true });
}
