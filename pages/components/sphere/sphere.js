// Directions of z where it has two numbers, on the circle, or three, on the sphere, which can be turned.
import { fit, message } from "../shared/draw.js";
import { look } from "../shared/look.js";
import { plates } from "../shared/map.js";
import { oncePerFrame, part } from "../shared/part.js";
import { marker } from "../shared/shapes.js";
import { ofArrays } from "../shared/table.js";

const RINGS = 0.028; // between the rings of two classes, on which they do not hide each other
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default part(["frame", "frames", "status"], (parent, { data: { place: home, text } }) => {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text.alt);
  canvas.tabIndex = 0;
  parent.querySelector(".sphere").append(canvas);
  const kept = look(home, { angles: [0.5, 0.35] });
  let last = null, held = null;
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const turn = (across, down) => { const [right, up] = kept.angles; kept.angles = [right + across, Math.max(-1.5, Math.min(1.5, up + down))]; again(); };
  canvas.onpointerdown = (event) => { held = [event.clientX, event.clientY]; canvas.setPointerCapture(event.pointerId); };
  canvas.onpointerup = () => { held = null; };
  canvas.onpointermove = (event) => {
    if (!held) return;
    turn((event.clientX - held[0]) / 120, (event.clientY - held[1]) / 120);
    held = [event.clientX, event.clientY];
  };
  canvas.onkeydown = (event) => {
    const way = KEYS[event.key];
    if (!way) return;
    event.preventDefault();
    turn(0.1 * way[0], 0.1 * way[1]);
  };

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { context, width, height } = fit(canvas), arrays = run.arrays(step), { colors, names, text } = data;
    canvas.dataset.step = arrays?.sphere ? step : "";
    canvas.dataset.run = run.id;
    if (!arrays?.sphere) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const { sphere: { shape: [, axes] }, labels } = arrays, radius = 0.4 * Math.min(width, height);
    const scene = { context, at: (x, y, away = 1) => [width / 2 + x * radius * away, height / 2 - y * radius * away], radius, middle: [width / 2, height / 2] };
    const points = Array.from(labels.data, (label, i) => ({ label, place: turned([...arrays.sphere.data.subarray(i * axes, (i + 1) * axes)], kept.angles) }));
    const dot = marker(context, colors, 3, 0);
    outline(scene);
    for (const { label, place: [x, y, z] } of points.sort((a, b) => a.place[2] - b.place[2])) {
      context.globalAlpha = z < 0 ? 0.3 : 1;
      dot(...scene.at(x, y, axes === 2 ? 1 + RINGS * (label - names.length / 2) : 1), label);
    }
    context.globalAlpha = 1;
    const spots = names.flatMap((_, label) => spotOf(scene, points.filter((point) => point.label === label), label, axes));
    plates(context, spots, [width, height], colors, names);
    canvas.setAttribute("aria-label", `${text.alt} ${names.join(", ")}`);
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["sphere", "labels"]);
  return { draw, table, moves: true };
});

// A direction as it is seen: from the front where it has two numbers, else turned about the vertical, then the horizontal.
function turned([x, y, z], [across, down]) {
  if (z === undefined) return [x, y, 0];
  const right = x * Math.cos(across) + z * Math.sin(across), near = z * Math.cos(across) - x * Math.sin(across);
  return [right, y * Math.cos(down) - near * Math.sin(down), near * Math.cos(down) + y * Math.sin(down)];
}

function outline({ context, middle, radius }) {
  Object.assign(context, { strokeStyle: "#888", lineWidth: 1.5 });
  context.beginPath();
  context.arc(...middle, radius, 0, 2 * Math.PI);
  context.stroke();
}

// Where a class's name goes: outside of the circle, in the direction of its mean; of a sphere where it faces us.
function spotOf({ at }, points, label, axes) {
  const [x, y, z] = [0, 1, 2].map((axis) => points.reduce((sum, { place }) => sum + place[axis], 0) / (points.length || 1)), norm = Math.hypot(x, y, z);
  if (norm < 0.05 || (axes === 3 && z < 0)) return [];
  const [left, top] = at(x / norm, y / norm, axes === 2 ? 1.19 : 1.02);
  return [{ label, x: left, y: top }];
}
