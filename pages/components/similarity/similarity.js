// The cosines of some recorded pairs of views, and of one of them its softmax and its gradient at a temperature of choice.
import { slider } from "../descent/slider.js";
import { tint } from "../shared/contrast.js";
import { fit, message } from "../shared/draw.js";
import { painter, pixels } from "../shared/gallery.js";
import { among, inside, look, onwards } from "../shared/look.js";
import { oncePerFrame, part } from "../shared/part.js";
import { figure, pen as penOf, precise } from "../shared/pen.js";
import { ofArrays } from "../shared/table.js";
import { partner, softmaxRow } from "./softmax.js";

const LIMITS = { from: 0.02, to: 5, log: true };
const KEYS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".similarity");
  root.innerHTML = `<div class="controls"><div class="temperature"></div><button></button></div>
    <canvas role="img" tabindex="0"></canvas><div class="where" role="status"></div>`;
  const canvas = root.querySelector("canvas"), where = root.querySelector(".where"), button = root.querySelector("button"), paint = painter();
  const kept = look(place, { row: 0, temperature: 0 });
  let last = null, row = kept.row, matrix = null, of = "";
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const temperature = slider(root.querySelector(".temperature"), "τ", { ...LIMITS, value: 1 }, () => { kept.temperature = temperature.value; again(); });
  button.onclick = () => { temperature.value = last[1].temperature; kept.temperature = 0; again(); };

  const rowAt = (event) => {
    const box = canvas.getBoundingClientRect(), x = event.clientX - box.left - matrix.left, y = event.clientY - box.top - matrix.top;
    const place = Math.floor((y / matrix.side) * matrix.count);
    return x >= -matrix.edge && x < matrix.side && place >= 0 && place < matrix.count ? place : null;
  };
  const show = (place) => { if (place !== row) { row = place; again(); } };
  canvas.onpointermove = (event) => matrix && show(rowAt(event) ?? kept.row);
  canvas.onpointerleave = () => show(kept.row);
  canvas.onclick = (event) => { const place = matrix && rowAt(event); if (place !== null) show((kept.row = place)); };
  canvas.onkeydown = (event) => {
    const way = KEYS[event.key];
    if (!way || !matrix) return;
    event.preventDefault();
    show((kept.row = onwards(kept.row, way, matrix.count)));
  };

  const draw = (run, data, step) => {
    last = [run, data, step];
    if (of !== run.id) {
      if (of) kept.temperature = 0; // another run comes with its own
      [of, temperature.value] = [run.id, kept.temperature ? inside(kept.temperature, LIMITS) : data.temperature];
    }
    const { context, width, height } = fit(canvas), { text, colors } = data, arrays = run.arrays(step);
    button.textContent = text.back.replace("{value}", data.temperature);
    if (!arrays?.similarities || !arrays.views) {
      delete canvas.dataset.step;
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    const { similarities, views } = arrays, count = similarities.shape[0], pen = penOf(context, width), [, ...shape] = views.shape;
    const wide = Math.min(0.5 * width, height - pen.line), edge = wide / (count + 1.5);
    matrix = { left: edge, top: pen.line + edge, side: wide - edge, edge, count };
    row = among(row, count);
    const image = (view, x, y, side) => paint(context, pixels(views, view), shape, x, y, side, side);
    drawMatrix(pen, matrix, similarities, row, image, text);
    const found = softmaxRow(similarities, row, temperature.value);
    drawRow(pen, { left: wide + 1.5 * pen.size, width: width - wide - 1.5 * pen.size, height }, row, found, image, text, colors);
    const numbers = { loss: figure(found.loss), chance: figure(Math.log(count - 1)), others: count - 1, pull: precise(found.pull), negatives: figure(found.negatives, 1) };
    where.textContent = Object.entries(numbers).reduce((words, [name, value]) => words.replace(`{${name}}`, value), text.numbers);
    canvas.setAttribute("aria-label", `${text.alt} ${text.view.replace("{number}", row + 1)} ${where.textContent}`);
    Object.assign(canvas.dataset, { run: run.id, step, row, loss: found.loss, temperature: temperature.value });
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["similarities"]);
  return { draw, table, moves: true };
});

// The matrix, the views along its sides, the positives outlined, the row in view marked.
function drawMatrix({ context, ink, write, line }, { left, top, side, edge, count }, { data }, row, image, text) {
  const cell = side / count;
  write(text.matrix, 0, line / 2, { weight: 700, room: left + side });
  for (let i = 0; i < count; i++) {
    image(i, left + i * cell, top - edge, cell);
    image(i, left - edge, top + i * cell, cell);
    for (let j = 0; j < count; j++) {
      context.fillStyle = i === j ? "#888" : tint(data[i * count + j]);
      context.fillRect(left + j * cell, top + i * cell, cell - 0.5, cell - 0.5);
    }
  }
  Object.assign(context, { strokeStyle: "#000", lineWidth: 1.5 });
  for (let i = 0; i < count; i++) context.strokeRect(left + partner(i) * cell, top + i * cell, cell - 0.5, cell - 0.5);
  Object.assign(context, { strokeStyle: ink, lineWidth: 3 });
  context.strokeRect(left - edge, top + row * cell - 1, side + edge, cell + 1);
}

// The row's view and its positive; below, its softmax, and how the push is shared among the negatives.
function drawRow({ context, ink, size, line, write }, { left, width, height }, row, { others }, image, text, colors) {
  const big = 2.6 * size, cell = width / others.length, thumb = Math.min(cell, 1.6 * size);
  image(row, left, 0, big);
  image(partner(row), left + big + 0.4 * size, 0, big);
  write(text.view.replace("{number}", row + 1), left + 2 * big + size, 0.5 * line, { weight: 700, room: width - 2 * big - size });
  write(text.positive, left + 2 * big + size, 1.5 * line, { weight: 700, color: colors.positive, room: width - 2 * big - size });
  const tall = (height - big - 2.4 * line - thumb - 8) / 2, charts = [["p", text.softmax], ["push", text.push]];
  charts.forEach(([name, words], chart) => {
    const top = big + 0.3 * line + chart * (tall + line + (chart ? thumb : 0)), base = top + line + tall, most = Math.max(...others.map((one) => one[name]), 1e-12);
    write(words, left, top + line / 2, { room: 0.7 * width });
    write(text.most.replace("{value}", figure(most)), left + width, top + line / 2, { align: "right", room: 0.28 * width });
    context.fillStyle = ink;
    context.fillRect(left, base, width, 1);
    others.forEach(({ view, [name]: value }, i) => {
      const bar = (tall - 4) * (value / most);
      context.fillStyle = view === partner(row) ? colors.positive : colors.negative;
      context.fillRect(left + i * cell + 0.5, base - bar, cell - 1, bar);
      if (chart === 0) image(view, left + i * cell + (cell - thumb) / 2, base + 3, thumb);
    });
  });
}
