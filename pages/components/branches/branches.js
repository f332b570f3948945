// The drawing of SimCLR with a run's own images and numbers: two views, f, h, g, z and the loss; g is crossed out once the
// run is done. The views are drawn, and go through the run's newest nets, here.
import { cosines, pairsOf, tint } from "../shared/contrast.js";
import { fit, message } from "../shared/draw.js";
import { painter } from "../shared/gallery.js";
import { among, look, onwards } from "../shared/look.js";
import { simclr } from "../shared/net.js";
import { oncePerFrame, part } from "../shared/part.js";
import { figure, pen as penOf } from "../shared/pen.js";
import { newestWeights } from "../shared/weights.js";
import { softmaxRow } from "../similarity/softmax.js";

const BATCH = 16; // images whose views are each other's negatives
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".branches");
  root.innerHTML = `<div class="controls"><button></button> <span class="image"></span> <button></button> <button></button><span class="where"></span></div>
    <canvas role="img"></canvas>`;
  const canvas = root.querySelector("canvas"), [previous, next, anew] = root.querySelectorAll("button"), paint = painter();
  const kept = look(place, { image: 3, seed: 1 });
  let last = null, count = BATCH, tensors = null, net = null, batch = null, drawn = "";
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  [[previous, "‹", text.previous], [next, "›", text.next], [anew, text.anew, text.anew]].forEach(([button, words, label]) => {
    button.textContent = words;
    button.setAttribute("aria-label", label);
  });
  const turn = (by) => { kept.image = onwards(kept.image, by, count); again(); };
  previous.onclick = () => turn(-1);
  next.onclick = () => turn(1);
  anew.onclick = () => { kept.seed += 1; again(); };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), { text, model, strengths } = data;
    const inputs = run.arrays(step)?.inputs, weights = newestWeights(run, again);
    if (!inputs || !weights) {
      delete canvas.dataset.step;
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    count = Math.min(BATCH, inputs.shape[0]);
    const { seed } = kept, chosen = among(kept.image, count), wanted = JSON.stringify([run.id, weights.step, seed, strengths]);
    if (tensors !== weights.tensors) [tensors, net] = [weights.tensors, simclr(model, weights.tensors)];
    if (drawn !== wanted) {
      batch = pairsOf(net, inputs, [...Array(count).keys()], strengths, seed);
      batch.cosines = cosines(batch.pairs);
      drawn = wanted;
    }
    const found = softmaxRow(batch.cosines, 2 * chosen, data.temperature), cosine = batch.cosines.data[2 * chosen * (2 * count) + 2 * chosen + 1];
    const done = run.status.state === "done", head = model.layers.head.length > 0;
    const scene = { pen: penOf(context, width), width, height, text, image: (values, x, y, side) => paint(context, values, inputs.shape.slice(1), x, y, side, side) };
    drawScene(scene, batch.images[chosen], batch.pairs[chosen], { done, head });
    drawLoss(scene, { cosine, ...found }, 2 * count - 1, data.nt_xent);
    root.querySelector(".image").textContent = text.image.replace("{number}", chosen + 1).replace("{count}", count);
    root.querySelector(".where").textContent = text.weights.replace("{step}", number.format(weights.step));
    canvas.setAttribute("aria-label", `${text.alt} ${text.cosine}: ${figure(cosine)}`);
    Object.assign(canvas.dataset, { run: run.id, step: weights.step, image: chosen, seed, cosine, loss: found.loss, crossed: done && head });
  };
  return { draw };
});

const COLUMNS = { x: 0.06, view: 0.235, f: 0.375, h: 0.495, g: 0.625, z: 0.735 }; // their middles, in widths
const ROWS = [0.26, 0.74];

