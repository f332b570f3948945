// What is known of one unit: its atom, how often it is used, which values it takes, on which images, and its likes.
import { dot, row } from "../shared/machine.js";
import { painter, pixels } from "../shared/gallery.js";
import { figure, pen, precise } from "../shared/pen.js";

const STRONGEST = 8, ALIKE = 4, BINS = 24, GAP = 5;
const BAR = "#56b4e9";
const paint = painter();

// Draws the page of `unit`; the same in words, and the units alike.
export function drawCard({ context, width, height }, { atoms, images, shape, density }, { codes, probe_images }, unit, text) {
  const { size, line, write } = pen(context, width), ratio = shape[1] / shape[2];
  const values = column(codes, unit), alike = likes(atoms, codes, unit), share = density.data[unit];
  const side = Math.min((width + GAP) / STRONGEST - GAP, (height - 7 * line) / (4.6 * ratio)), low = side * ratio;
  const large = Math.min((height - 2 * low - 5 * line - 4 * GAP) / ratio, 0.36 * width);

  paint(context, images[unit], shape, 0, 0, large, large * ratio);
  const facts = [
    text.unit.replace("{unit}", unit + 1).replace("{rank}", 1 + density.data.filter((other) => other > share).length),
    (share ? text.active : text.never).replace("{share}", percent(share)),
    text.mean.replace("{mean}", precise(meanActive(values))),
  ];
  const left = large + 3 * GAP;
  facts.forEach((words, i) => write(words, left, (i + 0.5) * line, { weight: i ? 400 : 700, room: width - left }));
  histogram({ context, write, line }, values, [left, 3.2 * line, width - left, large * ratio - 3.2 * line], text);

  let top = large * ratio + 2 * GAP;
  write(text.strongest, 0, top + line / 2, { weight: 700, room: width });
  const strongest = [...values.keys()].filter((probe) => values[probe] !== 0).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a])).slice(0, STRONGEST);
  strongest.forEach((probe, i) => {
    const x = i * (side + GAP);
    paint(context, pixels(probe_images, probe), shape, x, top + line, side, low);
    write(precise(values[probe], "+"), x + side / 2, top + low + 1.6 * line, { align: "center", room: side + GAP });
  });
  top += low + 2.2 * line + GAP;
  write(text.alike, 0, top + line / 2, { weight: 700, room: width });
  alike.forEach(({ other, cosine, correlation }, i) => {
    const x = (i * width) / ALIKE, beside = x + side + GAP, room = width / ALIKE - side - 2 * GAP;
    paint(context, images[other], shape, x, top + line, side, low);
    write(figure(cosine, 2, "+"), beside, top + line + low / 2 - 0.55 * line, { room });
    write(`r ${figure(correlation, 2, "+")}`, beside, top + line + low / 2 + 0.55 * line, { room });
  });
  const near = alike.map(({ other, cosine, correlation }) => `${other + 1}: cos ${figure(cosine, 2, "+")}, r ${figure(correlation, 2, "+")}`);
  return { facts: `${facts.join(", ")}. ${text.alike}: ${near.join("; ")}`, alike: alike.map(({ other }) => other) };
}

const column = ({ shape: [, units], data }, unit) => Float32Array.from({ length: data.length / units }, (_, n) => data[n * units + unit]);

function meanActive(values) {
  const active = values.filter((value) => value !== 0);
  return active.reduce((total, value) => total + Math.abs(value), 0) / (active.length || 1);
}

const percent = (share) => `${share < 0.001 ? (100 * share).toPrecision(1) : (100 * share).toFixed(1)} %`;

// The units whose atoms have the largest cosine with this one's, whatever its sign, and how their codes go with its.
function likes(atoms, codes, unit) {
  const own = row(atoms, unit), length = Math.sqrt(dot(own, own)), values = centred(column(codes, unit));
  const found = [];
  for (let other = 0; other < atoms.shape[0]; other++) {
    const atom = row(atoms, other), product = length * Math.sqrt(dot(atom, atom));
    if (other !== unit && product > 0) found.push({ other, cosine: dot(own, atom) / product });
  }
  const nearest = found.sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine)).slice(0, ALIKE);
  return nearest.map((like) => ({ ...like, correlation: correlation(values, centred(column(codes, like.other))) }));
}

function centred(values) {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return values.map((value) => value - mean);
}

const correlation = (a, b) => dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);

// Of the values that are not zero; how many are, in words.
function histogram({ context, write, line }, values, [left, top, width, height], text) {
  const active = values.filter((value) => value !== 0), zero = 1 - active.length / values.length;
  const [low, high] = [active.reduce((a, b) => Math.min(a, b), 0), active.reduce((a, b) => Math.max(a, b), 0)];
  const counts = new Array(BINS).fill(0), floor = top + height - line, room = floor - top - line;
  for (const value of active) counts[Math.min(BINS - 1, Math.floor((BINS * (value - low)) / (high - low)))] += 1;
  const most = Math.max(1, ...counts), place = (value) => left + (width * (value - low)) / (high - low || 1);
  write(text.zeros.replace("{share}", percent(zero)), left, top + line / 2, { room: width });
  if (!active.length) return;
  context.fillStyle = BAR;
  counts.forEach((count, bin) => context.fillRect(left + (bin * width) / BINS, floor, width / BINS - 1, (-room * count) / most));
  write(precise(low), left, floor + 0.55 * line);
  write(precise(high), left + width, floor + 0.55 * line, { align: "right" });
  if (place(0) > left + 3 * line && place(0) < left + width - 3 * line) write("0", place(0), floor + 0.55 * line, { align: "center" });
}
