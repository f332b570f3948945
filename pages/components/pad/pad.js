// A point on the map of codes and what is decoded there, as it is dragged; two codes, and what lies between them.
import { toggle } from "../shared/controls.js";
import { choicesOf, codesOf } from "../shared/codes.js";
import { fit, message } from "../shared/draw.js";
import { painter, picker, pixels } from "../shared/gallery.js";
import { among, look } from "../shared/look.js";
import { machine } from "../shared/machine.js";
import { axisName } from "../shared/map.js";
import { oncePerFrame, part } from "../shared/part.js";
import { pen } from "../shared/pen.js";
import { lerp, slerp } from "../shared/walks.js";
import { newestWeights } from "../shared/weights.js";
import { MARKS, board } from "./board.js";
import { drawStrip, film } from "./film.js";
import { sliders } from "./sliders.js";

const MOST = 32; // numbers of a code that a URL has room for
const COUNT = 11; // images on the segment, both ends included
const FIRST = { P: 0, A: 2, B: 7 }; // images at whose codes the marks begin
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place: home, text } }) => {
  const root = parent.querySelector(".pad");
  root.innerHTML = `
    <div class="box"><canvas class="map" tabindex="0" role="application"></canvas>
    <div class="view"><canvas class="image" role="img"></canvas><div class="sliders"></div><div class="tools"></div></div>
    <div class="choice"><div class="whom"></div></div></div>
    <canvas class="strip" role="img"></canvas><div class="where"></div>`;
  const find = (selector) => root.querySelector(selector), image = find(".image"), strip = find(".strip"), paint = painter(), reel = film();
  const kept = look(home, { from: [], P: [], A: [], B: [], plane: [], round: false });
  let at = {}, whose = "P", plane = null, walk = {}, last = null, made = {};
  const again = oncePerFrame(() => last && image.isConnected && draw(...last));

  // A code that is short is kept as it is, of others the image that it is the code of.
  const keep = () => {
    const names = Object.keys(FIRST), own = names.filter((name) => at[name].from === null && at[name].z.length <= MOST);
    const codes = names.map((name) => [name, own.includes(name) ? [...at[name].z].map((value) => Number(value.toFixed(3))) : []]);
    Object.assign(kept, { from: names.map((name) => at[name].from ?? -1), plane, ...Object.fromEntries(codes) });
  };
  // Marks: {z, from}, `from` the image whose code it is, null once it was moved.
  const put = (name, z, from = null) => { at[name] = { z, from }; again(); keep(); };
  const take = (name) => { whose = name; again(); };
  const place = (name, i) => {
    put(name, made.choices.code(i), i);
    if (name !== "P") take(name === "A" ? "B" : "A"); // the segment's other end comes next
  };
  const choose = picker(find(".choice"), 5, (i) => place(whose, i));
  const whom = buttons(find(".whom"), text, take);
  const map = board(find(".map"), {
    hold: take, next: () => whose, drop: (i) => place(whose === "P" ? "A" : whose, i),
    move: (name, values) => put(name, values.reduce((z, value, i) => z.with(plane[i], value), at[name].z)),
  });
  find(".map").setAttribute("aria-label", text.map);
  draggable(find(".choice"));
  const rows = sliders(find(".sliders"), (dimension, value) => put("P", at.P.z.with(dimension, value)));
  const selects = [text.across, text.up].map((name, i) => {
    const turn = () => { plane = plane.with(i, Number(selects[i].value)); again(); keep(); };
    return Object.assign(document.createElement("select"), { ariaLabel: name, onchange: turn });
  });
  const centre = Object.assign(document.createElement("button"), { textContent: text.centre, onclick: () => put(whose, made.known.centre.slice()) });
  find(".tools").append(...selects, centre, toggle(text.round, kept.round, (value) => { walk = {}; kept.round = value; again(); }));

  // What is known of the newest weights: codes that came from images follow.
  const learn = (run, { model: kind, prior, text }, arrays, weights, newest) => {
    const model = machine(kind, weights.tensors), choices = choicesOf(arrays, model), known = codesOf(arrays, choices, model.size, prior);
    const [count, ...shape] = choices.images.shape, another = at.P?.z.length !== model.size;
    made = { run, newest, tensors: weights.tensors, model, choices, known, shape };
    walk = {};
    Object.entries(FIRST).forEach(([name, first], i) => {
      if (another && kept[name].length === model.size) at[name] = { from: null, z: Float32Array.from(kept[name]) };
      else if (another || at[name].from !== null) {
        const from = another ? among(kept.from[i] >= 0 ? kept.from[i] : first, count) : at[name].from;
        at[name] = { from, z: choices.code(from) };
      }
    });
    const usual = known.order.slice(0, 2).sort((a, b) => a - b), mine = kept.plane.length === usual.length && kept.plane.every((i) => known.order.includes(i));
    if (another) plane = mine ? kept.plane : usual;
    selects.forEach((select, i) => {
      select.hidden = model.size < 3;
      select.replaceChildren(...known.order.map((d) => new Option(axisName(d), d, d === plane[i], d === plane[i])));
    });
    find(".where").textContent = text.weights.replace("{step}", number.format(weights.step));
  };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { text } = data, newest = run.steps.at(-1), arrays = run.arrays(newest), weights = newestWeights(run, again);
    if (!arrays?.[data.model.kind === "gan" ? "draws" : "inputs"] || !weights) {
      const { context, width, height } = fit(image);
      root.dataset.step = "";
      return message(context, text[run.status.state] ?? text.waiting, width, height);
    }
    if (made.tensors !== weights.tensors || made.newest !== newest || made.run !== run) learn(run, data, arrays, weights, newest);
    const { model, choices, known, shape } = made, { P, A, B } = at;
    choose.show(choices.images, marked(at), text.choose.replace("{mark}", text[whose]), text.image);
    for (const [name, button] of Object.entries(whom)) button.setAttribute("aria-pressed", name === whose);
    if (walk.from !== A.z || walk.to !== B.z) walk = { from: A.z, to: B.z, codes: (kept.round ? slerp : lerp)(A.z, B.z, COUNT) };
    map.draw(made, plane, at, walk.codes, data);
    rows.show(known, plane, P.z);
    const original = P.from !== null && model.encode && model.size < 3 ? pixels(choices.images, P.from) : null;
    drawImage(fit(image), model.decode(P.z), original, shape, paint, text);
    const { images, whole } = reel(walk.codes, model.decode);
    if (!whole) again();
    drawStrip(strip, images, shape, paint, kept.round ? text.slerp : text.lerp, [MARKS.A, MARKS.B]);
    const point = plane.map((i) => P.z[i].toFixed(4)).join(" "), from = [P, A, B].map((mark) => mark.from ?? "-").join(" ");
    Object.assign(root.dataset, { run: run.id, step: weights.step, point, from, plane: plane.join(" "), whole });
  };
  image.setAttribute("aria-label", text.decoded);
  strip.setAttribute("aria-label", text.strip);
  return { draw };
});

