// What each latent dimension does: one row a dimension, set to values across the prior, all others as they are.
import { contactSheet, fit, message } from "../shared/draw.js";
import { bytes, picker, pixels, textSize } from "../shared/gallery.js";
import { among, look } from "../shared/look.js";
import { vae } from "../shared/net.js";
import { oncePerFrame, part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";
import { newestWeights } from "../shared/weights.js";

const COUNT = 9; // values a dimension takes
const [FEW, MANY] = [7, 10]; // rows in view; between them, as many as fit at full width. The others are a scroll away
const UNUSED = 0.01; // nats
const GAP = 3;
const ROOM = 9; // below a row, for its mark
const CHOSEN = { name: "✓", color: "#0072b2", ink: "#fff" };
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".traversal");
  root.innerHTML = `
    <div class="choice"></div>
    <div class="rows" role="region" tabindex="0"><canvas role="img"></canvas><div class="rest"></div></div>
    <div class="where"></div>`;
  const find = (selector) => root.querySelector(selector);
  const canvas = find("canvas"), rows = find(".rows");
  rows.setAttribute("aria-label", text.alt);
  const kept = look(place, { image: 0 });
  let last = null, made = {};
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const choose = picker(find(".choice"), 40, (i) => {
    kept.image = i;
    again();
  });
  rows.onscroll = again;

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text, reach } = data;
    const arrays = run.arrays(step), weights = newestWeights(run, again);
    if (!arrays?.inputs || !weights) {
      canvas.dataset.step = "";
      canvas.setAttribute("aria-label", text.alt);
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    const { inputs, kl_each: kl } = arrays, [count, ...shape] = inputs.shape;
    const chosen = among(kept.image, count);
    choose.show(inputs, { [chosen]: CHOSEN }, text.choose, text.image);
    if (made.tensors !== weights.tensors || made.chosen !== chosen) {
      made = { tensors: weights.tensors, chosen, ...walks(vae(data.model, weights.tensors), pixels(inputs, chosen), shape, reach) };
    }
    const order = [...made.mu.keys()].sort((a, b) => (kl ? kl.data[b] - kl.data[a] : a - b));

    const theme = getComputedStyle(canvas), plan = layout(width, height, shape[1] / shape[2], order.length);
    const write = (words, x, y, align, weight = 400) => {
      Object.assign(context, { font: `${weight} ${plan.size}px ${theme.fontFamily}`, fillStyle: theme.color, textAlign: align, textBaseline: "middle" });
      context.fillText(words, x, y);
    };
    find(".rest").style.height = `${(order.length - plan.shown) * plan.tall}px`;
    const first = Math.min(order.length - plan.shown, Math.round(rows.scrollTop / plan.tall));
    const inView = order.slice(first, first + plan.shown);
    made.values.forEach((value, i) => write(signed(value), plan.label + i * plan.pitch + plan.side / 2, plan.line / 2, "center"));
    inView.forEach((dimension, place) => {
      const y = plan.line + place * plan.tall, middle = y + plan.high / 2, nats = kl?.data[dimension], unused = nats < UNUSED;
      context.globalAlpha = unused ? 0.5 : 1;
      write("z", 0, middle, "left", 700);
      write(dimension + 1, 0.6 * plan.size, middle + 0.3 * plan.size, "left", 700); // an index of full size: read from afar
      if (kl) write(unused ? text.unused : `${nats.toFixed(nats < 0.1 ? 2 : 1)} ${text.nats}`, plan.label - plan.size, middle, "right");
      const row = made.row(dimension), [, tall, wide] = shape;
      made.values.forEach((_, i) => context.drawImage(row, i * wide, 0, wide, tall, plan.label + i * plan.pitch, y, plan.side, plan.high));
      const own = made.mu[dimension] / reach, outside = Math.abs(own) > 1 ? Math.sign(own) : 0;
      const x = plan.label + plan.side / 2 + (1 + (outside || own)) * plan.pitch * (COUNT - 1) / 2;
      caret(context, x, y + plan.high + 1, ROOM - 2, outside);
      context.globalAlpha = 1;
    });

    const costs = order.map((d) => `z${d + 1}${kl ? ` ${kl.data[d].toFixed(2)} ${text.nats}` : ""}`);
    canvas.setAttribute("aria-label", `${text.alt} ${costs.join(", ")}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, chosen, rows: inView.map((d) => d + 1).join(" ") });
    const more = text.rows.replace("{first}", first + 1).replace("{last}", first + plan.shown).replace("{count}", order.length);
    const source = text.weights.replace("{step}", number.format(weights.step)).replace("{frame}", number.format(step));
    find(".where").textContent = [...(plan.shown < order.length ? [more] : []), text.caret, source].join(" · ");
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["kl_each", "code_variance"]);
  return { draw, table };
});

// The code of image `x`, and row(i): a sheet of what is decoded as its dimension i takes each of `values`, made when first seen.
function walks(model, x, shape, reach) {
  const { mu } = model.encode(x), rows = new Map();
  const values = Array.from({ length: COUNT }, (_, i) => reach * ((2 * i) / (COUNT - 1) - 1));
  const row = (i) => {
    if (!rows.has(i)) {
      const data = bytes(values.flatMap((value) => [...model.decode(mu.with(i, value))]));
      rows.set(i, contactSheet({ shape: [COUNT, ...shape], data }, COUNT, 0, document.createElement("canvas")));
    }
    return rows.get(i);
  };
  return { mu, values, row };
}

// Sizes in px: of text, of an image (side x high), between images and between rows, and how many rows are in view.
function layout(width, height, ratio, count) {
  const size = textSize(width), line = 1.6 * size, label = 8.2 * size;
  const full = (width - label) / COUNT - GAP, fitting = Math.floor((height - line) / (full * ratio + ROOM));
  const shown = Math.min(count, MANY, Math.max(FEW, fitting));
  const side = Math.min(full, ((height - line) / shown - ROOM) / ratio), high = side * ratio;
  return { size, line, label, shown, side, high, pitch: side + GAP, tall: high + ROOM };
}

const signed = (value) => (Math.abs(value) < 1e-9 ? "0" : value.toFixed(1).replace("-", "−"));

// A small triangle below (x, y) that points up at where the image's own code is; or aside, to where it is `outside`.
function caret(context, x, y, size, outside) {
  const tips = outside ? [[outside * 1.6 * size, size / 2], [0, 0], [0, size]] : [[0, 0], [-size, size], [size, size]];
  context.fillStyle = "#e69f00";
  context.beginPath();
  for (const [dx, dy] of tips) context.lineTo(x + dx, y + dy);
  context.fill();
}
