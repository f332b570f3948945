// Maps of the same test images, one a family: points chosen in one, by a line around them, by their class or by a ring that
// keys move, stand out in all, and their images are shown below.
import { compared } from "../shared/compared.js";
import { toggle } from "../shared/controls.js";
import { contactSheet, fit, letters, message } from "../shared/draw.js";
import { look } from "../shared/look.js";
import { marker } from "../shared/shapes.js";
import { lasso, ring, within } from "./lasso.js";

const NEAR = 6; // pixels of a path that is but a click
const RADIUS = 2.6, CHOSEN = 4;
const REACH = 0.995; // share of the points that a map holds, along each axis; strays stick to its edge
const SIDE = 38; // of a chosen image

export default compared((parent, data, again) => {
  const root = parent.querySelector(".maps"), names = data.names;
  root.innerHTML = `<div class="bar" role="group"></div><div class="grid watched"></div><div class="said" role="status"></div><canvas class="images" role="img"></canvas>`;
  const find = (selector) => root.querySelector(selector), sheet = document.createElement("canvas");
  const kept = look(data.place, { chosen: "" });
  let chosen = new Set(), known = null;
  const buttons = names.map((name, label) => toggle(name, false, (on) => choose([...known.labels.data.keys()].filter((i) => (known.labels.data[i] === label ? on : chosen.has(i))))));
  buttons.forEach((button, label) => button.style.setProperty("--class", data.colors[label]));
  const clear = Object.assign(document.createElement("button"), { textContent: data.text.clear, onclick: () => choose([]) });
  find(".bar").setAttribute("aria-label", data.text.choose);
  find(".bar").append(Object.assign(document.createElement("span"), { textContent: data.text.choose }), ...buttons, clear);
  root.onkeydown = (event) => { if (event.key === "Escape") choose([]); };
  const choose = (places) => {
    if (!known) return;
    chosen = new Set(places);
    kept.chosen = packed(chosen, known.labels.data.length);
    again();
  };
  const maps = data.maps.map(({ name, array }) => {
    const box = document.createElement("figure"), canvas = document.createElement("canvas");
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${data.text.alt} ${name}. ${data.text.keys}`);
    canvas.tabIndex = 0;
    box.append(Object.assign(document.createElement("figcaption"), { textContent: name }), canvas);
    find(".grid").append(box);
    const map = { array, canvas, path: null, spots: [] };
    const held = (path) => map.spots.flatMap(([x, y], i) => (within(path, x, y) ? [i] : []));
    ring(canvas, (path) => { map.path = path; path ? choose(held(path)) : again(); });
    lasso(canvas, (path) => { map.path = path; again(); }, (path) => {
      map.path = null;
      const [xs, ys] = [0, 1].map((i) => path.map((place) => place[i])), wide = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
      choose(wide < NEAR ? [] : held(path));
    });
    return map;
  });
  const draw = (arrays, { comparison, colors, text }) => {
    if (!known && arrays) chosen = new Set(unpacked(kept.chosen, arrays.labels.data.length));
    known = arrays;
    for (const button of [...buttons, clear]) button.disabled = !arrays;
    for (const map of maps) one(map, arrays, chosen, comparison, colors, names, text);
    const labels = arrays ? [...arrays.labels.data] : [], among = names.map((_, label) => [...chosen].filter((i) => labels[i] === label).length);
    const all = names.map((_, label) => labels.filter((other) => other === label).length);
    buttons.forEach((button, label) => button.setAttribute("aria-pressed", all[label] > 0 && among[label] === all[label]));
    clear.disabled = chosen.size === 0;
    const parts = names.map((name, label) => [among[label], name]).filter(([count]) => count).sort(([a], [b]) => b - a).map(([count, name]) => `${name}: ${count}`);
    find(".said").textContent = chosen.size ? `${text.chosen.replace("{count}", chosen.size).replace("{total}", labels.length)} · ${parts.join(", ")}` : text.hint;
    root.dataset.chosen = chosen.size;
    pictures(find(".images"), arrays, chosen, sheet, text);
  };
  const table = ({ labels, ...arrays }) => ({
    columns: ["index", "label", "chosen", ...maps.flatMap(({ array }) => [`${array} x`, `${array} y`])],
    rows: Array.from(labels.data, (label, i) => [i, label, Number(chosen.has(i)), ...maps.flatMap(({ array }) => [...arrays[array].data.subarray(2 * i, 2 * i + 2)])]),
  });
  return { draw, table };
});

// Some of `count` places, a hexadecimal digit for four of them; none as no digits.
const packed = (chosen, count) => (chosen.size === 0 ? "" : Array.from({ length: Math.ceil(count / 4) }, (_, i) =>
  [0, 1, 2, 3].reduce((digit, bit) => digit + (chosen.has(4 * i + bit) << bit), 0).toString(16)).join(""));

const unpacked = (digits, count) => Array.from({ length: count }, (_, i) => i).filter((i) => (parseInt(digits[i >> 2], 16) >> (i & 3)) & 1);

// One map: all points by class, those not chosen faint where some are, and the line that is being drawn.
function one(map, arrays, chosen, comparison, colors, names, text) {
  const { context, width, height } = fit(map.canvas), found = arrays?.[map.array];
  Object.assign(map.canvas.dataset, { run: comparison, map: map.array, chosen: chosen.size });
  if (!found) return message(context, text.waiting, width, height);
  const labels = arrays.labels.data, [left, right] = range(found.data, 0), [low, top] = range(found.data, 1), edge = 8;
  const scale = Math.min((width - 2 * edge) / (right - left), (height - 2 * edge) / (top - low));
  const held = (value, most) => Math.max(3, Math.min(most - 3, value));
  map.spots = Array.from(labels, (_, i) => [
    held(width / 2 + (found.data[2 * i] - (left + right) / 2) * scale, width), held(height / 2 - (found.data[2 * i + 1] - (low + top) / 2) * scale, height)]);
  const dots = (places, mark) => { for (const i of places) mark(...map.spots[i], labels[i] % colors.length); };
  context.globalAlpha = chosen.size ? 0.22 : 1;
  dots(labels.keys(), marker(context, colors, RADIUS, 0));
  context.globalAlpha = 1;
  dots(chosen, marker(context, colors, CHOSEN));
  if (!chosen.size) titles(context, map.spots, labels, colors, names);
  if (!map.path) return;
  context.beginPath();
  map.path.forEach((place) => context.lineTo(...place));
  context.setLineDash([5, 4]);
  Object.assign(context, { strokeStyle: "#fff", lineWidth: 2 });
  context.stroke();
  context.setLineDash([]);
}

// From where to where nearly all values of an axis lie.
function range(data, axis) {
  const values = Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + axis]).sort((a, b) => a - b), last = values.length - 1;
  const [low, high] = [values[Math.floor((1 - REACH) * last)], values[Math.ceil(REACH * last)]];
  return high > low ? [low, high] : [low - 1, low + 1];
}

// Each class's name at the median of its points.
function titles(context, spots, labels, colors, names) {
  context.font = letters(context, "700 15px");
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineWidth: 4 });
  names.forEach((name, label) => {
    const mine = spots.filter((_, i) => labels[i] === label);
    if (!mine.length) return;
    const [x, y] = [0, 1].map((axis) => mine.map((spot) => spot[axis]).sort((a, b) => a - b)[Math.floor(mine.length / 2)]);
    Object.assign(context, { strokeStyle: "#000d", fillStyle: colors[label % colors.length] });
    context.strokeText(name, x, y);
    context.fillText(name, x, y);
  });
}

// The first of the chosen images, as many as there is room for.
function pictures(canvas, arrays, chosen, sheet, text) {
  const { context, width } = fit(canvas), count = Math.min(chosen.size, Math.floor(width / SIDE));
  canvas.setAttribute("aria-label", text.images);
  canvas.dataset.images = arrays ? count : 0;
  if (!arrays || !count) return;
  const { shape: [, ...shape], data } = arrays.points, size = shape.reduce((product, side) => product * side), picked = new Uint8Array(count * size);
  [...chosen].slice(0, count).forEach((place, i) => picked.set(data.subarray(place * size, (place + 1) * size), i * size));
  contactSheet({ shape: [count, ...shape], data: picked }, count, 1, sheet);
  context.drawImage(sheet, 0, 0, count * SIDE, SIDE);
}
