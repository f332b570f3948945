// Both players in the plane: what a judge says where, real points and the generator's, how these are pulled, and the
// latent grid as the generator bends it. A lens follows the pointer: modes can be a hundredth of the picture wide.
import { toggle } from "../shared/controls.js";
import { enlarged, fit, letters, message } from "../shared/draw.js";
import { look } from "../shared/look.js";
import { part } from "../shared/part.js";
import { marker } from "../shared/shapes.js";
import { ofArrays } from "../shared/table.js";

const LAYERS = ["map", "real", "fakes", "pulls", "mesh"];
const ARROW = 0.09; // length of the longest arrow, of the picture's side
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const [REAL, FAKE] = [0, 2]; // their shapes: a disc and a triangle
const LENS = { times: 12, share: 0.42 }; // magnification, and its side over the picture's

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const root = parent.querySelector(".arena");
  root.innerHTML = `<canvas role="img" tabindex="0"></canvas><span class="layers"></span>`;
  const canvas = root.querySelector("canvas"), bar = root.querySelector(".layers"), sheet = document.createElement("canvas");
  const on = look(data.place, Object.fromEntries(LAYERS.map((name) => [name, data.on.includes(name)])));
  let pointer = null, redraw = () => {};
  bar.append(...LAYERS.map((name) => toggle(data.text[name], on[name], (value) => { on[name] = value; redraw(); })));
  for (const [name, sign] of [["real", "●"], ["fakes", "▲"]]) bar.children[LAYERS.indexOf(name)].dataset.sign = sign;
  canvas.onpointermove = ({ offsetX, offsetY }) => { pointer = [offsetX, offsetY]; redraw(); };
  canvas.onpointerleave = canvas.onblur = () => { pointer = null; redraw(); };
  canvas.onkeydown = (event) => {
    const way = KEYS[event.key], side = Math.min(canvas.clientWidth, canvas.clientHeight);
    if (!way) return;
    event.preventDefault();
    pointer = (pointer ?? [side / 2, side / 2]).map((at, i) => Math.max(0, Math.min(side, at + (way[i] * side) / 40)));
    redraw();
  };
  const draw = (run, data, step) => {
    redraw = () => canvas.isConnected && draw(run, data, step);
    const { context, width, height } = fit(canvas), side = Math.min(width, height), arrays = run.arrays(step);
    canvas.dataset.step = arrays ? step : "";
    canvas.dataset.run = run.id;
    if (!arrays?.fakes || !arrays.reach) return message(context, data.text[run.status.state] ?? data.text.waiting, width, height);
    const reach = arrays.reach.data[0], scale = side / (2 * reach);
    const scene = { context, arrays, data, on, sheet, side, step, ink: getComputedStyle(canvas).color, at: (x, y) => [side / 2 + x * scale, side / 2 - y * scale], size: 1 };
    paint(scene);
    ticks(scene, reach);
    if (pointer) lens(scene, pointer, reach);
    const counts = [arrays.real, arrays.fakes].map(({ shape: [count] }) => count);
    canvas.setAttribute("aria-label", `${data.text.alt} ${data.text.real}: ${counts[0]}, ${data.text.fakes}: ${counts[1]}`);
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["real", "fakes", "pulls"]);
  return { draw, table, moves: true };
});

function paint(scene) {
  const { arrays, on, data } = scene;
  if (on.map && arrays[data.map]) judgement(scene, arrays[data.map].data);
  if (on.mesh) mesh(scene, arrays.mesh);
  if (on.real) dots(scene, arrays.real.data, REAL);
  if (on.pulls) arrows(scene, arrays.fakes.data, arrays.pulls.data);
  if (on.fakes) dots(scene, arrays.fakes.data, FAKE);
}

// What the judge says in each cell: blue where real, orange where fake, white where it cannot tell, nothing where nobody is.
function judgement({ context, arrays, data, sheet, at, side }, values) {
  const cells = Math.round(Math.sqrt(values.length)), share = data.map === "best" ? (p) => p : belief(arrays, data.scale);
  const colors = [data.colors.fake, data.colors.real].map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
  sheet.width = sheet.height = cells;
  const painter = sheet.getContext("2d"), image = painter.createImageData(cells, cells);
  values.forEach((value, i) => {
    const p = share(value), color = colors[Number(p > 0.5)], depth = 0.85 * Math.abs(2 * p - 1);
    const row = cells - 1 - Math.floor(i / cells); // rows go upwards
    image.data.set([...color.map((c) => 255 + depth * (c - 255)), Number.isNaN(p) ? 0 : 255], 4 * (row * cells + (i % cells)));
  });
  painter.putImageData(image, 0, 0);
  const reach = arrays.reach.data[0], [left, top] = at(-reach, reach), [right] = at(reach, 0);
  context.imageSmoothingEnabled = data.map === "verdict";
  context.drawImage(sheet, left, top, right - left, right - left);
  context.imageSmoothingEnabled = false;
}

