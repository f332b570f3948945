// The latent plane of the frame in view: posterior means by class over what the decoder makes of each place.
import { toggle } from "../shared/controls.js";
import { contactSheet, fit, letters, message } from "../shared/draw.js";
import { part } from "../shared/part.js";

const DIM = 0.45; // of the decoded images, so that points stand out
const RADIUS = 3.5;
const APART = 27; // between the centres of two badges
const REACH = 2.5; // of the plane, where a run recorded none
const EDGE = 26; // no ticks in the corners, where the axes have their names
const LAYERS = ["manifold", "points", "ellipses", "density", "prior"];

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const root = parent.querySelector(".plane");
  root.innerHTML = `<canvas role="img"></canvas><span class="layers"></span>`;
  const canvas = root.querySelector("canvas"), bar = root.querySelector(".layers");
  canvas.setAttribute("aria-label", data.text.alt);
  const on = Object.fromEntries(LAYERS.map((name) => [name, data.on.includes(name)])), view = { axes: [0, 1], principal: false };
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
    if (on.points) points.forEach((cloud, label) => cloud.forEach(([x, y]) => dot(context, place(0, x), place(1, y), colors[label])));
    axes(context, place, side, shown, dims, view);
    badges(points, place, side).forEach((spot) => badge(context, spot, colors[spot.label], names[spot.label]));
    if (on.prior) rings(context, place, prior, dims); // on top: without the prior's pull, codes would hide it
    const outside = points.flat().filter(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) > shown).length;
    if (outside) outlined(context, text.outside.replace("{count}", outside), side - 4, 17, "right");
  };
  return { draw };
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
  view.axes.forEach((dimension, i) => bar.append(choice(dims, dimension, (value) => { view.axes[i] = value; redraw(); })));
  bar.append(toggle(text.principal, view.principal, (value) => { view.principal = value; redraw(); }));
}

function choice(dims, chosen, act) {
  const select = document.createElement("select");
  for (let i = 0; i < dims; i++) select.add(new Option(`z${subscript(i + 1)}`, i, i === chosen, i === chosen));
  select.onchange = () => act(Number(select.value));
  return select;
}

const subscript = (number) => [...`${number}`].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join("");

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

// One standard deviation of a posterior.
function ellipse(context, [x, y, sx, sy], place, scale, color) {
  context.beginPath();
  context.ellipse(place(0, x), place(1, y), Math.max(0.5, sx * scale), Math.max(0.5, sy * scale), 0, 0, 2 * Math.PI);
  context.strokeStyle = color;
  context.globalAlpha = 0.75;
  context.stroke();
  context.globalAlpha = 1;
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

// Where the prior's density is as at one and at two standard deviations on an axis: circles, or a Laplace law's diamonds.
function rings(context, place, prior, dims) {
  Object.assign(context, { strokeStyle: "#fff", lineWidth: 2 });
  context.setLineDash([6, 5]);
  for (const radius of [1, 2]) {
    context.beginPath();
    if (dims === 1) [-radius, radius].forEach((x) => { context.moveTo(place(0, x), 0); context.lineTo(place(0, x), 2 * place(1, 0)); });
    else if (prior === "normal") context.arc(place(0, 0), place(1, 0), place(0, radius) - place(0, 0), 0, 2 * Math.PI);
    else [[radius, 0], [0, radius], [-radius, 0], [0, -radius], [radius, 0]].forEach(([x, y]) => context.lineTo(place(0, x), place(1, y)));
    context.stroke();
  }
  context.setLineDash([]);
  context.lineWidth = 1;
}

function dot(context, x, y, color) {
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.strokeStyle = "#0008";
  context.fill();
  context.stroke();
}

// Where the classes' names go: at each median, which a few strays do not move; those that would overlap are pushed apart.
function badges(points, place, side) {
  const median = (cloud, i) => cloud.map((point) => point[i]).sort((a, b) => a - b)[Math.floor(cloud.length / 2)];
  const inside = (value) => Math.max(14, Math.min(side - 14, value));
  const spots = points.flatMap((cloud, label) =>
    cloud.length ? [{ label, x: inside(place(0, median(cloud, 0))), y: inside(place(1, median(cloud, 1))) }] : [])
    .map((spot) => ({ ...spot, home: [spot.x, spot.y] }));
  for (let round = 0; round < 20; round++) {
    for (const a of spots) for (const b of spots) {
      const dx = b.x - a.x, dy = b.y - a.y, distance = Math.hypot(dx, dy), push = (APART - distance) / 2;
      if (a.label >= b.label || push <= 0) continue;
      const [ux, uy] = distance > 0 ? [dx / distance, dy / distance] : [0, 1];
      Object.assign(a, { x: inside(a.x - push * ux), y: inside(a.y - push * uy) });
      Object.assign(b, { x: inside(b.x + push * ux), y: inside(b.y + push * uy) });
    }
  }
  return spots;
}

// A class's name; where it was pushed aside, a line leads to where it belongs.
function badge(context, { x, y, home }, color, name) {
  if (Math.hypot(x - home[0], y - home[1]) > 12) {
    Object.assign(context, { strokeStyle: color, lineWidth: 2 });
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(...home);
    context.stroke();
  }
  context.font = letters(context, "700 17px");
  context.textAlign = "center";
  context.textBaseline = "middle";
  const width = Math.max(24, context.measureText(name).width + 10);
  context.fillStyle = "#000c";
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(x - width / 2, y - 12, width, 24, 12);
  context.fill();
  context.stroke();
  context.lineWidth = 1;
  context.fillStyle = "#fff";
  context.fillText(name, x, y + 1);
}

// The axes through zero, with ticks in the prior's standard deviations, legible on any picture.
function axes(context, place, side, reach, dims, { axes: [i, j], principal }) {
  context.strokeStyle = "#fff6";
  context.beginPath();
  context.moveTo(place(0, 0), 0);
  context.lineTo(place(0, 0), side);
  if (dims > 1) {
    context.moveTo(0, place(1, 0));
    context.lineTo(side, place(1, 0));
  }
  context.stroke();
  context.font = letters(context, "600 14px");
  context.textBaseline = "alphabetic";
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((gap) => reach / gap < 5) ?? 1000, lowest = -Math.floor(reach / every) * every;
  for (let tick = lowest; tick <= reach; tick += every) {
    const across = place(0, tick), down = place(1, tick);
    if (across > EDGE && across < side - EDGE) outlined(context, tick, across, side - 5, "center");
    if (dims > 1 && down > EDGE && down < side - EDGE) outlined(context, tick, 4, down + 5, "left");
  }
  const names = principal ? ["PC₁", "PC₂"] : [`z${subscript(i + 1)}`, `z${subscript(j + 1)}`];
  outlined(context, names[0], side - 4, side - 5, "right");
  if (dims > 1) outlined(context, names[1], 4, 15, "left");
}

function outlined(context, text, x, y, align) {
  Object.assign(context, { textAlign: align, lineWidth: 3, strokeStyle: "#000c", fillStyle: "#fff" });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
  context.lineWidth = 1;
}
