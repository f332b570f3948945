// All atoms of a sparse code, those most used first, and a page about the one that is chosen.
import { contactSheet, fit, message } from "../shared/draw.js";
import { look } from "../shared/look.js";
import { machine, row, shades } from "../shared/machine.js";
import { oncePerFrame, part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";
import { newestWeights } from "../shared/weights.js";
import { drawCard } from "./card.js";

const GAP = 1; // pixels of an atom, between atoms
const GREY = 132; // what zero becomes in the 32 shades of a frame
const CHOSEN = "#e69f00", NEAR = "#0072b2";
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place: home, text } }) => {
  const root = parent.querySelector(".atoms");
  root.innerHTML = `
    <div class="box"><canvas class="sheet" role="application" tabindex="0"></canvas><canvas class="card" role="img"></canvas></div>
    <div class="where" aria-live="polite"></div>`;
  const find = (selector) => root.querySelector(selector);
  const sheet = find(".sheet"), card = find(".card"), where = find(".where"), off = document.createElement("canvas");
  const kept = look(home, { unit: -1 });
  let last = null, shown = null, plan = null;
  const again = oncePerFrame(() => last && sheet.isConnected && draw(...last));
  sheet.setAttribute("aria-label", text.alt);
  const unit = () => (shown.order.includes(kept.unit) ? kept.unit : shown.order[0]);
  const choose = (place) => {
    kept.unit = shown.order[Math.max(0, Math.min(shown.order.length - 1, place))];
    again();
  };
  sheet.onclick = ({ offsetX, offsetY }) => {
    const column = Math.floor(offsetX / plan.wide), place = Math.floor(offsetY / plan.high) * plan.columns + column;
    if (column < plan.columns && place < shown.order.length) choose(place);
  };
  sheet.onkeydown = (event) => {
    const { columns } = plan ?? {}, step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step || !shown) return;
    event.preventDefault();
    choose(shown.order.indexOf(unit()) + step);
  };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(sheet), { text } = data;
    const arrays = run.arrays(step), weights = newestWeights(run, again), newest = step >= (run.steps.at(-1) ?? 0);
    const beside = fit(card);
    if (!arrays?.atoms || !arrays.codes || !arrays.density || !arrays.probe_images) {
      sheet.dataset.step = "";
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    shown = atomsAt(arrays, newest ? weights : null, data.model, shown);
    plan = layout(shown, width, height);
    drawSheet(context, shown, plan, off);
    frame(context, plan, shown.order.indexOf(unit()), CHOSEN);
    const { facts, alike } = drawCard(beside, shown, arrays, unit(), text);
    alike.forEach((other) => frame(context, plan, shown.order.indexOf(other), NEAR));
    card.setAttribute("aria-label", facts);
    const seen = shown.weights ? shown.weights.step : run.at;
    Object.assign(sheet.dataset, { run: run.id, step: seen, chosen: unit(), dead: shown.dead, order: shown.order.slice(0, 8).join(" ") });
    const units = number.format(arrays.density.data.length), few = shown.order.length < arrays.density.data.length;
    const dead = text.dead.replace("{count}", number.format(shown.dead)).replace("{units}", units);
    const words = [text.sorted, dead, text.step.replace("{step}", number.format(seen))];
    if (few) words.unshift(text.few.replace("{shown}", number.format(shown.order.length)).replace("{units}", units));
    where.textContent = words.join(" · ");
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["density", "atoms"]);
  return { draw, table, moves: true };
});

// The atoms of the newest weights, or those that the frame has (of large images not all), in order of use; dead units are
// last. Kept as long as what they are made of is in view.
function atomsAt(arrays, weights, model, before) {
  const source = weights?.tensors ?? arrays.atoms, { density } = arrays;
  if (before?.source === source && before.density === density) return before;
  const [count, ...shape] = arrays.atoms.shape;
  const framed = () => ({ shape: [count, arrays.atoms.data.length / count], data: Float32Array.from(arrays.atoms.data, (shade) => shade - GREY) });
  const atoms = weights ? machine(model, weights.tensors).atoms : framed();
  const images = Array.from({ length: atoms.shape[0] }, (_, i) => shades(row(atoms, i)));
  const order = [...images.keys()].sort((a, b) => density.data[b] - density.data[a]);
  const size = atoms.shape[1], pictures = { shape: [order.length, ...shape], data: new Uint8ClampedArray(order.length * size) };
  order.forEach((unit, place) => pictures.data.set(images[unit].map((shade) => 255 * shade), place * size));
  const dead = (units) => units.filter((unit) => density.data[unit] === 0).length;
  return { source, weights, density, atoms, images, pictures, shape, order, dead: dead([...density.data.keys()]), crossed: dead(order) };
}

// As many columns as make the atoms largest.
function layout({ images, shape: [, rows, columns] }, width, height) {
  const across = columns + GAP, down = rows + GAP, count = images.length;
  const scales = Array.from({ length: count }, (_, i) => Math.min(width / ((i + 1) * across), height / (Math.ceil(count / (i + 1)) * down)));
  const scale = Math.max(...scales), best = scales.indexOf(scale) + 1;
  return { columns: best, scale, wide: across * scale, high: down * scale, gap: GAP * scale };
}

function drawSheet(context, { pictures, order, crossed }, plan, off) {
  contactSheet(pictures, plan.columns, GAP, off);
  context.imageSmoothingEnabled = plan.scale * (globalThis.devicePixelRatio || 1) < 1; // smaller than they are: rows would drop out
  context.drawImage(off, 0, 0, off.width * plan.scale, off.height * plan.scale);
  Object.assign(context, { fillStyle: "#000b", strokeStyle: "#fff9", lineWidth: 1 });
  for (let place = order.length - crossed; place < order.length; place++) {
    const [x, y, width, height] = cell(plan, place);
    context.fillRect(x, y, width, height);
    context.beginPath();
    context.moveTo(x, y + height);
    context.lineTo(x + width, y);
    context.stroke();
  }
}

const cell = ({ columns, wide, high, gap }, place) => [(place % columns) * wide, Math.floor(place / columns) * high, wide - gap, high - gap];

function frame(context, plan, place, color) {
  if (place < 0) return;
  const [x, y, width, height] = cell(plan, place);
  Object.assign(context, { strokeStyle: color, lineWidth: 3 });
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}
