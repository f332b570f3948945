// The latent plane of the frame in view: posterior means by class over what the decoder makes of each place.
import { toggle } from "../shared/controls.js";
import { contactSheet, enlarged, fit, message } from "../shared/draw.js";
import { among, look } from "../shared/look.js";
import { axes, axisName, badges, dots, ellipse, outlined, rings } from "../shared/map.js";
import { part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";

const DIM = 0.45; // of the decoded images, so that points stand out
const REACH = 2.5; // of the plane, where a run recorded none
const LAYERS = ["manifold", "points", "ellipses", "density", "prior"];

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const root = parent.querySelector(".plane");
  root.innerHTML = `<canvas role="img"></canvas><span class="layers"></span>`;
  const canvas = root.querySelector("canvas"), bar = root.querySelector(".layers");
  canvas.setAttribute("aria-label", data.text.alt);
  const on = look(data.place, { ...Object.fromEntries(LAYERS.map((name) => [name, data.on.includes(name)])), axes: [0, 1], principal: false });
  const sheet = document.createElement("canvas"), haze = document.createElement("canvas");
  let redraw = () => {};
  const draw = (run, { colors, names, prior, text }, step) => {
    redraw = () => draw(run, { colors, names, prior, text }, step);
    const { context, width, height } = fit(canvas), side = Math.min(width, height);
    const arrays = run.arrays(step);
    canvas.dataset.step = arrays ? step : "";
    canvas.dataset.run = run.id;
    if (!arrays?.codes || !arrays.labels) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const dims = arrays.codes.shape[1];
    const view = { axes: on.axes.map((i) => among(i, dims)), principal: on.principal };
    controls(bar, { on, view, dims, has: { manifold: arrays.manifold, ellipses: arrays.stds, density: arrays.stds }, text }, () => redraw());
    const shown = arrays.reach?.data[0] ?? REACH, points = classPoints(arrays, dims, names.length, shown, view);
    const place = (i, value) => side * (0.5 + (i === 0 ? value : -value) / (2 * shown));
    if (arrays.manifold && on.manifold) {
      contactSheet(arrays.manifold, Math.sqrt(arrays.manifold.shape[0]), 0, sheet);
      context.globalAlpha = DIM;
      context.drawImage(sheet, 0, 0, side, side);
      context.globalAlpha = 1;
    }
    const clouds = dims > 1 && !view.principal && arrays.stds ? points : null;
    if (clouds && on.density) density(context, clouds.flat(), side, shown, haze);
    if (clouds && on.ellipses) clouds.forEach((cloud, label) => cloud.forEach((point) => ellipse(context, point, place, side / (2 * shown), colors[label])));
    const dot = dots(context, colors);
    if (on.points) points.forEach((cloud, label) => cloud.forEach(([x, y]) => dot(place(0, x), place(1, y), label)));
    axes(context, place, side, [-shown, shown], dims, view.principal ? ["PC₁", "PC₂"] : view.axes.map(axisName));
    badges(context, points, place, side, colors, names);
    if (on.prior) rings(context, place, prior, dims); // on top: without the prior's pull, codes would hide it
    const outside = points.flat().filter(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) > shown).length;
    const seen = text.codes.replace("{count}", points.flat().length).replace("{step}", step);
    canvas.setAttribute("aria-label", `${text.alt} ${seen} ${text.outside.replace("{count}", outside)}`);
    if (outside) outlined(context, text.outside.replace("{count}", outside), side - 4, 17 * enlarged(), "right");
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["codes", "stds", "principal", "labels"]);
  return { draw, table, moves: true };
});

// The layers that this frame has, to switch; with many dimensions, which two are drawn, or their principal plane.
function controls(bar, { on, view, dims, has, text }, redraw) {
  const wanted = JSON.stringify([dims, Object.keys(has).filter((name) => has[name])]);
  if (bar.dataset.wanted === wanted) return;
  bar.dataset.wanted = wanted;
  bar.replaceChildren();
  for (const layer of LAYERS.filter((name) => (!(name in has) || has[name]) && (dims > 1 || ["points", "prior"].includes(name)))) {
    bar.append(toggle(text[layer], on[layer], (value) => { on[layer] = value; redraw(); }));
  }
  if (dims <= 2) return;
  view.axes.forEach((dimension, i) => bar.append(choice(dims, dimension, (value) => { on.axes = on.axes.with(i, value); redraw(); })));
  bar.append(toggle(text.principal, view.principal, (value) => { on.principal = value; redraw(); }));
}

function choice(dims, chosen, act) {
  const select = document.createElement("select");
  for (let i = 0; i < dims; i++) select.add(new Option(axisName(i), i, i === chosen, i === chosen));
  select.onchange = () => act(Number(select.value));
  return select;
}

// Points [x, y, sigma_x, sigma_y] of each class: two dimensions or the principal plane; with one dimension, that and the class.
function classPoints({ codes, stds, principal, labels }, dims, numClasses, reach, view) {
  const clouds = Array.from({ length: numClasses }, () => []), [i, j] = view.axes;
  labels.data.forEach((label, n) => {
    if (view.principal && principal) return clouds[label].push([principal.data[2 * n], principal.data[2 * n + 1]]);
    const y = dims > 1 ? codes.data[n * dims + j] : (2 * reach * (label + 0.5)) / numClasses - reach;
    clouds[label].push([codes.data[n * dims + i], y, stds?.data[n * dims + i], stds?.data[n * dims + j]]);
  });
  return clouds;
}

const CELLS = 96;

// The aggregate posterior: the mean of all posteriors' densities, as a haze from clear to white; its square root is
// drawn, since single sharp peaks would hide all else.
function density(context, points, side, reach, haze) {
  const sum = new Float32Array(CELLS * CELLS), cell = (2 * reach) / CELLS, blur = 0.5 * cell;
  for (const [x, y, a, b] of points) {
    const sx = Math.max(a, blur), sy = Math.max(b, blur);
    const row = (v, s, mean) => Float32Array.from({ length: CELLS }, (_, i) => Math.exp(-0.5 * ((v(i) - mean) / s) ** 2) / s);
    const across = row((i) => -reach + (i + 0.5) * cell, sx, x), down = row((i) => reach - (i + 0.5) * cell, sy, y);
    for (let r = 0; r < CELLS; r++) if (down[r] > 1e-6) for (let c = 0; c < CELLS; c++) sum[r * CELLS + c] += down[r] * across[c];
  }
  const top = sum.toSorted()[Math.floor(0.995 * sum.length)] || 1;
  haze.width = haze.height = CELLS;
  const painter = haze.getContext("2d"), image = painter.createImageData(CELLS, CELLS);
  sum.forEach((value, i) => image.data.set([255, 255, 255, 215 * Math.min(1, Math.sqrt(value / top))], 4 * i));
  painter.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(haze, 0, 0, side, side);
  context.imageSmoothingEnabled = false;
}
