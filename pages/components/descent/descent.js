// How codes are found: ISTA and FISTA on one test image and the run's own dictionary, an iteration at a time.
import { message } from "../shared/draw.js";
import { painter, picker, pixels } from "../shared/gallery.js";
import { descend, encode, objective } from "../shared/lasso.js";
import { among, inside, look } from "../shared/look.js";
import { machine } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { newestWeights } from "../shared/weights.js";
import { axes, paper, scientific } from "./chart.js";
import { slider } from "./slider.js";

const MOST = 200; // iterations
const WEIGHTS = { from: 1e-3, to: 100 }; // lambda
const PACE = 60; // ms between two
const DECADES = 6; // of the error over its start, below which both have arrived
const CHOSEN = { name: "✓", color: "#0072b2", ink: "#fff" };
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { l1, place, text } }) => {
  const root = parent.querySelector(".descent");
  root.innerHTML = `
    <div class="controls"><button class="play">▶</button><button class="step">+1</button><button class="restart">↺</button>
      <span class="steps"></span><span class="weight"></span></div>
    <div class="box"><div class="choice"></div><canvas role="img"></canvas></div><div class="where"></div>`;
  const find = (selector) => root.querySelector(selector), canvas = find("canvas"), paint = painter();
  const kept = look(place, { image: 2, at: 0, weight: l1 });
  let at = among(kept.at, MOST + 1), timer = 0, last = null, held = {};
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const choose = picker(find(".choice"), 5, (i) => { kept.image = i; again(); });
  const iteration = slider(find(".steps"), text.iteration, { from: 0, to: MOST, value: at, whole: true }, () => { stop(); at = kept.at = iteration.value; again(); });
  const weight = slider(find(".weight"), "λ", { ...WEIGHTS, log: true, value: inside(kept.weight, WEIGHTS) }, () => { kept.weight = weight.value; again(); });
  const go = (to) => {
    at = kept.at = Math.min(MOST, to);
    iteration.value = at;
    again();
  };
  const stop = () => { clearInterval(timer); timer = 0; name("play", "▶", text.play); };
  const play = () => {
    if (at >= MOST) go(0);
    timer = setInterval(() => {
      if (!canvas.isConnected || at >= MOST) return stop();
      go(at + 1);
    }, PACE);
    name("play", "❚❚", text.pause);
  };
  const name = (button, sign, words) => {
    const node = find(`.${button}`);
    Object.assign(node, { textContent: sign, title: words });
    node.setAttribute("aria-label", words);
  };
  find(".play").onclick = () => (timer ? stop() : play());
  find(".step").onclick = () => { stop(); go(at + 1); };
  find(".restart").onclick = () => { stop(); go(0); };
  stop();
  name("step", "+1", text.step);
  name("restart", "↺", text.restart);

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { text, color } = data, arrays = run.arrays(step), weights = newestWeights(run, again), sheet = paper(canvas);
    if (!arrays?.inputs || !weights) {
      canvas.dataset.step = "";
      canvas.setAttribute("aria-label", text.alt);
      return message(sheet.context, text[run.status.state] ?? text.waiting, sheet.width, sheet.height);
    }
    const { inputs } = arrays, shape = inputs.shape.slice(1);
    const chosen = among(kept.image, inputs.shape[0]);
    choose.show(inputs, { [chosen]: CHOSEN }, text.choose, text.image);
    if (held.tensors !== weights.tensors) held = { tensors: weights.tensors, model: machine(data.model, weights.tensors) };
    if (held.chosen !== chosen || held.inputs !== inputs || held.l1 !== weight.value) {
      Object.assign(held, { chosen, inputs, l1: weight.value, ...ways(held.model, pixels(inputs, chosen), weight.value) });
    }
    const { model, least, enough } = held, walks = [{ name: text.ista, way: held.ista }, { name: text.fista, way: held.fista, color }];
    const side = Math.min((sheet.height - 8) / 3, 0.2 * sheet.width), middle = side * (shape[2] / shape[1]) + 0.7 * sheet.size;
    const show = (row, image, lines, color) => {
      const top = (row * (sheet.height - side)) / 2;
      paint(sheet.context, image, shape, 0, top, (side * shape[2]) / shape[1], side);
      lines.forEach((words, i) => sheet.write(words, middle, top + side / 2 + (i - (lines.length - 1) / 2) * sheet.line, i ? {} : { weight: 700, color }));
    };
    show(0, pixels(inputs, chosen), [text.original]);
    walks.forEach(({ name, color, way }, row) => {
      const { codes, value } = way[at];
      show(row + 1, model.pixels(model.output(codes)), [name, count(text.used, codes), text.above.replace("{value}", tiny(value - least))], color);
    });
    chart(sheet, middle + 11.5 * sheet.size, walks, least, at, text);
    const shown = walks.map(({ way }) => ({ value: way[at].value - least, used: used(way[at].codes) }));
    canvas.setAttribute("aria-label", `${text.alt} ${walks.map(({ name }, i) => `${name}: ${tiny(shown[i].value)}`).join(", ")}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, shown: JSON.stringify({ at, chosen, l1: weight.value, least, ways: shown }) });
    find(".where").textContent = [
      text.weights.replace("{step}", number.format(weights.step)), text.least.replace("{value}", least.toPrecision(4)), count(text.used, enough),
    ].join(" · ");
  };
  return { draw };
});

// What both ways come to within `MOST` iterations, and the minimum that they go to.
function ways(model, image, l1) {
  const x = model.values(image).map((value, i) => value - model.offset[i]), enough = encode(model.atoms, x, l1);
  const walk = (momentum) => {
    const steps = descend(model.atoms, x, l1, momentum);
    return Array.from({ length: MOST + 1 }, () => { const { codes, objective } = steps.next().value; return { codes, value: objective }; });
  };
  return { ista: walk(false), fista: walk(true), enough, least: objective(model.atoms, x, enough, l1).value };
}

const used = (codes) => codes.reduce((sum, value) => sum + (value !== 0), 0);
const count = (words, codes) => words.replace("{used}", used(codes)).replace("{units}", codes.length);
const tiny = (value) => (value < 1e-9 ? "0" : value < 1e-3 ? scientific(value) : value.toPrecision(2));

// How far above the minimum each way was, up to the present iteration.
function chart(sheet, left, walks, least, at, text) {
  const { width, height, line, size, curve, dot, write } = sheet, start = Math.max(walks[0].way[0].value - least, 1e-9);
  const box = { left: left + 3.2 * size, top: 1.3 * line, right: width - 1.2 * size, bottom: height - 2.5 * line };
  const low = start * 10 ** -DECADES, up = { from: low, to: start * 5, log: true, name: text.axis };
  const { x, y, inside } = axes(sheet, box, { from: 0, to: MOST, name: text.iterations }, up);
  const place = ({ value }, i) => [x(i), y(Math.max(value - least, low / 10))];
  inside(() => walks.forEach(({ color, way }) => curve(way.slice(0, at + 1).map(place), { color, width: 3 })));
  const spots = walks.map(({ name, color, way }) => ({ name, color, spot: place(way[at], at) }));
  const high = (spot) => Math.min(spot[1], box.bottom);
  spots.forEach(({ name, color, spot }, i) => { // the slower one's name above its point, the faster one's below
    const py = Math.min(spot[1], box.bottom), right = spot[0] > box.right - 4 * size;
    dot(spot[0], py, 6, color);
    write(name, spot[0] + (right ? -9 : 9), Math.max(box.top + line / 2, Math.min(box.bottom - line / 2, py + (i ? 0.8 : -0.8) * line)),
      { align: right ? "right" : "left", weight: 700, color });
  });
}
