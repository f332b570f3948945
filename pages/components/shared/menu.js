// A small menu behind one button: "⋯" in the corner of a panel, or in the run bar.

// Each part's style sheet is its own; what parts share brings its styles along.
const STYLE = `
  .repz_menu > button { display: var(--repz-chrome, inline-block); font: 700 1rem/1 var(--st-font, sans-serif); width: 1.75rem; height: 1.75rem; padding: 0; cursor: pointer;
    color: var(--st-text-color); background: none; border: 1px solid transparent; border-radius: 6px; opacity: 0.7; }
  .repz_menu > button:hover, .repz_menu > button:focus-visible, .repz_menu > button[aria-expanded="true"] { opacity: 1; border-color: var(--st-primary-color); }
  .repz_menu > button:focus-visible { outline: 2px solid var(--st-primary-color); }
  .repz_menu [role="menu"] { position: fixed; inset: auto; margin: 0; padding: 0.3rem; border: 1px solid var(--st-border-color); border-radius: 8px;
    color: var(--st-text-color); background: var(--st-background-color); box-shadow: 0 4px 16px #0004; font: 1rem var(--st-font, sans-serif); }
  .repz_menu [role="menuitem"] { display: block; width: 100%; padding: 0.3rem 0.8rem; border: 0; border-radius: 5px; cursor: pointer;
    font: inherit; text-align: left; white-space: nowrap; color: inherit; background: none; }
  .repz_menu [role="menuitem"]:hover, .repz_menu [role="menuitem"]:focus-visible { background: var(--st-secondary-background-color); outline: 2px solid var(--st-primary-color); }`;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

// A button called `name` whose menu has what `items()` gives when it opens: [{name, act}]. Enter, space and a click open
// it, arrows move in it, Escape and a click elsewhere close it. While an item's `act` is under way the button is busy.
export function menu(name, items) {
  const root = document.createElement("span"), style = document.createElement("style");
  root.className = "repz_menu";
  root.innerHTML = `<button type="button" aria-haspopup="menu" aria-expanded="false">⋯</button><div role="menu" popover="auto"></div>`;
  style.textContent = STYLE;
  root.prepend(style);
  const button = root.querySelector("button"), list = root.querySelector("[role=menu]");
  for (const node of [button, list]) node.setAttribute("aria-label", name);
  button.title = name;
  button.popoverTargetElement = list; // the browser opens and closes it, and gives the focus back
  list.onbeforetoggle = ({ newState }) => {
    if (newState === "open") list.replaceChildren(...items().map((item) => entry(item, button, list)));
  };
  list.ontoggle = ({ newState }) => {
    const open = newState === "open";
    button.setAttribute("aria-expanded", open);
    if (!open) return;
    place(list, button.getBoundingClientRect());
    list.firstElementChild.focus();
  };
  list.onkeydown = (event) => {
    event.stopPropagation(); // the page has keys of its own
    const all = [...list.children], here = all.indexOf(root.getRootNode().activeElement), { key } = event;
    const to = { Home: 0, End: all.length - 1 }[key] ?? (here + STEPS[key] + all.length) % all.length;
    if (key === "Tab") list.hidePopover();
    if (Number.isNaN(to)) return;
    event.preventDefault();
    all[to].focus();
  };
  return root;
}

function entry({ name, act }, button, list) {
  const item = Object.assign(document.createElement("button"), { type: "button", textContent: name, tabIndex: -1 });
  item.setAttribute("role", "menuitem");
  item.onclick = async () => {
    list.hidePopover();
    button.setAttribute("aria-busy", true);
    button.textContent = "…";
    try { await act(); } finally {
      button.removeAttribute("aria-busy");
      button.textContent = "⋯";
    }
  };
  return item;
}

// Below the button, its right edge under the button's; above it where there is no room below.
function place(list, { right, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = list, below = bottom + height + 4 <= innerHeight;
  Object.assign(list.style, { left: `${Math.max(4, right - width)}px`, top: `${below ? bottom + 2 : Math.max(4, top - height - 2)}px` });
}
