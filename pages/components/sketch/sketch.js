// A digit drawn by hand: where its posterior lies on the map of codes, and what each model makes of it.
import { choicesOf, codesOf } from "../shared/codes.js";
import { fit, message } from "../shared/draw.js";
import { painter } from "../shared/gallery.js";
import { ground, placed } from "../shared/ground.js";
import { machine } from "../shared/machine.js";
import { ellipse } from "../shared/map.js";
import { oncePerFrame, part } from "../shared/part.js";
import { figure, pen, precise } from "../shared/pen.js";
import { newestWeights } from "../shared/weights.js";
import { centred } from "./ink.js";
import { SIZE, paper } from "./paper.js";

const GAP = 10;
const PEN = "#ff5cf4"; // the drawing's own colour on the map: of no class

export default part(["frame", "frames", "status"], (parent, { data: { text } }) => {
  const root = parent.querySelector(".sketch");
  root.innerHTML = `
    <div class="box"><canvas class="paper" tabindex="0" role="application"></canvas><canvas class="map watched" role="img"></canvas>
    <canvas class="copies" role="img"></canvas></div><div class="tools"><button></button><span class="told"></span></div>`;
  const find = (selector) => root.querySelector(selector), map = find(".map"), copies = find(".copies"), told = find(".told");
  const paint = painter(), still = ground(), shelf = new Map(); // run -> {tensors, model}
  let last = null, changed = true, image = null, made = {};
  const again = oncePerFrame(() => last && map.isConnected && draw(...last));
  const sheet = paper(find(".paper"), () => { changed = true; again(); });
  find(".paper").setAttribute("aria-label", text.paper);
  find("button").textContent = text.clear;
  find("button").onclick = sheet.clear;

  // The model of a run with its newest weights; null while they are on their way.
  const modelOf = (run, kind) => {
    const weights = newestWeights(run, again), kept = shelf.get(run);
    if (weights && kept?.tensors !== weights.tensors) shelf.set(run, { tensors: weights.tensors, model: machine(kind, weights.tensors) });
    return shelf.get(run)?.model ?? null;
  };

  const draw = (run, data, step, others) => {
    last = [run, data, step, others];
    const { text, shape, inner } = data, newest = run.steps.at(-1), arrays = run.arrays(newest), model = modelOf(run, data.model);
    const { context, width: side, height } = fit(map);
    if (!arrays?.inputs || !model) return message(context, text[run.status.state] ?? text.waiting, side, height);
    if (made.model !== model || made.newest !== newest) {
      const known = codesOf(arrays, choicesOf(arrays, model), model.size, data.prior);
      made = { model, newest, known, plane: known.order.slice(0, 2).sort((a, b) => a - b) };
    }
    if (changed) image = centred(sheet.ink(), SIZE, shape[1], inner);
    changed = false;
    still(context, side, made.known, made.plane, data);
    const found = image && posterior(model, image);
    if (found) drawPosterior(context, side, made, found);
    told.textContent = found ? words(found, made.plane, text) : text.start;
    map.setAttribute("aria-label", `${text.map} ${found ? told.textContent : ""}`);
    const known = [[data.title, model], ...data.others.map((_, i) => [data.titles[i], modelOf(others[i], data.models[i])])];
    drawCopies(fit(copies), image, known, shape, paint, text);
    copies.setAttribute("aria-label", known.map(([title]) => title).join(", "));
    Object.assign(root.dataset, { run: run.id, drawn: Boolean(image), models: known.filter(([, model]) => model).length, mean: found ? [...found.mu].map((v) => v.toFixed(4)).join(" ") : "" });
  };
  return { draw };
});

// What a model says of an image: a mean, and where it says how sure it is, its standard deviations.
function posterior(model, image) {
  if (!model.posterior) return { mu: model.encode(image) };
  const { mu, logvar } = model.posterior(model.prepare(image));
  return { mu, sigma: logvar.map((value) => Math.exp(value / 2)) };
}

function words({ mu, sigma }, plane, text) {
  const list = (values) => `(${plane.map((i) => figure(values[i])).join(", ")})`;
  return sigma ? `${text.posterior}: μ = ${list(mu)}, σ = ${list(sigma)}` : `${text.code}: ${list(mu)}`;
}

// The mean, and the ellipse of one and of two standard deviations around it.
function drawPosterior(context, side, { known, plane: [i, j] }, { mu, sigma }) {
  const [low, high] = known.span(j === undefined ? [i] : [i, j]), place = placed(side, low, high), scale = side / (high - low);
  const of = (values, none) => [values[i], j === undefined ? none : values[j]], [x, y] = of(mu, (low + high) / 2);
  context.lineWidth = 2.5;
  if (sigma) [1, 2].forEach((times) => ellipse(context, [x, y, ...of(sigma, 0)], place, times * scale, PEN));
  context.fillStyle = PEN;
  context.beginPath();
  context.arc(place(0, x), place(1, y), 3, 0, 2 * Math.PI);
  context.fill();
  Object.assign(context, { strokeStyle: PEN, lineWidth: 1.5 }); // and a ring around it, to be found from afar
  context.beginPath();
  context.arc(place(0, x), place(1, y), 16, 0, 2 * Math.PI);
  context.stroke();
  context.lineWidth = 1;
}

// The drawing as models get it, and what each of them gives back, with its error.
function drawCopies({ context, width, height }, image, known, shape, paint, text) {
  const { write, line } = pen(context, width), count = known.length + 1, ratio = shape[1] / shape[2];
  const sideOf = (columns) => Math.min((width + GAP) / columns - GAP, ((height + GAP) / Math.ceil(count / columns) - 2.3 * line - GAP) / ratio);
  const columns = [1, 2, 3, 4, 5, 6].reduce((best, tried) => (sideOf(tried) > sideOf(best) ? tried : best)), side = sideOf(columns);
  const cell = (i, pixels, title, note) => {
    const x = (i % columns) * ((width + GAP) / columns), y = Math.floor(i / columns) * (side * ratio + 2.3 * line + GAP), room = (width + GAP) / columns - GAP;
    context.fillStyle = "#000";
    context.fillRect(x, y, side, side * ratio);
    if (pixels) paint(context, pixels, shape, x, y, side, side * ratio);
    write(title, x, y + side * ratio + 0.7 * line, { weight: 700, room });
    write(note, x, y + side * ratio + 1.7 * line, { room });
  };
  cell(0, image, text.seen, "");
  known.forEach(([title, model], i) => {
    const given = image && model ? (model.prepare?.(image) ?? image) : null, copy = given && model.decode(model.encode(given));
    const error = copy && copy.reduce((sum, value, at) => sum + (value - given[at]) ** 2, 0);
    cell(i + 1, copy, title, copy ? text.error.replace("{error}", precise(error)) : "");
  });
}
