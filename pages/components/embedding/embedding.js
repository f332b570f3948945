// A map of embeddings at the step in view, coloured by class or by a factor; the image under the pointer, in every map of
// the run at once.
import { toggle } from "../shared/controls.js";
import { enlarged, fit, letters, message } from "../shared/draw.js";
import { painter, pixels } from "../shared/gallery.js";
import { look } from "../shared/look.js";
import { plates } from "../shared/map.js";
import { part } from "../shared/part.js";
import { figure } from "../shared/pen.js";
import { marker } from "../shared/shapes.js";
import { box, places } from "./places.js";

const SIDE = 24, APART = 14; // of an image in place of a point, and between two of them
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NEAR = 14; // pixels from the pointer within which a point is meant
const LOW = [70, 100, 230], HIGH = [254, 232, 56]; // colours of a factor's values, safe for the colour-blind
const pointed = new WeakMap(); // RunView -> the probe image that is pointed at in one of its maps
const coloured = new WeakMap(); // RunView -> the factor that its maps are coloured by, -1: the class
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status", "point"], (parent, { data }) => {
  const { text, choices, factors } = data, kept = look(data.place, { map: choices[0], images: data.images, seed: 0, factor: -1 });
  const root = parent.querySelector(".embedding");
  root.innerHTML = `<div class="layers"></div><canvas role="img" tabindex="0"></canvas><div class="quality"></div>`;
  const canvas = root.querySelector("canvas"), bar = root.querySelector(".layers"), words = root.querySelector(".quality"), paint = painter();
  let last = null, spots = null;
  if (!choices.includes(kept.map)) [kept.map] = choices;
  bar.append(...choices.map((choice) => toggle(text[choice], choice === kept.map, () => {
    if (choice.endsWith("seed")) kept.seed += kept.map === choice; // pressed again, it goes on to the next
    kept.map = choice;
    choices.forEach((each, i) => bar.children[i].setAttribute("aria-pressed", each === choice));
    draw(...last);
  })));
  bar.append(toggle(text.images, kept.images, (on) => { kept.images = on; draw(...last); }));
  if (factors.length) bar.append(colors());
  const point = (place) => {
    const [run] = last;
    if ((pointed.get(run) ?? null) === place) return;
    pointed.set(run, place);
    run.say("point");
  };
  canvas.onpointermove = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    if (spots?.probes) point(under(spots, event.clientX - left, event.clientY - top));
  };
  canvas.onpointerleave = canvas.onblur = () => last && point(null);
  canvas.onkeydown = (event) => {
    const way = KEYS[event.key];
    if (!way || !spots?.probes) return;
    event.preventDefault();
    point(next(spots.all, pointed.get(last[0]) ?? null, way));
  };

  function colors() {
    const choice = document.createElement("select"), names = [text.class, ...factors.map(({ title }) => title)];
    choice.append(...names.map((name, i) => new Option(`${text.color}: ${name}`, i - 1)));
    choice.setAttribute("aria-label", text.color);
    choice.onchange = () => {
      const [run] = last;
      kept.factor = Number(choice.value);
      coloured.set(run, kept.factor);
      run.say("point");
    };
    return choice;
  }

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text, colors, names } = data;
    const [of, by] = kept.map.split(" "), laid = places(run, step, of, by, Math.max(0, Math.round(kept.seed))), found = laid ?? places(run, step, of, "pca");
    canvas.dataset.step = found ? found.step : "";
    Object.assign(canvas.dataset, { run: run.id, map: laid ? kept.map : `${of} pca`, points: found ? found.labels.length : 0, seed: found?.seed ?? "" });
    words.textContent = "";
    spots = null;
    if (factors[kept.factor] && !coloured.has(run)) coloured.set(run, kept.factor);
    if (!found) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const { middle, reach } = box(found.points), scale = Math.min(width, height) / 2 / reach;
    const at = (i) => [width / 2 + (found.points[2 * i] - middle[0]) * scale, height / 2 - (found.points[2 * i + 1] - middle[1]) * scale];
    const rows = Array.from(found.labels, (label, i) => [i, found.points[2 * i], found.points[2 * i + 1], label]);
    spots = { probes: found.probes, all: rows.map(([i, , , label]) => [...at(i), label]), table: rows };
    const values = found.probes ? run.arrays(step).factors : null, by_factor = values ? coloured.get(run) ?? -1 : -1;
    canvas.dataset.factor = data.factors[by_factor]?.name ?? "";
    const choice = bar.querySelector("select");
    if (choice) Object.assign(choice, { value: String(by_factor), disabled: !values });
    const place = found.probes ? pointed.get(run) ?? null : null, images = run.arrays(step).probe_images;
    if (kept.images && found.probes && images) drawImages(context, spots.all.slice(0, images.shape[0]), images, paint);
    else if (by_factor >= 0) {
      const factor = data.factors[by_factor], [, count] = values.shape;
      drawPoints(context, spots.all, (i) => shade(factor, values.data[by_factor * count + i]));
      drawKey(context, factor, height);
    } else {
      const dot = marker(context, colors, found.probes ? 3 : 2.2, 0);
      for (const [x, y, label] of spots.all.toSorted((a, b) => a[2] - b[2])) dot(x, y, label);
      drawNames(context, spots.all, colors, names, [width, height]);
    }
    if (place !== null && images && place < images.shape[0]) drawCard(context, spots.all[place], pixels(images, place), images.shape.slice(1), paint, width, height);
    const said = text.step.replace("{step}", number.format(found.step)).replace("{count}", number.format(found.labels.length));
    const quality = found.quality && text.quality.replace("{trust}", figure(found.quality[0], 3)).replace("{keep}", figure(found.quality[1], 3));
    words.textContent = [found.seed ? text.seed.replace("{seed}", found.seed) : said, laid ? quality : text.coming].filter(Boolean).join(" · ");
    canvas.dataset.pointed = place ?? "";
    canvas.setAttribute("aria-label", `${data.text.alt} ${words.textContent}`);
  };
  const table = () => spots && { columns: ["index", "x", "y", "label"], rows: spots.table };
  return { draw, table, moves: true };
});

