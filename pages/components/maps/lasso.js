// A line drawn around points, by a pointer or as a ring that keys move: which of them it holds.

const PACE = 10; // pixels that a key moves the ring
const WIDE = 0.09; // radius of the ring, of the canvas's width

// Whether (x, y) is within the polygon [[x, y], ...], by the sides that a ray to the right crosses.
export function within(polygon, x, y) {
  let inside = false;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon.at(i - 1);
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  });
  return inside;
}

// Have a pointer draw on `canvas`: `drawing(path)` as it goes, `done(path)` at its end; a path of hardly any length is a
// click.
export function lasso(canvas, drawing, done) {
  let path = null;
  const at = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    path = [at(event)];
  };
  canvas.onpointermove = (event) => {
    if (!path) return;
    path.push(at(event));
    drawing(path);
  };
  canvas.onpointerup = () => {
    if (path) done(path);
    path = null;
  };
  canvas.onpointercancel = () => {
    path = null;
    drawing(null);
  };
}

// Have the arrow keys move a ring over `canvas`: `moved(path)` at each place of it, `moved(null)` once the focus has gone.
export function ring(canvas, moved) {
  let at = null;
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const { clientWidth: width, clientHeight: height } = canvas, [x, y] = at ?? [width / 2, height / 2];
    const inside = (value, most) => Math.max(0, Math.min(most, value));
    at = [inside(x + PACE * step[0], width), inside(y + PACE * step[1], height)];
    const turn = (i) => (i * 2 * Math.PI) / 40;
    moved(Array.from({ length: 41 }, (_, i) => [at[0] + WIDE * width * Math.cos(turn(i)), at[1] + WIDE * width * Math.sin(turn(i))]));
  };
  canvas.onblur = () => { if (at) moved(at = null); };
}
