// Drawing on a map of codes: points by class with the classes' names, posteriors, the prior, axes. Legible on any picture.
import { enlarged, letters } from "./draw.js";

const RADIUS = 3.5;
const APART = 27; // between the centres of two badges
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

export function dot(context, x, y, color) {
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.strokeStyle = "#0008";
  context.fill();
  context.stroke();
}

// The classes' names over their points.
export function badges(context, points, place, side, colors, names) {
  spotsOf(points, place, side).forEach((spot) => badge(context, spot, colors[spot.label], names[spot.label]));
}

// Where the classes' names go: at each median, which a few strays do not move; those that would overlap are pushed apart.
function spotsOf(points, place, side) {
  const median = (cloud, i) => cloud.map((point) => point[i]).sort((a, b) => a - b)[Math.floor(cloud.length / 2)];
  const edge = 14 * enlarged(), apart = APART * enlarged(), inside = (value) => Math.max(edge, Math.min(side - edge, value));
  const spots = points.flatMap((cloud, label) =>
    cloud.length ? [{ label, x: inside(place(0, median(cloud, 0))), y: inside(place(1, median(cloud, 1))) }] : [])
    .map((spot) => ({ ...spot, home: [spot.x, spot.y] }));
  for (let round = 0; round < 20; round++) {
    for (const a of spots) for (const b of spots) {
      const dx = b.x - a.x, dy = b.y - a.y, distance = Math.hypot(dx, dy), push = (apart - distance) / 2;
      if (a.label >= b.label || push <= 0) continue;
      const [ux, uy] = distance > 0 ? [dx / distance, dy / distance] : [0, 1];
      Object.assign(a, { x: inside(a.x - push * ux), y: inside(a.y - push * uy) });
      Object.assign(b, { x: inside(b.x + push * ux), y: inside(b.y + push * uy) });
    }
  }
  return spots;
}

// A class's name; where it was pushed aside, a line leads to where it belongs.
function badge(context, { x, y, home }, color, name) {
  if (Math.hypot(x - home[0], y - home[1]) > 12) {
    Object.assign(context, { strokeStyle: color, lineWidth: 2 });
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...home);
    context.stroke();
  }
  context.font = letters(context, "700 17px");
  context.textAlign = "center";
  context.textBaseline = "middle";
  const high = 24 * enlarged(), width = Math.max(high, context.measureText(name).width + 0.4 * high);
  context.fillStyle = "#000c";
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(x - width / 2, y - high / 2, width, high, high / 2);
  context.fill();
  context.stroke();
  context.lineWidth = 1;
  context.fillStyle = "#fff";
  context.fillText(name, x, y + 1);
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
