// A shape for each class beside its colour, for who does not see colours: told apart at five pixels. Drawn once, then
// copied: class by class, five thousand copies take hardly longer than as many discs.

const TAU = 2 * Math.PI;
const corners = (count, from, inner = 1) => Array.from({ length: count }, (_, i) => {
  const angle = from + (i * TAU) / count, away = i % 2 ? inner : 1;
  return [away * Math.cos(angle), away * Math.sin(angle)];
});
const round = (path) => path.arc(0, 0, 0.95, 0, TAU);
const outline = (points) => (path) => { points.forEach((point) => path.lineTo(...point)); path.closePath(); };
const strokes = (angle) => (path) => corners(4, angle).forEach(([x, y]) => { path.moveTo(0, 0); path.lineTo(1.15 * x, 1.15 * y); });

// [path around zero, of radius one; whether it is filled]
const SHAPES = [
  [round, true], [outline(corners(4, TAU / 8)), true], [outline(corners(3, -TAU / 4).map(([x, y]) => [1.2 * x, 1.2 * y + 0.2])), true],
  [outline(corners(4, 0).map(([x, y]) => [1.2 * x, 1.2 * y])), true], [strokes(0), false], [strokes(TAU / 8), false],
  [round, false], [outline(corners(4, TAU / 8)), false], [outline(corners(3, TAU / 4).map(([x, y]) => [1.2 * x, 1.2 * y - 0.2])), true],
  [outline(corners(10, -TAU / 4, 0.42).map(([x, y]) => [1.45 * x, 1.45 * y])), true],
];
const BOX = 1.75; // half a side of what is kept of a shape, its rim included, in radii
const kept = new Map();

// mark(x, y, label) on a canvas, in the label's shape and colour. A dark `rim`, in pixels, makes it legible on any picture.
export function marker(context, colors, radius, rim = 0.8) {
  const ratio = context.getTransform().a, half = Math.ceil(BOX * radius * ratio) / ratio;
  const sprites = new Map();
  return (x, y, label) => {
    if (!sprites.has(label)) sprites.set(label, sprite(label, colors[label], radius, rim, ratio, half));
    const snap = (at) => Math.round((at - half) * ratio) / ratio;
    context.drawImage(sprites.get(label), snap(x), snap(y), 2 * half, 2 * half);
  };
}

function sprite(label, color, radius, rim, ratio, half) {
  const key = [label, color, radius, rim, ratio].join();
  if (!kept.has(key)) {
    const side = Math.round(2 * half * ratio), sheet = new OffscreenCanvas(side, side), context = sheet.getContext("2d");
    context.setTransform(ratio * radius, 0, 0, ratio * radius, half * ratio, half * ratio);
    draw(context, SHAPES[label % SHAPES.length], color, rim / radius);
    kept.set(key, sheet.transferToImageBitmap());
  }
  return kept.get(key);
}

function draw(context, [path, filled], color, rim) {
  Object.assign(context, { lineJoin: "round", fillStyle: color });
  context.beginPath();
  path(context);
  const line = filled ? 0 : 0.55;
  const stroke = (strokeStyle, lineWidth) => { Object.assign(context, { strokeStyle, lineWidth }); context.stroke(); };
  if (rim) stroke("#000a", line + 2 * rim);
  if (filled) context.fill();
  else stroke(color, line);
}