// The point nearest to a place, if it is near.
function under({ all }, x, y) {
  let best = null, least = NEAR ** 2;
  all.forEach(([px, py], i) => {
    const square = (px - x) ** 2 + (py - y) ** 2;
    if (square < least) [best, least] = [i, square];
  });
  return best;
}

// From a point, the nearest that lies more in that direction than aside of it, or the same if there is none; from none, the first.
function next(all, from, [right, down]) {
  if (from === null) return 0;
  const [x0, y0] = all[from], here = { i: from, far: Infinity };
  return all.reduce((best, [x, y], i) => {
    const along = (x - x0) * right + (y - y0) * down, aside = Math.abs((x - x0) * down) + Math.abs((y - y0) * right);
    const far = along > aside && along > 1 ? along + aside : Infinity;
    return far < best.far ? { i, far } : best;
  }, here).i;
}

function drawPoints(context, spots, color) {
  spots.forEach(([x, y], i) => {
    context.fillStyle = color(i);
    context.beginPath();
    context.arc(x, y, 3.5, 0, 2 * Math.PI);
    context.fill();
  });
}

// The colour of a factor's value: hue as it is, others from dark to light.
function shade({ name, low, high }, value) {
  const share = Math.max(0, Math.min(1, (value - low) / (high - low)));
  return name === "hue" ? `hsl(${360 * share} 100% 60%)` : `rgb(${[0, 1, 2].map((i) => LOW[i] + (HIGH[i] - LOW[i]) * share).join(" ")})`;
}

// What the colours of a factor mean.
function drawKey(context, { name, title, low, high }, height) {
  const width = 120 * enlarged(), line = 20 * enlarged();
  context.fillStyle = "#000b";
  context.fillRect(4, height - 2 * line, 1.5 * width, 2 * line);
  for (let x = 0; x < width; x++) {
    context.fillStyle = shade({ name, low: 0, high: width }, x);
    context.fillRect(10 + x, height - 14, 1.5, 8);
  }
  Object.assign(context, { fillStyle: "#fff", font: letters(context, "600 14px"), textAlign: "left", textBaseline: "alphabetic" });
  context.fillText(`${title}: ${figure(low, 2)} – ${figure(high, 2)}`, 10, height - line);
}

// Images in place of points, as many as there is room for.
function drawImages(context, spots, images, paint) {
  const shown = [], [, ...shape] = images.shape;
  context.globalCompositeOperation = "lighten"; // black corners hide nothing
  spots.forEach(([x, y], i) => {
    if (shown.some(([px, py]) => Math.max(Math.abs(px - x), Math.abs(py - y)) < APART)) return;
    shown.push([x, y]);
    paint(context, pixels(images, i), shape, x - SIDE / 2, y - SIDE / 2, SIDE, SIDE);
  });
  context.globalCompositeOperation = "source-over";
}

// Each class's name and shape above the middle of its points, which it shall not hide.
function drawNames(context, spots, colors, names, size) {
  const quantile = (values, share) => values.sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];
  const found = names.flatMap((_, label) => {
    const mine = spots.filter((spot) => spot[2] === label);
    return mine.length ? [{ label, x: quantile(mine.map(([x]) => x), 0.5), y: quantile(mine.map(([, y]) => y), 0.1) - 15 }] : [];
  });
  plates(context, found, size, colors, names);
}

// The image of a point beside it, and a ring around the point.
function drawCard(context, [x, y], image, shape, paint, width, height) {
  const side = 84, left = x + 14 + side > width ? x - 14 - side : x + 14, top = Math.max(2, Math.min(height - side - 2, y - side / 2));
  Object.assign(context, { strokeStyle: "#fff", lineWidth: 2.5 });
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  context.stroke();
  paint(context, image, shape, left, top, side, side);
  context.strokeRect(left, top, side, side);
}
