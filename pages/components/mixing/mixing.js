// An invertible matrix A between encoder and decoder, A^-1 E and D A: other codes and other atoms, the same reconstruction.
import { fit, message } from "../shared/draw.js";
import { painter, picker, pixels } from "../shared/gallery.js";
import { among, look } from "../shared/look.js";
import { machine, shades } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { pen } from "../shared/pen.js";
import { newestWeights } from "../shared/weights.js";
import { extremes, inverse, mixer, product, transposed } from "./matrices.js";

const SHOWN = 16; // atoms
const IMAGES = 8; // to choose from
const GAP = 5;
const SIGNS = ["#0072b2", "#d55e00"]; // of codes below and above zero
const CHOSEN = { name: "✓", color: "#0072b2", ink: "#fff" };
const number = new Intl.NumberFormat("en");

// Each slider: its range, what it stands at where A = I, what it means, and how that is written. No singular value of A
// can fall below 0.2: a shear of 1 has 0.62, a stretch 0.4, and their product no less than 0.62 times 0.4.
const SLIDERS = {
  angle: { min: -180, max: 180, step: 1, start: 0, of: (t) => (t * Math.PI) / 180, say: (t) => `${t}°` },
  stretch: { min: -0.4, max: 0.4, step: 0.01, start: 0, of: (t) => 10 ** t, say: (t) => `× ${(10 ** t).toFixed(2)}` },
  shear: { min: -1, max: 1, step: 0.01, start: 0, of: (t) => t, say: (t) => t.toFixed(2) },
  turn: { min: 0, max: 2, step: 0.01, start: 0, of: (t) => t, say: (t) => t.toFixed(2) },
};

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".mixing");
  root.innerHTML = `
    <div class="box"><div class="knobs"><div class="choice"></div><div class="sliders"></div>
    <div class="line"><span class="sizes"></span><button class="reset">A = I</button></div><table></table></div>
    <canvas role="img"></canvas></div><div class="where"></div>`;
  const find = (selector) => root.querySelector(selector), canvas = find("canvas"), paint = painter();
  const at = look(place, { image: 3, ...Object.fromEntries(Object.entries(SLIDERS).map(([name, { start }]) => [name, start])) });
  let last = null, made = {};
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  for (const [name, { min, max, start }] of Object.entries(SLIDERS)) if (at[name] < min || at[name] > max) at[name] = start;
  const choose = picker(find(".choice"), IMAGES, (i) => { at.image = i; again(); });
  const rows = Object.entries(SLIDERS).map(([name, { min, max, step }]) => {
    const row = document.createElement("label"), [words, value] = [0, 0].map(() => document.createElement("span"));
    const slider = Object.assign(document.createElement("input"), { type: "range", min, max, step });
    words.textContent = text[name];
    slider.oninput = () => { at[name] = Number(slider.value); again(); };
    row.append(words, slider, value);
    find(".sliders").append(row);
    return { name, slider, value };
  });
  find(".reset").title = text.reset;
  find(".reset").onclick = () => {
    for (const name of Object.keys(SLIDERS)) at[name] = SLIDERS[name].start;
    again();
  };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text } = data;
    const arrays = run.arrays(step), weights = newestWeights(run, again);
    for (const { name, slider, value } of rows) {
      slider.value = at[name];
      value.textContent = SLIDERS[name].say(at[name]);
    }
    if (!arrays?.inputs || !weights) {
      canvas.dataset.step = "";
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    const { inputs } = arrays, [count, ...shape] = inputs.shape, few = Math.min(count, IMAGES), chosen = among(at.image, few);
    if (made.tensors !== weights.tensors) {
      const model = machine(data.model, weights.tensors), all = Array.from({ length: count }, (_, i) => model.values(pixels(inputs, i)));
      const some = { shape: [few, ...shape], data: inputs.data.slice(0, (few * inputs.data.length) / count) };
      made = { tensors: weights.tensors, model, all, some, plain: mixed(model, {}) };
    }
    choose.show(made.some, { [chosen]: CHOSEN }, text.choose, text.image);
    const knobs = Object.fromEntries(Object.entries(SLIDERS).map(([name, { of }]) => [name, of(at[name])]));
    const now = mixed(made.model, knobs), x = made.all[chosen], { code, output } = now.through(x);
    const figures = [made.plain, now].map((one) => measures(one, made.all, x));
    table(find("table"), figures, { ...text, mean: text.mean.replace("{count}", count) });
    const [least, most] = extremes(made.model.size, knobs);
    find(".sizes").textContent = text.sizes.replace("{least}", least.toFixed(2)).replace("{most}", most.toFixed(2));

    const tools = { ...pen(context, width), paint, shape, ratio: shape[1] / shape[2] };
    const left = atomSheet(tools, now, 0.56 * width, height, text);
    beside(tools, [pixels(inputs, chosen), made.model.pixels(output)], code, [left + 24, width, height], text);
    const [before, after] = figures.map(({ error, mean, squares }) => [error, mean, squares].map((value) => value.toPrecision(6)).join(" "));
    canvas.setAttribute("aria-label", `${text.alt} ${find("table").innerText}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, before, after, code: [...code].map((value) => value.toFixed(4)).join(" ") });
    find(".where").textContent = text.weights.replace("{step}", number.format(weights.step));
  };
  return { draw };
});

// The model with A in between: its atoms (size, n) and encoder (size, n), and an example's way through them. A net that
// bends sees what it saw before: A undoes what A^-1 did.
function mixed({ size, atoms, encoder, offset, fold, bend }, { angle = 0, stretch = 1, shear = 0, turn = 0 }) {
  const n = offset.length, a = mixer(size, { angle, stretch, shear, turn }), back = inverse(a, size);
  const decoded = product(transposed(a, size, size), atoms.data, size, size, n), encoded = product(back, encoder.data, size, size, n);
  const through = (x) => {
    const centred = x.map((value, i) => value - offset[i]), code = product(encoded, centred, size, n, 1);
    if (fold) product(back, fold(centred), size, size, 1).forEach((value, j) => { code[j] += value; });
    const output = product(code, decoded, 1, size, n).map((value, i) => value + offset[i]);
    if (bend) bend(Float32Array.from(product(a, code, size, size, 1))).forEach((value, i) => { output[i] += value; });
    return { code, output };
  };
  return { size, n, atoms: decoded, encoder: encoded, through };
}

// Squared errors of one example and, on average, of all; and what L2 would weigh.
function measures({ atoms, encoder, through }, all, x) {
  const error = (example) => through(example).output.reduce((total, value, i) => total + (value - example[i]) ** 2, 0);
  const square = (matrix) => matrix.reduce((total, value) => total + value ** 2, 0);
  return { error: error(x), mean: all.reduce((total, one) => total + error(one), 0) / all.length, squares: square(atoms) + square(encoder) };
}

function table(node, [before, after], text) {
  const cells = (tag, words) => words.map((word) => Object.assign(document.createElement(word ? tag : "td"), { textContent: word }));
  const row = (tag, words) => { const tr = document.createElement("tr"); tr.append(...cells(tag, words)); return tr; };
  const lines = ["error", "mean", "squares"].map((name) => row("td", [text[name], before[name].toPrecision(6), after[name].toPrecision(6)]));
  node.replaceChildren(row("th", ["", "A = I", text.now]), ...lines);
}

// The columns of D A; how far right they reach.
function atomSheet({ context, paint, shape, ratio, line, write }, { atoms, size, n }, width, height, text) {
  const count = Math.min(size, SHOWN), columns = Math.ceil(Math.sqrt(count)), lines = Math.ceil(count / columns);
  const side = Math.min((width + GAP) / columns - GAP, ((height - line + GAP) / lines - GAP) / ratio), pitch = side + GAP;
  write(text.atoms, 0, line / 2, { weight: 700, room: width });
  for (let j = 0; j < count; j++) {
    const y = line + Math.floor(j / columns) * (side * ratio + GAP);
    paint(context, shades(atoms.subarray(j * n, (j + 1) * n)), shape, (j % columns) * pitch, y, side, side * ratio);
  }
  return Math.max(columns * pitch - GAP, 0.4 * width);
}

// The image, its reconstruction, and its code as bars.
function beside({ context, ink, paint, shape, ratio, line, write }, images, code, [left, right, height], text) {
  const width = right - left, side = Math.min((width - 2 * GAP) / 2, (0.5 * height - line) / ratio), high = side * ratio;
  images.forEach((image, i) => {
    const x = left + i * (side + 2 * GAP);
    write([text.original, text.reconstruction][i], x, line / 2, { weight: 700, room: side });
    paint(context, image, shape, x, line, side, high);
  });
  const top = high + 1.6 * line, roof = top + 1.2 * line, middle = (roof + height - 2) / 2, half = middle - roof;
  const most = Math.max(1e-9, ...code.map(Math.abs)), pitch = width / code.length;
  write(text.codes, left, top + line / 2, { weight: 700, room: width });
  code.forEach((value, j) => {
    context.fillStyle = SIGNS[Number(value > 0)];
    context.fillRect(left + j * pitch, middle, Math.max(1, pitch - 2), (-half * value) / most);
  });
  context.fillStyle = ink;
  context.fillRect(left, middle - 0.5, width, 1);
  write(`${most.toPrecision(3)}`, right, top + line / 2, { align: "right" });
}
