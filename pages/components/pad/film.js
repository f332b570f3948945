// The images on a walk through codes, as a strip that keeps up with a drag whatever the decoder costs.
import { fit } from "../shared/draw.js";
import { pen } from "../shared/pen.js";

const BUDGET = 8; // ms a frame for decoding
const GAP = 4;

// reel(walk, decode): its images, as many of them fresh as could be decoded in time; once all are, `whole` is true. Those of
// a new walk are begun where the last one was left, so that none waits for ever.
export function film() {
  let held = null, images = [], at = 0, left = 0;
  return (walk, decode) => {
    if (walk !== held) [held, left] = [walk, walk.length];
    const end = performance.now() + BUDGET;
    if (images.length !== walk.length) images = walk.map(decode), (left = 0);
    for (; left > 0 && performance.now() < end; left--, at = (at + 1) % walk.length) images[at] = decode(walk[at]);
    return { images, whole: left === 0 };
  };
}

// In a row as wide as the canvas, its name above, the ends marked {name, color, ink}.
export function drawStrip(canvas, images, shape, paint, name, ends) {
  const { context, width, height } = fit(canvas), { write, size, line } = pen(context, width), ratio = shape[1] / shape[2];
  const side = Math.min((width + GAP) / images.length - GAP, (height - line) / ratio), pitch = side + GAP, high = side * ratio;
  const start = (width - images.length * pitch + GAP) / 2;
  write(name, start, line / 2, { weight: 700, room: width - 2 * start });
  images.forEach((image, i) => paint(context, image, shape, start + i * pitch, line, side, high));
  ends.forEach((end, i) => {
    const x = start + i * (images.length - 1) * pitch;
    Object.assign(context, { strokeStyle: end.color, fillStyle: end.color, lineWidth: 3 });
    context.strokeRect(x + 1.5, line + 1.5, side - 3, high - 3);
    context.fillRect(x, line, 1.3 * size, 1.3 * size);
    write(end.name, x + 0.65 * size, line + 0.7 * size, { align: "center", weight: 700, color: end.ink });
  });
}
