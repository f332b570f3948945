// Why L1 gives exact zeros: one code, shrunk by |u| and by u²; and two codes of atoms that overlap, the smallest ball of
// either kind and the quadratic's contour that meets it. All of it computed: the L1 points by the solver of lasso.js.
import { axes, paper } from "../descent/chart.js";
import { slider } from "../descent/slider.js";
import { encode, softThreshold } from "../shared/lasso.js";
import { inside, look } from "../shared/look.js";
import { oncePerFrame, part } from "../shared/part.js";

const REACH = 2.4; // of both plots
const AXIS = { from: -REACH, to: REACH }, LAMBDA = { from: 0, to: 2.4 };
const OVERLAP = 0.5; // the two atoms' scalar product
const ATOMS = { shape: [2, 2], data: Float64Array.of(1, 0, OVERLAP, Math.sqrt(1 - OVERLAP ** 2)) };
const KEYS = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
const LEVELS = [0.05, 0.3, 0.8, 1.6, 2.7]; // of the quadratic, each a contour

// x = p D, the example whose least squares codes are p.
const example = ([p, q]) => Float64Array.of(p * ATOMS.data[0] + q * ATOMS.data[2], p * ATOMS.data[1] + q * ATOMS.data[3]);

// The codes at the minimum of 1/2 ||x - u D||^2 + lambda ||u||_1.
export const lasso = (optimum, lambda) => [...encode(ATOMS, example(optimum), lambda)];

// Those of 1/2 ||x - u D||^2 + lambda/2 ||u||^2: (G + lambda I) u = G p.
export function ridge([p, q], lambda) {
  const a = 1 + lambda, right = [p + OVERLAP * q, OVERLAP * p + q], size = a ** 2 - OVERLAP ** 2;
  return [(a * right[0] - OVERLAP * right[1]) / size, (a * right[1] - OVERLAP * right[0]) / size];
}

export default part([], (parent, { data: { colors, place, text } }) => {
  const root = parent.querySelector(".shrinkage");
  root.innerHTML = `<div class="controls"><span class="weight"></span><div class="says"><span></span><span></span></div></div><canvas role="img" tabindex="0"></canvas>`;
  const canvas = root.querySelector("canvas"), says = root.querySelectorAll(".says span");
  root.style.setProperty("--l1", colors.l1);
  const kept = look(place, { optimum: [1.8, 0.6], lambda: 1 });
  let dragged = null, plane = null, drawn = false;
  const again = oncePerFrame(() => drawn && canvas.isConnected && draw());
  const lambda = slider(root.querySelector(".weight"), "λ", { ...LAMBDA, value: inside(kept.lambda, LAMBDA) }, () => { kept.lambda = lambda.value; again(); });
  const move = (to) => { kept.optimum = to.map((value) => inside(value, AXIS)); again(); };
  const drag = ({ offsetX, offsetY }) => move([plane.value(offsetX, plane.left), -plane.value(offsetY, plane.top)]);
  canvas.onpointerdown = (event) => {
    if (event.offsetX < plane.left) return;
    canvas.setPointerCapture(event.pointerId);
    dragged = event.pointerId;
    drag(event);
  };
  canvas.onpointermove = (event) => { if (event.pointerId === dragged) drag(event); };
  canvas.onpointerup = canvas.onpointercancel = () => { dragged = null; };
  canvas.onkeydown = (event) => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    move(kept.optimum.map((value, i) => Math.round(10 * (value + KEYS[event.key][i])) / 10));
  };

  const draw = () => {
    drawn = true;
    const optimum = kept.optimum.map((value) => inside(value, AXIS));
    const sheet = paper(canvas), { width, height, line, size } = sheet, side = height - 3.5 * line;
    const found = { l1: lasso(optimum, lambda.value), l2: ridge(optimum, lambda.value) };
    const left = width - side - size, top = 1.2 * line;
    plane = { left, top, value: (at, start) => ((at - start) / side) * 2 * REACH - REACH };
    thresholds(sheet, { left: 2.6 * size, top, right: left - 4.5 * size, bottom: top + side }, lambda.value, colors, text);
    codes(sheet, { left, top, right: left + side, bottom: top + side }, optimum, found, lambda.value, colors, text);
    const pair = (u) => `u = (${u.map((value) => (value === 0 ? "0" : value.toFixed(2).replace("-", "−"))).join(", ")})`;
    const zeros = found.l1.filter((value) => value === 0).length;
    says[0].innerHTML = `<b></b> ${pair(found.l1)}${["", " — ", " — "][zeros]}${["", text.zero, text.zeros][zeros]}`;
    says[1].innerHTML = `<b></b> ${pair(found.l2)}`;
    [text.l1, text.l2].forEach((words, i) => { says[i].querySelector("b").textContent = `${words}:`; });
    canvas.setAttribute("aria-label", `${text.alt} ${[...says].map((node) => node.textContent).join(". ")}`);
    canvas.dataset.shown = JSON.stringify({ lambda: lambda.value, optimum, ...found });
  };
  return { draw };
});

