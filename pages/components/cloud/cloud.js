// Points of the plane, what a code of few numbers leaves of them, and what is lost: the stick from each to where it lands.
import { enlarged, fit, message } from "../shared/draw.js";
import { part } from "../shared/part.js";
import { marker } from "../shared/shapes.js";
import { ofArrays } from "../shared/table.js";

const EDGE = 30; // no ticks in the corners
const [REAL, COPY] = [0, 1]; // their shapes: a disc and a square
const DRAWN = 250; // points; more would hide the sticks. The numbers are of all

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const root = parent.querySelector(".cloud");
  root.innerHTML = `<canvas role="img"></canvas><div class="numbers"></div>`;
  const canvas = root.querySelector("canvas"), numbers = root.querySelector(".numbers");
  canvas.setAttribute("aria-label", data.text.alt);
  const draw = (run, { colors, text }, step) => {
    const { context, width, height } = fit(canvas), side = Math.min(width, height), arrays = run.arrays(step);
    canvas.dataset.step = arrays ? step : "";
    canvas.dataset.run = run.id;
    if (!arrays?.projections || !arrays.real) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const { real, projections, curve, pca_line: line, reach } = arrays, scale = side / (2 * reach.data[0]);
    const theme = getComputedStyle(canvas), ink = theme.color;
    const scene = { context, side, ink, halo: theme.backgroundColor, font: theme.fontFamily, at: (x, y) => [side / 2 + x * scale, side / 2 - y * scale] };
    const [some, landed] = [real, projections].map(({ data }) => data.subarray(0, 2 * DRAWN));
    sticks(scene, some, landed);
    dots(scene, some, REAL, colors);
    if (curve) stroke(scene, curve.data, colors.reconstruction, 3, []);
    dots(scene, landed, COPY, colors);
    if (line) stroke(scene, line.data, ink, 1.5, [7, 6]);
    ticks(scene, reach.data[0]);
    if (line) name(scene, line.data, text.pca);
    const drawn = text.points.replace("{drawn}", some.length / 2).replace("{count}", real.shape[0].toLocaleString("en"));
    const losses = [["real", drawn, null], ["reconstruction", text.residual, residual(real.data, projections.data)]];
    if (line) losses.push(["ink", text.pca, residual(real.data, feet(real.data, line.data))]);
    numbers.replaceChildren(...losses.map(([kind, words, loss]) => entry(kind, colors[kind] ?? ink, words, loss)));
    Object.assign(canvas.dataset, { losses: losses.flatMap(([, , loss]) => loss ?? []).join(" ") });
    canvas.setAttribute("aria-label", `${text.alt} ${numbers.innerText}`);
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["real", "projections", "curve", "pca_line"]);
  return { draw, table, moves: true };
});

function entry(kind, color, words, loss) {
  const span = document.createElement("span"), dot = document.createElement("i");
  dot.className = kind;
  dot.style.setProperty("--dot", color);
  span.append(dot, words);
  if (loss !== null) span.append(Object.assign(document.createElement("b"), { textContent: loss.toPrecision(4) }));
  return span;
}

// The mean of the squared distances between points and what they became.
function residual(points, others) {
  let total = 0;
  for (let i = 0; i < points.length; i++) total += (points[i] - others[i]) ** 2;
  return (2 * total) / points.length;
}

// Of each point, the nearest on the line through two ends.
function feet(points, [ax, ay, bx, by]) {
  const [dx, dy] = [bx - ax, by - ay], square = dx * dx + dy * dy, found = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const t = ((points[i] - ax) * dx + (points[i + 1] - ay) * dy) / square;
    found.set([ax + t * dx, ay + t * dy], i);
  }
  return found;
}

function sticks({ context, at, ink }, from, to) {
  Object.assign(context, { strokeStyle: ink, lineWidth: 1, globalAlpha: 0.4 });
  context.beginPath();
  for (let i = 0; i < from.length; i += 2) {
    context.moveTo(...at(from[i], from[i + 1]));
    context.lineTo(...at(to[i], to[i + 1]));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function stroke({ context, at }, points, color, width, dash) {
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.setLineDash(dash);
  context.beginPath();
  for (let i = 0; i < points.length; i += 2) context.lineTo(...at(points[i], points[i + 1]));
  context.stroke();
  context.setLineDash([]);
}

function dots({ context, at }, points, shape, colors) {
  const dot = marker(context, { [REAL]: colors.real, [COPY]: colors.reconstruction }, 3, 0);
  for (let i = 0; i < points.length; i += 2) dot(...at(points[i], points[i + 1]), shape);
}

// A line's name at its right, on the side where the line itself is not.
function name(scene, [ax, ay, bx, by], words) {
  const { at, side } = scene, [from, to] = ax < bx ? [[ax, ay], [bx, by]] : [[bx, by], [ax, ay]], falls = from[1] - to[1] > 0.3 * (to[0] - from[0]);
  const inside = ([x, y]) => x < side - 8 && y > EDGE && y < side - EDGE;
  const along = Array.from({ length: 101 }, (_, i) => at(...from.map((start, axis) => start + (i / 100) * (to[axis] - start))));
  const [x, y] = along.findLast(inside) ?? at(...to);
  outlined(scene, words, x, y + (falls ? 24 : -10) * enlarged(), "right", 700);
}

function ticks(scene, reach) {
  const { context, at, side, ink } = scene, every = [0.25, 0.5, 1, 2, 5].find((gap) => reach / gap < 4) ?? 10, top = Math.floor(reach / every);
  Object.assign(context, { strokeStyle: ink, lineWidth: 1, globalAlpha: 0.3 });
  context.beginPath();
  [[-reach, 0, reach, 0], [0, -reach, 0, reach]].forEach(([a, b, c, d]) => { context.moveTo(...at(a, b)); context.lineTo(...at(c, d)); });
  context.stroke();
  context.globalAlpha = 1;
  for (let i = -top; i <= top; i++) {
    const value = i * every, [x, y] = at(value, value), words = `${value}`.replace("-", "−");
    if (x > EDGE && x < side - EDGE) outlined(scene, words, x, side - 6, "center", 400);
    if (y > EDGE && y < side - EDGE) outlined(scene, words, 4, y + 5, "left", 400);
  }
  outlined(scene, "x₁", side - 6, side - 6, "right", 400);
  outlined(scene, "x₂", 4, 16 * enlarged(), "left", 400);
}

function outlined({ context, ink, halo, font }, words, x, y, align, weight) {
  Object.assign(context, { font: `${weight} ${16 * enlarged()}px ${font}`, textAlign: align, textBaseline: "alphabetic", lineWidth: 4, strokeStyle: halo, fillStyle: ink });
  context.strokeText(words, x, y);
  context.fillText(words, x, y);
}
