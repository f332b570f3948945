// What lies between two images: decoded on the straight line and on the great circle between their codes. Of a model that
// encodes, the ends are test images and their codes (posterior means, of a VAE); of one that only generates, its own samples.
import { choicesOf } from "../shared/codes.js";
import { fit, message } from "../shared/draw.js";
import { painter, picker, pixels, textSize } from "../shared/gallery.js";
import { among, look } from "../shared/look.js";
import { machine } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { angle, lerp, norm, slerp } from "../shared/walks.js";
import { newestWeights } from "../shared/weights.js";

const COUNT = 11; // images a row, both ends included
const GAP = 4;
const BAR = 4;
const ENDS = [{ name: "A", color: "#0072b2", ink: "#fff" }, { name: "B", color: "#e69f00", ink: "#000" }];
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".interpolation");
  root.innerHTML = `
    <div class="box"><div class="choice"><div class="ends"><button></button><button class="swap">⇄</button><button></button></div></div>
    <canvas role="img"></canvas></div><div class="where"></div>`;
  const find = (selector) => root.querySelector(selector);
  const canvas = find("canvas"), [first, swap, second] = root.querySelectorAll(".ends button"), paint = painter();
  const kept = look(place, { images: [2, 7] });
  let next = 0, last = null, tensors = null, model = null, ends = null;
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));

  const choose = picker(find(".choice"), 5, (i) => {
    kept.images = kept.images.with(next, i);
    next = 1 - next;
    again();
  });
  [first, second].forEach((button, end) => {
    button.textContent = ENDS[end].name;
    button.title = text.choose.replace("{end}", ENDS[end].name);
    button.setAttribute("aria-label", button.title);
    button.onclick = () => { next = end; again(); };
  });
  swap.title = text.swap;
  swap.setAttribute("aria-label", text.swap);
  swap.onclick = () => { kept.images = kept.images.toReversed(); again(); };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text } = data;
    const arrays = run.arrays(step), weights = newestWeights(run, again), encodes = data.model.kind !== "gan";
    if (!arrays?.[encodes ? "inputs" : "draws"] || !weights) {
      canvas.dataset.step = "";
      canvas.setAttribute("aria-label", text.alt);
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    if (tensors !== weights.tensors) {
      tensors = weights.tensors;
      model = machine(data.model, tensors);
      ends = choicesOf(arrays, model);
    }
    const { images: inputs } = ends;
    const chosen = kept.images.map((i) => among(i, inputs.shape[0]));
    choose.show(inputs, { [chosen[0]]: ENDS[0], [chosen[1]]: ENDS[1] }, text.choose.replace("{end}", ENDS[next].name), text.image);
    [first, second].forEach((button, end) => button.setAttribute("aria-pressed", end === next));

    const originals = encodes ? chosen.map((i) => pixels(inputs, i)) : null, [a, b] = chosen.map(ends.code);
    const walks = [lerp(a, b, COUNT), slerp(a, b, COUNT)];
    const theme = getComputedStyle(canvas), size = textSize(width);
    const pen = { context, ink: theme.color, font: (weight) => `${weight} ${size}px ${theme.fontFamily}`, size, line: 1.5 * size };
    const [, ...shape] = inputs.shape, ratio = shape[1] / shape[2];
    const side = Math.min((width + GAP) / COUNT - GAP, (height - 6 * pen.line) / (3.2 * ratio));
    const large = Math.min((height - 6 * pen.line) / ratio - 2 * side, 2.2 * side);
    const place = { pen, paint: (values, x, y, side) => paint(context, values, shape, x, y, side, side * ratio), ratio, width };
    drawEnds(place, originals, [a, b].map(model.decode), angle(a, b), large, text);
    const most = Math.max(...walks.flat().map(norm));
    walks.forEach((walk, row) => {
      const top = large * ratio + 1.6 * pen.line + row * (2.3 * pen.line + side * ratio + BAR);
      drawWalk(place, walk, model, side, top, row === 0 ? [text.lerp, text.line] : [text.slerp, text.circle], row === 0 ? text.norms : "", most);
    });
    const norms = walks.map((walk) => walk.map((z) => norm(z).toFixed(2)).join(", "));
    canvas.setAttribute("aria-label", `${text.alt} ${text.lerp}: |z| ${norms[0]}. ${text.slerp}: |z| ${norms[1]}.`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, ends: chosen.join(" ") });
    find(".where").textContent = text.weights.replace("{step}", number.format(weights.step));
  };
  return { draw };
});

// Both images as they are and as they are decoded from their means, at both sides; between them the angle.
function drawEnds({ pen, paint, ratio, width }, originals, decoded, omega, side, text) {
  const pair = originals ? 2 * side + GAP : side;
  [0, width - pair].forEach((left, end) => {
    const images = [[decoded[end], originals ? text.reconstruction : text.original]];
    if (originals) images.unshift([originals[end], text.original]);
    if (end === 1) images.reverse(); // the original is outermost
    images.forEach(([values, label], i) => {
      const x = left + i * (side + GAP);
      paint(values, x, 0, side);
      write(pen, label, x + side / 2, side * ratio + 0.7 * pen.line, "center", 400, side);
    });
    const outer = end === 0 ? left : left + pair - side;
    mark(pen, ENDS[end], outer, 0, side, side * ratio);
  });
  const middle = width / 2, room = width - 2 * pair - 4 * GAP;
  write(pen, text.angle, middle, side * ratio / 2 - 0.6 * pen.line, "center", 400, room);
  write(pen, Number.isNaN(omega) ? "–" : `ω = ${omega.toFixed(2)} rad`, middle, side * ratio / 2 + 0.5 * pen.line, "center", 700, room);
}

// A row: its name and formula, its images, and how far from the prior's centre each of them is: a bar and a number.
function drawWalk({ pen, paint, ratio, width }, walk, model, side, top, [name, formula], note, most) {
  const { context, line } = pen, pitch = side + GAP, left = (width - COUNT * pitch + GAP) / 2;
  context.font = pen.font(700);
  const indent = left + context.measureText(name).width + pen.size;
  write(pen, name, left, top + line / 2, "left", 700);
  write(pen, formula, indent, top + line / 2, "left", 400);
  write(pen, note, width - left, top + line / 2, "right", 400);
  walk.forEach((z, i) => {
    const x = left + i * pitch, y = top + line;
    paint(model.decode(z), x, y, side);
    if (i === 0 || i === COUNT - 1) mark(pen, ENDS[i && 1], x, y, side, side * ratio);
    const bar = most > 0 ? (side * norm(z)) / most : 0;
    context.globalAlpha = 0.6;
    context.fillStyle = pen.ink;
    context.fillRect(x + (side - bar) / 2, y + side * ratio + 2, bar, BAR);
    context.globalAlpha = 1;
    write(pen, norm(z).toFixed(2), x + side / 2, y + side * ratio + BAR + 0.55 * line, "center", 400, side);
  });
}

function write({ context, ink, font }, text, x, y, align, weight, room = undefined) {
  Object.assign(context, { font: font(weight), fillStyle: ink, textAlign: align, textBaseline: "middle" });
  context.fillText(text, x, y, room);
}

// An end's frame and letter.
function mark({ context, size, font }, { name, color, ink }, x, y, width, height) {
  Object.assign(context, { strokeStyle: color, lineWidth: 3, fillStyle: color });
  context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
  context.fillRect(x, y, 1.3 * size, 1.3 * size);
  Object.assign(context, { font: font(700), fillStyle: ink, textAlign: "center", textBaseline: "middle" });
  context.fillText(name, x + 0.65 * size, y + 0.7 * size);
}
