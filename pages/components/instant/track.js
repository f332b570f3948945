// A slider whose stops are evenly apart, whatever their values: words, or numbers that one may also ask between.
const SNAP = 0.08; // of the way between two stops
const FINE = 0.1;
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

// A track in `root`; `moved()` is called when its user moves it.
export function track(root, moved) {
  const input = Object.assign(document.createElement("input"), { type: "range", min: 0, step: "any" });
  let stops = [], whole = false, name = "";
  const place = () => input.valueAsNumber, nearest = () => Math.round(place()), between = () => stops[0].value !== null;
  input.oninput = () => {
    if (!between() || Math.abs(place() - nearest()) < SNAP) input.value = nearest();
    moved();
  };
  input.onkeydown = (event) => {
    const way = KEYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const fine = event.shiftKey && between(), on = way > 0 ? Math.floor(place() + 1e-6) + 1 : Math.ceil(place() - 1e-6) - 1;
    input.value = fine ? Math.round((place() + way * FINE) / FINE) * FINE : on;
    moved();
  };

  // The value that is asked for: of two digits, or whole, where it is between two stops.
  const value = () => {
    const low = Math.floor(place()), high = Math.min(low + 1, stops.length - 1), share = place() - low;
    if (!between() || share < 1e-6) return stops[low].value ?? stops[nearest()].label;
    const raw = stops[low].value + share * (stops[high].value - stops[low].value);
    return whole ? Math.round(raw) : Number(raw.toPrecision(2));
  };
  const known = () => stops.find((stop) => stop.value === value());
  const exact = () => !between() || known() !== undefined;

  return {
    nearest, value, exact, place,
    words: () => (between() ? known()?.label ?? `${value()}` : stops[nearest()].label),
    go: (place) => { input.value = place; },
    show(next, ofWholeNumbers, words, text) {
      [stops, whole, name] = [next, ofWholeNumbers, words];
      root.style.setProperty("--thumb", `${Math.max(5, ...stops.map(({ label }) => label.length + 2))}ch`);
      input.max = stops.length - 1;
      input.title = text.keys;
      input.setAttribute("aria-label", text.name);
      const at = (i) => `calc(var(--thumb) / 2 + ${i / Math.max(1, stops.length - 1)} * (100% - var(--thumb)))`;
      const labels = stops.map(({ label }, i) => Object.assign(document.createElement("span"), { textContent: label, style: `left: ${at(i)}` }));
      if (input.parentNode !== root) root.append(input);
      root.querySelectorAll("span").forEach((label) => label.remove());
      root.prepend(...labels);
    },
    // Which stop is shown, and what is to be said of it.
    mark(shown, said) {
      root.querySelectorAll("span").forEach((label, i) => label.classList.toggle("shown", i === shown));
      input.setAttribute("aria-valuetext", `${name} ${said}`);
    },
    // Where `asked` is, if it is a number that has the stop at `place` as its nearest; else that place.
    near(place, asked) {
      const high = stops.findIndex((stop) => stop.value >= asked);
      if (!between() || high < 1 || !Number.isFinite(asked)) return place;
      const low = stops[high - 1].value, found = high - 1 + (asked - low) / (stops[high].value - low);
      return Math.round(found) === place ? found : place;
    },
  };
}