// One code: where the minimum of 1/2 (u - q)^2 + lambda |u| lies as q moves, and with lambda/2 u^2 in its place.
function thresholds(sheet, box, lambda, colors, text) {
  const range = { from: -REACH, to: REACH };
  const { x, y, inside } = axes(sheet, box, { ...range, name: text.least }, { ...range, name: text.one });
  const { context, curve, write, line } = sheet, ends = [-REACH, -lambda, lambda, REACH];
  const through = (values, law) => values.map((q) => [x(q), y(law(q))]);
  inside(() => {
    context.fillStyle = colors.l1;
    context.globalAlpha = 0.14;
    context.fillRect(x(-lambda), box.top, x(lambda) - x(-lambda), box.bottom - box.top);
    context.globalAlpha = 1;
    curve(through([-REACH, REACH], (q) => q), { width: 1, alpha: 0.6 });
    curve(through([-REACH, REACH], (q) => q / (1 + lambda)), { dash: [8, 5] });
    curve(through(ends, (q) => softThreshold(q, lambda)), { color: colors.l1, width: 3.5 });
  });
  const key = (row, words, style) => { // where no curve comes: the upper left corner
    const at = box.top + (row + 0.8) * line;
    curve([[box.left + 10, at], [box.left + 44, at]], style);
    write(words, box.left + 52, at);
  };
  key(0, text.soft, { color: colors.l1, width: 3.5 });
  key(1, text.shrunk, { dash: [8, 5] });
  key(2, text.none, { width: 1, alpha: 0.6 });
  if (lambda > 0.25) write(text.dead, x(0), box.bottom - 0.7 * line, { align: "center", room: x(lambda) - x(-lambda) - 6 });
}

// Two codes: contours of the quadratic about its optimum, both balls, both minima, and the ways they take as lambda grows.
function codes(sheet, box, optimum, { l1, l2 }, lambda, colors, text) {
  const range = { from: -REACH, to: REACH };
  const { x, y, inside } = axes(sheet, box, { ...range, name: "u₁" }, { ...range, name: "u₂" });
  const { context, curve, dot, write, ink, line, size } = sheet, place = ([a, b]) => [x(a), y(b)];
  const way = (law) => Array.from({ length: 61 }, (_, i) => place(law(optimum, (i / 60) ** 2 * 6)));
  const circle = Array.from({ length: 121 }, (_, i) => (i * Math.PI) / 60);
  const contour = (level) => circle.map((angle) => {
    const a = Math.cos(angle) * Math.sqrt(level / (1 + OVERLAP)), b = Math.sin(angle) * Math.sqrt(level / (1 - OVERLAP));
    return place([optimum[0] + a + b, optimum[1] + a - b]);
  });
  const level = ([a, b]) => { const [p, q] = [a - optimum[0], b - optimum[1]]; return (p * p + q * q) / 2 + OVERLAP * p * q; };
  const r1 = Math.abs(l1[0]) + Math.abs(l1[1]), r2 = Math.hypot(...l2);
  inside(() => {
    curve([[x(0), box.top], [x(0), box.bottom]], { width: 1.5, alpha: 0.7 });
    curve([[box.left, y(0)], [box.right, y(0)]], { width: 1.5, alpha: 0.7 });
    LEVELS.forEach((value) => curve(contour(value), { width: 1, alpha: 0.35 }));
    context.beginPath();
    [[r1, 0], [0, r1], [-r1, 0], [0, -r1], [r1, 0]].forEach((corner) => context.lineTo(...place(corner)));
    Object.assign(context, { fillStyle: colors.l1, globalAlpha: 0.22 });
    context.fill();
    context.globalAlpha = 1;
    curve([[r1, 0], [0, r1], [-r1, 0], [0, -r1], [r1, 0]].map(place), { color: colors.l1 });
    curve(circle.map((angle) => place([r2 * Math.cos(angle), r2 * Math.sin(angle)])), { dash: [8, 5], width: 2 });
    curve(contour(level(l1)), { color: colors.l1, width: 2 });
    curve(contour(level(l2)), { dash: [8, 5], width: 1.5 });
    curve(way(lasso), { color: colors.l1, width: 2, dash: [2, 4] });
    curve(way(ridge), { width: 2, dash: [2, 4] });
  });
  dot(...place(optimum), 5, ink);
  dot(...place(l2), 8, ink);
  dot(...place(l1), 9, colors.l1);
  const beside = (words, u, dx, dy, align, color) => {
    const [px, py] = place(u), half = align === "center" ? (words.length * size) / 4 : 0;
    write(words, Math.max(box.left + half, Math.min(box.right - half, px + dx)), Math.max(box.top + line / 2, Math.min(box.bottom - line / 2, py + dy)),
      { align, weight: 700, color });
  };
  beside(text.optimum, optimum, 0, -0.8 * line, "center", ink);
  beside("L2", l2, -12, -0.5 * line, "right", ink);
  beside("L1", l1, 8, 0.8 * line, "left", colors.l1);
}