// From a discriminator's output to a share of belief in [0, 1]: a probability's logit, least squares' own scale, or a
// critic's, which has no zero of its own: halfway between what it says of real points and of generated ones.
function belief({ logits_real: real, logits_fake: fake }, scale) {
  if (scale === "raw") return (t) => Math.min(1, Math.max(0, t));
  const mean = ({ data }) => data.reduce((sum, t) => sum + t, 0) / data.length;
  const middle = scale === "critic" ? (mean(real) + mean(fake)) / 2 : 0;
  const unit = scale === "critic" ? Math.max(1e-6, Math.abs(mean(real) - mean(fake)) / 2) : 1;
  return (t) => 1 / (1 + Math.exp((middle - t) / unit));
}

function dots({ context, data, at, size, side }, points, shape) {
  const dot = marker(context, { [REAL]: data.colors.real, [FAKE]: data.colors.fake }, Math.max(2.2, side / 130) * size, 0.6);
  for (let i = 0; i < points.length; i += 2) dot(...at(points[i], points[i + 1]), shape);
}

// Downhill on the generator's loss from each point; the longest has a fixed length, the others are to scale.
function arrows({ context, at, size, side, ink }, points, pulls) {
  const lengths = Array.from({ length: pulls.length / 2 }, (_, i) => Math.hypot(pulls[2 * i], pulls[2 * i + 1]));
  const unit = (ARROW * side * size) / Math.max(1e-12, ...lengths);
  Object.assign(context, { strokeStyle: ink, fillStyle: ink, lineWidth: 1.6 });
  lengths.forEach((length, i) => {
    const [x, y] = at(points[2 * i], points[2 * i + 1]), dx = pulls[2 * i] * unit, dy = -pulls[2 * i + 1] * unit, long = length * unit;
    if (long < 3) return;
    const tip = Math.min(7, long / 2), [ux, uy] = [dx / long, dy / long];
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + dx, y + dy);
    context.stroke();
    context.beginPath();
    context.moveTo(x + dx, y + dy);
    context.lineTo(x + dx - tip * (ux + 0.5 * uy), y + dy - tip * (uy - 0.5 * ux));
    context.lineTo(x + dx - tip * (ux - 0.5 * uy), y + dy - tip * (uy + 0.5 * ux));
    context.fill();
  });
}

function mesh({ context, at }, { shape: [rows, columns], data }) {
  Object.assign(context, { strokeStyle: "#7b3fa0", lineWidth: 1.2, globalAlpha: 0.75 });
  const line = (count, place) => {
    context.beginPath();
    for (let i = 0; i < count; i++) context.lineTo(...at(data[2 * place(i)], data[2 * place(i) + 1]));
    context.stroke();
  };
  for (let r = 0; r < rows; r++) line(columns, (i) => r * columns + i);
  for (let c = 0; c < columns; c++) line(rows, (i) => i * columns + c);
  context.globalAlpha = 1;
}

function ticks({ context, at, side }, reach) {
  const size = enlarged(), edge = 24 * size, every = [0.25, 0.5, 1, 2, 5].find((gap) => reach / gap < 4) ?? 10, top = Math.floor(reach / every);
  Object.assign(context, { font: letters(context, "600 14px"), textBaseline: "alphabetic" });
  for (let i = -top; i <= top; i++) {
    const value = i * every, [x, y] = at(value, value), text = `${value}`.replace("-", "−");
    if (x > edge && x < side - edge) outlined(context, text, x, side - 5, "center");
    if (y > edge && y < side - edge) outlined(context, text, 4, y + 5 * size, "left");
  }
  outlined(context, "x", side - 6, side - 5, "right");
  outlined(context, "y", 4, 15 * size, "left");
}

function outlined(context, text, x, y, align) {
  Object.assign(context, { textAlign: align, lineWidth: 3, strokeStyle: "#fffd", fillStyle: "#111" });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

// The same scene around the pointer, magnified, in the corner away from it.
function lens(scene, [px, py], reach) {
  const { context, side, at, data, arrays } = scene, box = LENS.share * side;
  const [left, top] = [px < side / 2 ? side - box - 4 : 4, py < side / 2 ? side - box - 4 : 4];
  const view = [left + box / 2, top + box / 2];
  context.save();
  context.beginPath();
  context.rect(left, top, box, box);
  context.clip();
  context.fillStyle = "#fff";
  context.fillRect(left, top, box, box);
  const near = (x, y) => { const [sx, sy] = at(x, y); return [view[0] + (sx - px) * LENS.times, view[1] + (sy - py) * LENS.times]; };
  const inside = { ...scene, at: near, size: 1.4 };
  paint(inside);
  if (arrays.centres) rings(inside, arrays.centres.data, arrays.near.data[0], (side / (2 * reach)) * LENS.times);
  context.restore();
  Object.assign(context, { strokeStyle: scene.ink, lineWidth: 2 });
  context.strokeRect(left, top, box, box);
  outlined(context, data.text.lens.replace("{times}", LENS.times), left + 6, top + 17 * enlarged(), "left");
}

// Around each mode, the three standard deviations within which a sample counts.
function rings({ context, at }, centres, near, scale) {
  Object.assign(context, { strokeStyle: "#111", lineWidth: 1.5 });
  context.setLineDash([5, 4]);
  for (let i = 0; i < centres.length; i += 2) {
    context.beginPath();
    context.arc(...at(centres[i], centres[i + 1]), near * scale, 0, 2 * Math.PI);
    context.stroke();
  }
  context.setLineDash([]);
}
