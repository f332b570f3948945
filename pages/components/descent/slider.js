// A slider with its name and value, even or over orders of magnitude. What parts share brings its styles along.

const STYLE = `
  .named { display: flex; align-items: center; gap: 0.7rem; flex: 1; min-width: 0; }
  .named span { font-weight: 700; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .named input { flex: 1; min-width: 3rem; accent-color: var(--st-primary-color); cursor: pointer; }`;

// Two digits. What is shown of a value that a hand chose is what it is.
export const short = (value) => `${Number(value.toPrecision(2))}`;

// `limits` {from, to, log, whole, value}; `changed()` is called as it moves. Its `value` can be set, too; `span` shows it.
export function slider(parent, name, { from, to, log = false, whole = false, value: start }, changed) {
  const style = document.createElement("style"), label = document.createElement("label");
  const tidy = log ? short : (v) => `${Number(v.toFixed(whole ? 0 : 2))}`, [forth, back] = log ? [Math.log10, (v) => 10 ** v] : [Number, Number];
  style.textContent = STYLE;
  label.className = "named";
  label.innerHTML = `<span></span><input type="range" step="any">`;
  const [span, input] = label.children;
  Object.assign(input, { min: forth(from), max: forth(to) });
  input.setAttribute("aria-label", name);
  span.style.minWidth = `${name.length + 6}ch`; // so that the slider stays as its value gets longer
  let value = start;
  const say = () => {
    input.value = forth(value);
    span.textContent = `${name} = ${tidy(value)}`;
    input.setAttribute("aria-valuetext", tidy(value));
  };
  input.oninput = () => {
    value = Number(tidy(back(Number(input.value))));
    say();
    changed();
  };
  input.onkeydown = (event) => { // of a slider without steps the browser's own would be too long
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    input.value = forth(value) + way * (whole ? 1 : (forth(to) - forth(from)) / 100);
    input.oninput();
  };
  say();
  parent.append(style, label);
  return { get value() { return value; }, set value(given) { value = given; say(); } };
}