// A button a mark: the chosen one goes where an image is picked or the map is pressed.
function buttons(parent, text, take) {
  return Object.fromEntries(Object.entries(MARKS).map(([name, { color, ink }]) => {
    const words = text.choose.replace("{mark}", text[name]);
    const button = Object.assign(document.createElement("button"), { textContent: name, title: words, ariaLabel: words, onclick: () => take(name) });
    button.style.cssText = `--end: ${color}; --on: ${ink}`;
    parent.append(button);
    return [name, button];
  }));
}

// Images that can be picked up and dropped on the map.
function draggable(parent) {
  parent.onpointerdown = ({ target }) => { target.draggable = target.role === "option"; };
  parent.ondragstart = ({ target, dataTransfer }) => dataTransfer.setData("text/plain", [...target.parentElement.children].indexOf(target));
}

// Which images the marks are at, for the picker.
const marked = (at) => Object.fromEntries(Object.keys(at).filter((name) => at[name].from !== null).map((name) => [at[name].from, MARKS[name]]));

// What is decoded, large; beside it the image whose code it is.
function drawImage({ context, width, height }, decoded, original, shape, paint, text) {
  const { write, line } = pen(context, width), ratio = shape[1] / shape[2];
  const side = Math.min((height - 1.3 * line) / ratio, width), small = Math.min(side, width - side - 8);
  paint(context, decoded, shape, 0, 0, side, side * ratio);
  write(text.decoded, 0, side * ratio + 0.7 * line, { room: side });
  if (!original || small < 40) return;
  paint(context, original, shape, side + 8, 0, small, small * ratio);
  write(text.original, side + 8, small * ratio + 0.7 * line, { room: small });
}
