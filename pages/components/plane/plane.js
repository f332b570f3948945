// The latent plane of the frame in view: posterior means by class over what the decoder makes of each place.
import { contactSheet, fit, message } from "../shared/draw.js";
import { part } from "../shared/part.js";

const DIM = 0.45; // of the decoded images, so that points stand out
const RADIUS = 3.5;
const APART = 27; // between the centres of two badges

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", data.text.alt);
  parent.querySelector(".plane").append(canvas);
  const sheet = document.createElement("canvas");
  const draw = (run, { reach, colors, names, text }) => {
    const { context, width, height } = fit(canvas), side = Math.min(width, height);
    const arrays = run.arrays();
    canvas.dataset.step = arrays ? run.step : "";
    if (!arrays?.codes || !arrays.labels) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const dims = arrays.codes.shape[1];
    const place = (i, value) => side * (0.5 + (i === 0 ? value : -value) / (2 * reach));
    if (arrays.manifold) {
      contactSheet(arrays.manifold, Math.sqrt(arrays.manifold.shape[0]), 0, sheet);
      context.globalAlpha = DIM;
      context.drawImage(sheet, 0, 0, side, side);
      context.globalAlpha = 1;
    }
    const points = classPoints(arrays, dims, names.length, reach);
    points.forEach((cloud, label) => cloud.forEach(([x, y]) => dot(context, place(0, x), place(1, y), colors[label])));
    axes(context, place, side, reach, dims);
    badges(points, place, side).forEach(({ x, y, label }) => badge(context, x, y, colors[label], names[label]));
  };
  return { draw };
});

// Points of each class in the plane: the first two dimensions; with one dimension, that and the class.
function classPoints({ codes, labels }, dims, numClasses, reach) {
  const clouds = Array.from({ length: numClasses }, () => []);
  labels.data.forEach((label, i) => {
    const y = dims > 1 ? codes.data[i * dims + 1] : (2 * reach * (label + 0.5)) / numClasses - reach;
    clouds[label].push([codes.data[i * dims], y]);
  });
  return clouds;
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
    cloud.length ? [{ label, x: inside(place(0, median(cloud, 0))), y: inside(place(1, median(cloud, 1))) }] : []);
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

function badge(context, x, y, color, name) {
  context.font = "700 17px sans-serif";
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
function axes(context, place, side, reach, dims) {
  context.strokeStyle = "#fff6";
  context.beginPath();
  context.moveTo(place(0, 0), 0);
  context.lineTo(place(0, 0), side);
  if (dims > 1) {
    context.moveTo(0, place(1, 0));
    context.lineTo(side, place(1, 0));
  }
  context.stroke();
  context.font = "600 14px sans-serif";
  context.textBaseline = "alphabetic";
  for (let tick = Math.ceil(-reach); tick <= reach; tick++) {
    outlined(context, tick, place(0, tick), side - 5, "center");
    if (dims > 1 && tick !== Math.ceil(-reach)) outlined(context, tick, 4, place(1, tick) + 5, "left");
  }
  outlined(context, "z₁", side - 4, side - 5, "right");
  if (dims > 1) outlined(context, "z₂", 4, 15, "left");
}

function outlined(context, text, x, y, align) {
  Object.assign(context, { textAlign: align, lineWidth: 3, strokeStyle: "#000c", fillStyle: "#fff" });
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
  context.lineWidth = 1;
}
