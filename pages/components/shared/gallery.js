// Test images to choose from, and images decoded in the browser. Parts show them with one polarity, pixel by pixel.
import { contactSheet, enlarged } from "./draw.js";

// Each part's style sheet is its own; what parts share brings its styles along.
const STYLE = `
  .picker { display: grid; grid-template-columns: repeat(var(--columns), var(--side)); gap: 3px; align-content: start; }
  .picker[hidden] { display: none; }
  .picker button { position: relative; width: var(--side); height: var(--side); padding: 0; border: 0; border-radius: 3px; cursor: pointer;
    background: #000 center / contain no-repeat; image-rendering: pixelated; }
  .picker button:hover { opacity: 0.75; }
  .picker button[data-mark] { box-shadow: inset 0 0 0 3px var(--mark); }
  .picker button[data-mark]::after { content: attr(data-mark); position: absolute; top: 0; left: 0; padding: 0 0.3em;
    font: 700 14px/1.25 var(--st-font, sans-serif); border-radius: 3px 0; background: var(--mark); color: var(--on-mark, #fff); }
  .picker button:focus-visible { outline: 3px solid var(--st-text-color); outline-offset: 1px; z-index: 1; }`;

// A list box of images in `parent`, `columns` a row; `choose(i)` is called for a click, Enter or Space, arrow keys move.
export function picker(parent, columns, choose) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const style = document.createElement("style"), box = document.createElement("div"), sheet = document.createElement("canvas");
  style.textContent = STYLE;
  box.className = "picker";
  box.setAttribute("role", "listbox");
  box.hidden = true; // until it has a name, and images to choose from
  box.style.setProperty("--columns", columns);
  parent.append(style, box);
  let here = 0, shown = null, said = "";
  const focus = (i) => {
    box.children[here].tabIndex = -1;
    here = Math.max(0, Math.min(box.children.length - 1, i));
    box.children[here].tabIndex = 0;
    box.children[here].focus();
  };
  box.onkeydown = (event) => {
    const to = { Home: 0, End: box.children.length - 1 }[event.key] ?? here + steps[event.key];
    if (Number.isNaN(to)) return;
    event.preventDefault();
    focus(to);
  };
  box.onclick = ({ target }) => {
    const i = [...box.children].indexOf(target);
    if (i < 0) return;
    focus(i);
    choose(i);
  };
  const option = (images, i) => {
    const button = document.createElement("button"), size = images.data.length / images.shape[0];
    const one = { shape: [1, ...images.shape.slice(1)], data: images.data.subarray(i * size, (i + 1) * size) };
    button.setAttribute("role", "option");
    button.tabIndex = i === here ? 0 : -1;
    button.style.backgroundImage = `url(${contactSheet(one, 1, 0, sheet).toDataURL()})`;
    return button;
  };
  return {
    // `images` (M, C, H, W), uint8; `marks` {index: {name, color, ink}} of those chosen; `label` and `name` for readers.
    show(images, marks, label, name) {
      const words = JSON.stringify([marks, label, name]);
      if (shown?.data === images.data && said === words) return; // asked in each frame of a drag
      said = words;
      if (shown?.data !== images.data) {
        here = Math.min(here, images.shape[0] - 1);
        box.replaceChildren(...Array.from({ length: images.shape[0] }, (_, i) => option(images, i)));
        shown = images;
      }
      box.setAttribute("aria-label", label);
      box.hidden = false;
      [...box.children].forEach((button, i) => {
        const mark = marks[i];
        button.setAttribute("aria-selected", Boolean(mark));
        button.setAttribute("aria-label", [name.replace("{number}", i + 1), mark?.name].filter(Boolean).join(", "));
        if (!mark) return button.removeAttribute("data-mark");
        button.dataset.mark = mark.name;
        button.style.setProperty("--mark", mark.color);
        button.style.setProperty("--on-mark", mark.ink);
      });
    },
  };
}

// The i-th of `images` (M, C, H, W), uint8, as a net takes it: in [0, 1].
export function pixels({ shape: [count], data }, i) {
  const size = data.length / count;
  return Float32Array.from(data.subarray(i * size, (i + 1) * size), (value) => value / 255);
}

// Shades in [0, 1] as bytes; a loop, which takes a tenth of what `from` takes.
export function bytes(values) {
  const found = new Uint8ClampedArray(values.length);
  for (let i = 0; i < found.length; i++) found[i] = 255 * values[i];
  return found;
}

// Draws flat images in [0, 1] of `shape` [channels, height, width]: draw(context, pixels, x, y, width, height).
export function painter() {
  const sheet = document.createElement("canvas");
  return (context, values, shape, x, y, width, height) => {
    context.drawImage(contactSheet({ shape: [1, ...shape], data: bytes(values) }, 1, 0, sheet), x, y, width, height);
  };
}

// One unit of text for a canvas of this width: readable from the last row, and not larger than it needs be.
export const textSize = (width) => Math.round(Math.max(15 * enlarged(), Math.min(22 * enlarged(), width / 45)));
