// A test image put together from its code, one atom after the other: what is there so far, what came last, what is left.
import { fit, message } from "../shared/draw.js";
import { painter, picker, pixels } from "../shared/gallery.js";
import { among, look } from "../shared/look.js";
import { machine, shades } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { pen, precise } from "../shared/pen.js";
import { newestWeights } from "../shared/weights.js";
import { errorsOf, pieces } from "./pieces.js";

const START = 4; // atoms in the sum at first
const GAP = 5;
const THUMB = { least: 46, most: 80 }; // px
const CHOSEN = { name: "✓", color: "#0072b2", ink: "#fff" };
const LEFT = "#009e8e"; // as a reconstruction's, everywhere
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".build");
  root.innerHTML = `
    <div class="box"><div class="choice"></div><div class="making">
    <div class="tools"><button>−</button><input type="range" min="0" step="1"><button>+</button><span class="count"></span></div>
    <canvas role="img"></canvas></div></div><div class="where"></div>`;
  const find = (selector) => root.querySelector(selector), canvas = find("canvas"), slider = find("input"), paint = painter();
  const [less, more] = root.querySelectorAll(".tools button");
  const kept = look(place, { image: 0, count: START });
  let last = null, made = {};
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const choose = picker(find(".choice"), 5, (i) => { kept.image = i; again(); });
  const set = (value) => { kept.count = Math.max(0, Math.min(Number(slider.max), value)); again(); };
  slider.oninput = () => set(Number(slider.value));
  [[less, -1, text.less], [more, 1, text.more]].forEach(([button, by, words]) => {
    button.setAttribute("aria-label", words);
    button.title = words;
    button.onclick = () => set(kept.count + by);
  });
  slider.setAttribute("aria-label", text.slider);

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text } = data;
    const arrays = run.arrays(step), weights = newestWeights(run, again);
    if (!arrays?.inputs || !weights) {
      canvas.dataset.step = "";
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    const { inputs } = arrays, [images, ...shape] = inputs.shape, chosen = among(kept.image, images);
    if (made.tensors !== weights.tensors) made = { tensors: weights.tensors, model: machine(data.model, weights.tensors) };
    if (made.chosen !== chosen || made.inputs !== inputs) {
      const image = pixels(inputs, chosen), x = made.model.values(image), parts = pieces(made.model, x);
      made = { ...made, chosen, inputs, image, parts, ...errorsOf(parts, made.model.offset, x) };
    }
    choose.show(inputs, { [chosen]: CHOSEN }, text.choose, text.image);
    const { image, parts, sums, errors } = made, so = among(Math.min(kept.count, parts.length), parts.length + 1);
    Object.assign(slider, { max: parts.length, value: so });
    const words = text.count.replace("{count}", so).replace("{all}", parts.length);
    find(".count").textContent = words;

    const tools = pen(context, width), { write, line } = tools, ratio = shape[1] / shape[2];
    const side = Math.min(0.27 * width - 50, (height - THUMB.least * ratio - 5 * line) / ratio), high = side * ratio, newest = parts[so - 1];
    const show = (pixels, place, label) => {
      const x = place * (side + 3 * GAP);
      if (pixels) paint(context, pixels, shape, x, 0, side, high);
      write(label, x + side / 2, high + 0.7 * line, { align: "center", room: side + 2 * GAP });
    };
    show(image, 0, text.original);
    show(made.model.pixels(sums[so]), 1, so ? text.sum : text.start);
    if (newest) show(shades(newest.vector), 2, newest.unit === null ? text.bend : text.newest.replace("{weight}", weighed(newest, text)));
    curve(tools, errors, so, [3 * (side + 3 * GAP) + 3.2 * line, 0, width, high], text);
    strip({ ...tools, paint, shape, ratio }, parts, so, [high + 2.4 * line, width, height], text);

    canvas.setAttribute("aria-label", `${text.alt} ${words}. ${text.error} ${precise(errors[so])}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, chosen, count: so, all: parts.length, error: errors[so], errors: errors.at(-1) });
    find(".where").textContent = `${text.order} · ${text.weights.replace("{step}", number.format(weights.step))}`;
  };
  return { draw };
});

const weighed = ({ unit, weight }, text) => (unit === null ? text.bend : precise(weight, "+"));

// Squared error over the number of atoms: a line, in full up to those in the sum.
function curve({ context, write, line, ink }, errors, so, [left, top, right, bottom], text) {
  const floor = bottom - 0.2 * line, roof = top + 1.3 * line, most = Math.max(...errors), last = errors.length - 1;
  const at = (i) => [left + ((right - left - 8) * i) / (last || 1), floor - ((floor - roof) * errors[i]) / (most || 1)];
  write(text.error, left, top + line / 2, { weight: 700, room: right - left });
  write(precise(most), left - 6, roof, { align: "right" });
  write("0", left - 6, floor, { align: "right" });
  write("0", left, floor + line, { align: "center" });
  write(`${last}`, right, floor + line, { align: "right" });
  write(text.atoms, (left + right) / 2, floor + line, { align: "center", room: right - left - 4 * line });
  Object.assign(context, { strokeStyle: ink, lineWidth: 1, globalAlpha: 0.5 });
  context.beginPath();
  [[left, roof], [left, floor], [right, floor]].forEach((corner) => context.lineTo(...corner));
  context.stroke();
  Object.assign(context, { strokeStyle: LEFT, lineWidth: 3 });
  for (const [from, to, alpha] of [[so, last, 0.35], [0, so, 1]]) {
    context.globalAlpha = alpha;
    context.beginPath();
    for (let i = from; i <= to; i++) context.lineTo(...at(i));
    context.stroke();
  }
  const [x, y] = at(so), aside = x > (left + right) / 2;
  context.beginPath();
  context.arc(x, y, 6, 0, 2 * Math.PI);
  context.fillStyle = LEFT;
  context.fill();
  write(precise(errors[so]), x + (aside ? -10 : 10), Math.max(roof + line / 2, y - 0.9 * line), { weight: 700, align: aside ? "right" : "left" });
}

// The atoms in their order with their weights, those to come pale; the newest stays in view.
function strip({ context, write, line, paint, shape, ratio }, parts, so, [top, width, bottom], text) {
  const room = Math.min(THUMB.most, (bottom - top - 1.3 * line) / ratio), even = (width + GAP) / parts.length - GAP;
  const side = Math.max(THUMB.least, Math.min(room, even)), pitch = side + GAP, high = side * ratio;
  const fitting = Math.floor((width + GAP) / pitch), first = Math.max(0, Math.min(parts.length - fitting, so - Math.ceil(0.7 * fitting)));
  parts.slice(first, first + fitting).forEach((piece, i) => {
    const x = i * pitch, place = first + i;
    context.globalAlpha = place < so ? 1 : 0.3;
    paint(context, shades(piece.vector), shape, x, top, side, high);
    write(weighed(piece, text), x + side / 2, top + high + 0.7 * line, { align: "center", room: pitch });
    context.globalAlpha = 1;
    if (place !== so - 1) return;
    Object.assign(context, { strokeStyle: LEFT, lineWidth: 3 });
    context.strokeRect(x + 1, top + 1, side - 2, high - 2);
  });
}