function drawScene(scene, original, pair, { done, head }) {
  const { pen, width, height, text, image } = scene, { context, ink, size, line, write } = pen;
  const at = (name) => COLUMNS[name] * width, middle = height / 2, side = Math.min(0.105 * width, 0.3 * height), box = 0.8 * side;
  image(original, at("x") - side / 2, middle - side / 2, side);
  write("x", at("x"), middle + side / 2 + 0.7 * line, { align: "center", weight: 700 });
  pair.forEach(({ x, h, z }, branch) => {
    const y = ROWS[branch] * height, mark = ["", "′"][branch];
    arrow(pen, at("x") + side / 2 + 4, middle, at("view") - side / 2 - 4, y);
    write(`t${mark}`, (at("x") + at("view")) / 2 - 0.4 * size, (middle + y) / 2 + (branch ? 1 : -1) * 0.9 * size, { align: "center", weight: 700 });
    image(x, at("view") - side / 2, y - side / 2, side);
    arrow(pen, at("view") + side / 2 + 4, y, at("f") - box / 2 - 4, y);
    net(pen, "f", at("f"), y, box);
    arrow(pen, at("f") + box / 2 + 4, y, at("h") - side / 2 - 4, y);
    heat(context, h, at("h") - side / 2, y - side / 2, side);
    context.globalAlpha = done ? 0.45 : 1;
    arrow(pen, at("h") + side / 2 + 4, y, at("g") - box / 2 - 4, y);
    net(pen, head ? "g" : "=", at("g"), y, box);
    arrow(pen, at("g") + box / 2 + 4, y, at("z") - side / 2 - 4, y);
    heat(context, z, at("z") - side / 2, y - side / 2, side);
    arrow(pen, at("z") + side / 2 + 4, y, 0.845 * width, middle + (branch ? 1 : -1) * 1.6 * line);
    context.globalAlpha = 1;
    if (done && head) cross(context, at("g"), y, box);
    const below = y + side / 2 + 0.7 * line, above = y - side / 2 - 0.7 * line, labels = [["view", text.view], ["h", `h${mark} (${h.length})`], ["z", `z${mark} (${z.length})`]];
    labels.forEach(([name, words]) => write(words, at(name), branch ? below : above, { align: "center", weight: 700 }));
  });
  context.setLineDash([3, 5]);
  for (const name of head && !done ? ["f", "g"] : ["f"]) stroke(context, ink, 1.5, [[at(name), ROWS[0] * height + box / 2 + 3], [at(name), ROWS[1] * height - box / 2 - 3]]);
  context.setLineDash([]);
  write(text.shared, at("f"), ROWS[0] * height - side / 2 - 0.7 * line, { align: "center", room: at("h") - at("view") - side });
  if (done) write(text.kept, at("h"), middle, { align: "center", weight: 700, room: 1.2 * side });
  if (done && head) write(text.thrown, at("g"), middle, { align: "center", weight: 700, color: "#d55e00", room: 1.2 * side });
}

// The cosine of z and z', and of NT-Xent what it makes of it among the batch's other views.
function drawLoss({ pen: { context, size, line, write }, width, height, text }, { cosine, loss, others }, chance, contrasts) {
  const left = 0.86 * width, room = width - left, middle = height / 2;
  context.fillStyle = tint(cosine);
  context.beginPath();
  context.roundRect(left, middle - 2.7 * line, Math.min(room, 6 * size), 1.3 * line, 6);
  context.fill();
  write(figure(cosine), left + Math.min(room, 6 * size) / 2, middle - 2.05 * line, { align: "center", weight: 700, color: "#000" });
  write(text.cosine, left, middle - 0.9 * line, { room });
  if (!contrasts) return;
  const positive = others.find(({ view, push }) => push === 0 && view >= 0);
  write(`ℓ = ${figure(loss)}`, left, middle + 0.4 * line, { weight: 700, room });
  write(text.share.replace("{share}", figure(positive ? positive.p : 0)), left, middle + 1.5 * line, { room });
  write(text.chance.replace("{chance}", figure(Math.log(chance))), left, middle + 2.6 * line, { room });
}

// A net's box with its name.
function net({ context, ink, size, write }, name, x, y, side) {
  Object.assign(context, { strokeStyle: ink, lineWidth: 2 });
  context.beginPath();
  context.moveTo(x - side / 2, y - side / 2);
  context.lineTo(x + side / 2, y - side / 3.2);
  context.lineTo(x + side / 2, y + side / 3.2);
  context.lineTo(x - side / 2, y + side / 2);
  context.closePath();
  context.stroke();
  context.font = `italic 700 ${1.5 * size}px serif`;
  Object.assign(context, { fillStyle: ink, textAlign: "center", textBaseline: "middle" });
  context.fillText(name, x, y);
}

// Numbers as a sheet of cells, as near a square as their count allows, the largest in full colour.
function heat(context, values, x, y, side) {
  const rows = Array.from({ length: Math.floor(Math.sqrt(values.length)) }, (_, i) => i + 1).findLast((count) => values.length % count === 0);
  const columns = values.length / rows, most = Math.max(...values.map(Math.abs), 1e-12);
  context.fillStyle = "#888";
  context.fillRect(x - 1, y - 1, side + 2, side + 2);
  values.forEach((value, i) => {
    context.fillStyle = tint(value / most);
    context.fillRect(x + (i % columns) * (side / columns), y + Math.floor(i / columns) * (side / rows), side / columns + 0.3, side / rows + 0.3);
  });
}

function arrow({ context, ink }, x0, y0, x1, y1) {
  const angle = Math.atan2(y1 - y0, x1 - x0), tip = (turn) => [x1 - 10 * Math.cos(angle + turn), y1 - 10 * Math.sin(angle + turn)];
  stroke(context, ink, 2, [[x0, y0], [x1, y1]]);
  stroke(context, ink, 2, [tip(0.45), [x1, y1], tip(-0.45)]);
}

function cross(context, x, y, side) {
  for (const way of [1, -1]) stroke(context, "#d55e00", 5, [[x - 0.6 * side, y - way * 0.6 * side], [x + 0.6 * side, y + way * 0.6 * side]]);
}

function stroke(context, color, width, points) {
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.beginPath();
  points.forEach((point) => context.lineTo(...point));
  context.stroke();
}
