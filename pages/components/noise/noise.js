// How noise and prior set the penalty: the codes of one test image at lambda = s^2 lambda_prior, solved as either moves.
import { axes, paper } from "../descent/chart.js";
import { short, slider } from "../descent/slider.js";
import { message } from "../shared/draw.js";
import { painter, picker, pixels } from "../shared/gallery.js";
import { encode, objective } from "../shared/lasso.js";
import { among, inside, look } from "../shared/look.js";
import { machine } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { newestWeights } from "../shared/weights.js";

const FEW = 10; // images to choose from
const VARIANCE = { from: 1e-3, to: 10 }, PRIOR = { from: 0.01, to: 1000 };
const START = 0.1; // s^2, as it stands at first
const CHOSEN = { name: "✓", color: "#0072b2", ink: "#fff" };

export default part(["frame", "frames", "status"], (parent, { data: { l1, place, text } }) => {
  const root = parent.querySelector(".noise");
  root.innerHTML = `<div class="controls"><span class="variance"></span><span class="prior"></span></div><div class="product"></div>
    <div class="choice"></div><canvas role="img"></canvas>`;
  const find = (selector) => root.querySelector(selector), canvas = find("canvas"), paint = painter();
  const kept = look(place, { image: 2, variance: START, prior: l1 / START });
  let last = null, held = {};
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const choose = picker(find(".choice"), FEW, (i) => { kept.image = i; again(); });
  const variance = slider(find(".variance"), "s²", { ...VARIANCE, log: true, value: inside(kept.variance, VARIANCE) }, () => { kept.variance = variance.value; again(); });
  const prior = slider(find(".prior"), "λ₀", { ...PRIOR, log: true, value: inside(kept.prior, PRIOR) }, () => { kept.prior = prior.value; again(); });

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { text, colors } = data, arrays = run.arrays(step), weights = newestWeights(run, again), sheet = paper(canvas);
    if (!arrays?.inputs || !weights) {
      canvas.dataset.step = "";
      canvas.setAttribute("aria-label", text.alt);
      return message(sheet.context, text[run.status.state] ?? text.waiting, sheet.width, sheet.height);
    }
    if (held.inputs !== arrays.inputs) Object.assign(held, { inputs: arrays.inputs, few: few(arrays.inputs) });
    if (held.tensors !== weights.tensors) Object.assign(held, { tensors: weights.tensors, model: machine(data.model, weights.tensors) });
    const { model, few: images } = held, chosen = among(kept.image, images.shape[0]), weight = variance.value * prior.value, image = pixels(images, chosen);
    choose.show(images, { [chosen]: CHOSEN }, text.choose, text.image);
    const x = model.values(image).map((value, i) => value - model.offset[i]), codes = encode(model.atoms, x, weight);
    const { error, penalty } = objective(model.atoms, x, codes, weight), used = codes.reduce((sum, value) => sum + (value !== 0), 0);
    find(".product").textContent = text.product.replace("{product}", short(weight))
      .replace("{variance}", short(variance.value)).replace("{prior}", short(prior.value));

    const { width, height, line, size, write, context } = sheet, [channels, rows, columns] = images.shape.slice(1);
    const output = model.output(codes), noisy = output.map((value, i) => value + Math.sqrt(variance.value) * draws(i));
    const wide = Math.min(0.22 * width, ((0.45 * height - line) * columns) / rows), tall = (wide * rows) / columns;
    [[image, text.original], [model.pixels(output), "x̂"], [model.pixels(noisy), "x̂ + s ε"]].forEach(([values, words], i) => {
      paint(context, values, [channels, rows, columns], i * (wide + 8), 0, wide, tall);
      write(words, i * (wide + 8) + wide / 2, tall + 0.7 * line, { align: "center", room: wide + 6 });
    });
    const said = [text.used.replace("{used}", used).replace("{units}", codes.length), `½‖x − x̂‖² = ${error.toPrecision(3)}`, `λ‖u‖₁ = ${penalty.toPrecision(3)}`];
    said.forEach((words, i) => write(words, 3 * wide + 34, tall / 2 + (i - 1) * 1.15 * line, { weight: i ? 400 : 700, room: width - 3 * wide - 34 }));
    stems(sheet, tall + 2.6 * line, codes, colors.codes, text);
    canvas.setAttribute("aria-label", `${text.alt} ${said.join(", ")}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, shown: JSON.stringify({ weight, chosen, used, error, penalty }) });
  };
  return { draw };
});

function few({ shape: [count, ...shape], data }) {
  const some = Math.min(FEW, count);
  return { shape: [some, ...shape], data: data.slice(0, (some * data.length) / count) };
}

// The i-th of fixed standard normal numbers, so that the noise stays while its size changes: Box and Muller's way.
const fraction = (value) => value - Math.floor(value);
const even = (i) => fraction(43758.5453 * Math.sin(12.9898 * (i + 1)));
const draws = (i) => Math.sqrt(-2 * Math.log(1 - even(2 * i))) * Math.cos(2 * Math.PI * even(2 * i + 1));

// A stem for each code that is not zero.
function stems(sheet, top, codes, color, text) {
  const { width, height, line, size, curve, dot } = sheet, count = codes.length;
  const most = codes.reduce((most, value) => Math.max(most, value), 0), least = codes.reduce((least, value) => Math.min(least, value), 0);
  const span = most - least || 1, box = { left: 3.6 * size, top, right: width - size, bottom: height - 2.3 * line };
  const up = { from: least - 0.05 * span, to: (most || (least ? 0 : 1)) + 0.05 * span, name: text.codes };
  const { x, y } = axes(sheet, box, { from: 0, to: count, name: text.unit }, up);
  curve([[box.left, y(0)], [box.right, y(0)]], { width: 1 });
  codes.forEach((value, i) => {
    if (value === 0) return;
    curve([[x(i + 0.5), y(0)], [x(i + 0.5), y(value)]], { color, width: 2 });
    dot(x(i + 0.5), y(value), Math.min(4, Math.max(2.5, (box.right - box.left) / count)), color);
  });
}
