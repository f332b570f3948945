// A bench for augmentations: each with a switch and a strength, pairs of views and their cosine by the run's newest nets,
// beside the cosines of views of different images.
import { slider } from "../descent/slider.js";
import { cosines, pairsOf, tint } from "../shared/contrast.js";
import { fit, message } from "../shared/draw.js";
import { painter } from "../shared/gallery.js";
import { inside, look } from "../shared/look.js";
import { simclr } from "../shared/net.js";
import { oncePerFrame, part } from "../shared/part.js";
import { figure, pen as penOf } from "../shared/pen.js";
import { newestWeights } from "../shared/weights.js";

const COUNT = 10; // images
const LONGEST = 14; // letters of a knob and its value
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text, knobs } }) => {
  const root = parent.querySelector(".bench");
  root.innerHTML = `<div class="box"><div class="knobs"></div><canvas role="img"></canvas></div><div class="where" role="status"></div>`;
  const canvas = root.querySelector("canvas"), list = root.querySelector(".knobs"), where = root.querySelector(".where"), paint = painter();
  const kept = look(place, { by: [], seed: 1 });
  let last = null, tensors = null, net = null, of = "";
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const rows = knobs.map(({ name, label, to, usual }) => {
    const row = document.createElement("div"), on = Object.assign(document.createElement("input"), { type: "checkbox" });
    row.className = "knob";
    row.append(on);
    on.setAttribute("aria-label", label);
    const strength = slider(row, label, { from: 0, to, value: usual }, () => { on.checked = strength.value > 0; chosen(); });
    row.querySelector(".named span").style.minWidth = `${LONGEST}ch`; // all sliders begin at one place
    on.onchange = () => { if (on.checked && strength.value === 0) strength.value = usual; chosen(); };
    list.append(row);
    return { name, on, strength, usual };
  });
  const buttons = document.createElement("div");
  buttons.className = "buttons";
  const back = Object.assign(document.createElement("button"), { textContent: text.back }), anew = Object.assign(document.createElement("button"), { textContent: text.anew });
  buttons.append(anew, back);
  list.append(buttons);
  const strengths = () => rows.map(({ on, strength }) => (on.checked ? strength.value : 0));
  const chosen = () => { kept.by = strengths(); again(); };
  const reset = (strengths) => rows.forEach(({ name, on, strength, usual }) => {
    on.checked = strengths[name] > 0;
    strength.value = strengths[name] || usual;
  });
  back.onclick = () => { reset(last[1].strengths); kept.by = []; again(); };
  anew.onclick = () => { kept.seed += 1; again(); };

  const draw = (run, data, step) => {
    last = [run, data, step];
    if (of !== run.id) {
      if (of) kept.by = []; // another run comes with its own
      of = run.id;
      reset(kept.by.length === rows.length ? Object.fromEntries(knobs.map(({ name, to }, i) => [name, inside(kept.by[i], { from: 0, to })])) : data.strengths);
    }
    const { context, width, height } = fit(canvas), { text, model, colors } = data;
    const inputs = run.arrays(step)?.inputs, weights = newestWeights(run, again);
    if (!inputs || !weights) {
      delete canvas.dataset.step;
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    if (tensors !== weights.tensors) [tensors, net] = [weights.tensors, simclr(model, weights.tensors)];
    const { seed } = kept, now = strengths(), by = Object.fromEntries(knobs.map(({ name }, i) => [name, now[i]]));
    const places = [...Array(Math.min(COUNT, inputs.shape[0])).keys()], batch = pairsOf(net, inputs, places, by, seed), matrix = cosines(batch.pairs);
    const size = 2 * places.length, alike = places.map((i) => matrix.data[2 * i * size + 2 * i + 1]);
    const others = [...matrix.data].filter((_, at) => Math.floor(at / size) >> 1 < (at % size) >> 1);
    const pen = penOf(context, width), image = (values, x, y, side) => paint(context, values, inputs.shape.slice(1), x, y, side, side);
    const low = drawPairs(pen, batch, alike, image, width, height, text);
    drawCosines(pen, alike, others, low, width, height, text, colors);
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length, step_ = number.format(weights.step);
    where.textContent = text.numbers.replace("{alike}", figure(mean(alike))).replace("{others}", figure(mean(others))).replace("{step}", step_);
    canvas.setAttribute("aria-label", `${text.alt} ${where.textContent}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, seed, by: JSON.stringify(by), alike: alike.join(" "), others: mean(others) });
  };
  return { draw };
});

// A column an image: as it is, two views of it, and their cosine; how far down that reaches.
function drawPairs({ context, line, size, write }, { images, pairs }, alike, image, width, height, text) {
  const names = [text.original, text.first, text.second, text.cosine], gap = 4;
  context.font = `400 ${size}px ${getComputedStyle(context.canvas).fontFamily}`;
  const left = Math.max(...names.map((name) => context.measureText(name).width)) + 10;
  const side = Math.min((width - left) / images.length - gap, (height - 5.2 * line) / 3 - gap), at = (i) => left + i * (side + gap);
  names.forEach((name, row) => write(name, 0, row < 3 ? row * (side + gap) + side / 2 : 3 * (side + gap) + 0.8 * line));
  images.forEach((original, i) => {
    [original, pairs[i][0].x, pairs[i][1].x].forEach((values, row) => image(values, at(i), row * (side + gap), side));
    const top = 3 * (side + gap) + 0.1 * line;
    context.fillStyle = tint(alike[i]);
    context.fillRect(at(i), top, side, 1.4 * line);
    write(figure(alike[i]), at(i) + side / 2, top + 0.7 * line, { align: "center", weight: 700, color: "#000", room: side });
  });
  return 3 * (side + gap) + 1.8 * line;
}

// All cosines on one axis: those of pairs above it, those of views of different images as bars of how many there are.
function drawCosines({ context, ink, line, write }, alike, others, top, width, height, text, colors) {
  const base = height - 1.2 * line, bins = 60, at = (cosine) => 14 + ((cosine + 1) / 2) * (width - 28), counts = new Float32Array(bins);
  for (const cosine of others) counts[Math.max(0, Math.min(bins - 1, Math.floor(((cosine + 1) / 2) * bins)))] += 1;
  const tall = base - top - 1.3 * line, most = Math.max(...counts), wide = (width - 28) / bins;
  counts.forEach((count, i) => {
    context.fillStyle = colors.negative;
    context.fillRect(14 + i * wide + 0.5, base - (tall * count) / most, wide - 1, (tall * count) / most);
  });
  for (const cosine of alike) {
    context.fillStyle = colors.positive;
    context.strokeStyle = ink;
    context.beginPath();
    context.arc(at(cosine), base - tall / 2, 7, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  context.fillStyle = ink;
  context.fillRect(14, base, width - 28, 1.5);
  [-1, -0.5, 0, 0.5, 1].forEach((value) => write(`${value}`.replace("-", "−"), at(value), base + 0.65 * line, { align: "center" }));
  write(text.pairs, 14, top + 0.6 * line, { color: colors.positive, weight: 700, room: width / 2 - 20 });
  write(text.negatives, width - 14, top + 0.6 * line, { color: colors.negative, weight: 700, align: "right", room: width / 2 - 20 });
}
