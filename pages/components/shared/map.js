// Drawing on a map of codes: points by class with the classes' names, posteriors, the prior, axes. Legible on any picture.
import { enlarged, letters } from "./draw.js";
import { marker } from "./shapes.js";

const RADIUS = 3.5;
const TALL = 22; // of a plate with a class's name
const SIGN = 4; // radius of a class's shape on it
const EDGE = 26; // no ticks in the corners, where the axes have their names
const GAPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]; // between two ticks

// Of the i-th dimension: z with its number below.
export const axisName = (i) => `z${subscript(i + 1)}`;

const subscript = (number) => [...`${number}`].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");

// One standard deviation of a posterior.
export function ellipse(context, [x, y, sx, sy], place, scale, color) {
  context.beginPath();
  context.ellipse(place(0, x), place(1, y), Math.max(0.5, sx * scale), Math.max(0.5, sy * scale), 0, 0, 2 * Math.PI);
  context.strokeStyle = color;
  context.globalAlpha = 0.75;
  context.stroke();
  context.globalAlpha = 1;
}

// Where the prior's density is as at one and at two standard deviations on an axis: circles, or a Laplace law's diamonds.
export function rings(context, place, prior, dims) {
  Object.assign(context, { strokeStyle: "#fff", lineWidth: 2 });
  context.setLineDash([6, 5]);
  for (const radius of [1, 2]) {
    context.beginPath();
    if (dims === 1) [-radius, radius].forEach((x) => { context.moveTo(place(0, x), 0); context.lineTo(place(0, x), 2 * place(1, 0)); });
    else if (prior === "normal") context.arc(place(0, 0), place(1, 0), place(0, radius) - place(0, 0), 0, 2 * Math.PI);
    else [[radius, 0], [0, radius], [-radius, 0], [0, -radius], [radius, 0]].forEach(([x, y]) => context.lineTo(place(0, x), place(1, y)));
    context.stroke();
  }
  context.setLineDash([]);
  context.lineWidth = 1;
}

// dot(x, y, label): a code, in the shape and colour of its class.
export const dots = (context, colors) => marker(context, colors, RADIUS);

// The classes' names over their points: at each median, which a few strays do not move.
export function badges(context, points, place, side, colors, names) {
  const median = (cloud, i) => cloud.map((point) => point[i]).sort((a, b) => a - b)[Math.floor(cloud.length / 2)];
  const spots = points.flatMap((cloud, label) => (cloud.length ? [{ label, x: place(0, median(cloud, 0)), y: place(1, median(cloud, 1)) }] : []));
  plates(context, spots, [side, side], colors, names);
}

// Plates with classes' names and shapes, their middles at `spots` {label, x, y}; those that would overlap are pushed apart,
// and a line leads from one that was pushed far to where it belongs.
export function plates(context, spots, [width, height], colors, names) {
  if (names.length < 2) return; // of images without labels there is nothing to tell apart
  const tall = TALL * enlarged(), sign = SIGN * enlarged();
  Object.assign(context, { font: letters(context, "700 17px"), textAlign: "left", textBaseline: "middle", lineWidth: 2 });
  const inside = (value, side, size) => Math.max(size / 2 + 2, Math.min(side - size / 2 - 2, value));
  const put = (spot, x, y) => Object.assign(spot, { x: inside(x, width, spot.wide), y: inside(y, height, tall) });
  const all = spots.map((spot) => ({ ...spot, wide: context.measureText(names[spot.label]).width + 6 * sign }));
  for (const spot of all) { put(spot, spot.x, spot.y); spot.home = [spot.x, spot.y]; }
  for (let round = 0; round < 20; round++) {
    for (const a of all) for (const b of all) {
      const wide = (a.wide + b.wide) / 2, dx = (b.x - a.x) / wide, dy = (b.y - a.y) / tall, distance = Math.hypot(dx, dy), push = (1.1 - distance) / 2;
      if (a.label >= b.label || push <= 0) continue;
      const [ux, uy] = distance > 0 ? [(wide * dx) / distance, (tall * dy) / distance] : [0, tall];
      put(a, a.x - push * ux, a.y - push * uy);
      put(b, b.x + push * ux, b.y + push * uy);
    }
  }
  for (const spot of all) plate(context, spot, tall, sign, colors, names[spot.label]);
}

function plate(context, { label, x, y, wide, home }, tall, sign, colors, name) {
  const left = x - wide / 2;
  Object.assign(context, { fillStyle: "#000c", strokeStyle: colors[label], lineWidth: 2 });
  if (Math.hypot(x - home[0], y - home[1]) > 14) {
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...home);
    context.stroke();
  }
  context.beginPath();
  context.roundRect(left, y - tall / 2, wide, tall, tall / 2);
  context.fill();
  context.stroke();
  Object.assign(context, { lineWidth: 1, fillStyle: "#fff" });
  context.fillText(name, left + 4 * sign, y + 1);
  marker(context, colors, sign, 0)(left + 2.1 * sign, y, label);
}

// Both axes through zero over [low, high], with ticks and with their `names`; of one dimension, the one across.
export function axes(context, place, side, [low, high], dims, names) {
  context.strokeStyle = "#fff6";
  context.beginPath();
  context.moveTo(place(0, 0), 0);
  context.lineTo(place(0, 0), side);
  if (dims > 1) {
    context.moveTo(0, place(1, 0));
    context.lineTo(side, place(1, 0));
  }
  context.stroke();
  context.font = letters(context, "600 14px");
  context.textBaseline = "alphabetic";
  const size = enlarged(), edge = EDGE * size, every = GAPS.find((gap) => (high - low) / gap < 10 / size) ?? 1000;
  for (let count = Math.ceil(low / every); count * every <= high; count++) {
    const tick = Number((count * every).toPrecision(6)), across = place(0, tick), down = place(1, tick);
    if (across > edge && across < side - edge) outlined(context, tick, across, side - 5, "center");
    if (dims > 1 && down > edge && down < side - edge) outlined(context, tick, 4, down + 5 * size, "left");
  }
  outlined(context, names[0], side - 4, side - 5, "right");
  if (dims > 1) outlined(context, names[1], 4, 15 * size, "left");
}

export function outlined(context, text, x, y, align) {
  Object.assign(context, { textAlign: align, lineWidth: 3, strokeStyle: "#000c", fillStyle: "#fff" });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
  context.lineWidth = 1;
}
