// The map that marks are dragged over: all that stands still is drawn once, and laid under them in each frame.
import { enlarged, fit, letters } from "../shared/draw.js";
import { ground, placed } from "../shared/ground.js";

export const MARKS = {
  P: { name: "P", color: "#ffffff", ink: "#000" }, A: { name: "A", color: "#0072b2", ink: "#fff" }, B: { name: "B", color: "#e69f00", ink: "#000" },
};
const NEAR = 26; // px from a mark, that a finger still takes it
const SIZE = 12;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const LEVELS = { P: 0.5, A: 0.3, B: 0.7 }; // of the marks, where there is but one dimension

// acts: hold(name), a mark is taken; move(name, values), to values of the map's dimensions; drop(i), an image is dropped;
// next(), the mark that comes to where one presses beside all of them, and that keys move.
export function board(canvas, { hold, move, drop, next }) {
  const still = ground();
  let scene = null, held = null;

  // Press a mark and drag it; where none is near, the one whose turn it is comes.
  const values = ([x, y]) => [x, scene.side - y].slice(0, scene.plane.length).map((v) => scene.low + (scene.span * Math.max(0, Math.min(scene.side, v))) / scene.side);
  const nearest = ([x, y]) => Object.keys(MARKS)
    .map((name) => ({ name, away: Math.hypot(x - scene.spots[name][0], y - scene.spots[name][1]) }))
    .filter(({ away }) => away < NEAR).sort((a, b) => a.away - b.away)[0]?.name;
  canvas.onpointerdown = (event) => {
    if (!scene || event.button > 0) return;
    const spot = [event.offsetX, event.offsetY];
    canvas.setPointerCapture(event.pointerId);
    held = nearest(spot) ?? next();
    hold(held);
    move(held, values(spot));
  };
  canvas.onpointermove = (event) => held && move(held, values([event.offsetX, event.offsetY]));
  canvas.onpointerup = canvas.onpointercancel = () => { held = null; };
  canvas.onkeydown = (event) => {
    const way = KEYS[event.key];
    if (!way || !scene) return;
    event.preventDefault();
    const [x, y] = scene.spots[next()], by = scene.side / 40;
    move(next(), values([x + by * way[0], y - by * way[1]]));
  };
  canvas.ondragover = (event) => event.preventDefault();
  canvas.ondrop = (event) => {
    event.preventDefault();
    drop(Number(event.dataTransfer.getData("text/plain")));
  };

  return {
    // `made.known` is what is known of codes, `plane` which dimensions are shown, `at` the marks, `walk` the codes between A and B.
    draw(made, plane, at, walk, data) {
      const { context, width: side } = fit(canvas), [low, high] = made.known.span(plane), place = placed(side, low, high);
      const edge = SIZE * enlarged(), inside = (value) => Math.max(edge, Math.min(side - edge, value));
      const spot = (z, level) => [inside(place(0, z[plane[0]])), plane.length > 1 ? inside(place(1, z[plane[1]])) : level * side];
      const spots = Object.fromEntries(Object.entries(at).map(([name, { z }]) => [name, spot(z, LEVELS[name])]));
      scene = { side, low, span: high - low, plane, spots };
      still(context, side, made.known, plane, data);
      segment(context, walk.map((z, i) => spot(z, LEVELS.A + ((LEVELS.B - LEVELS.A) * i) / (walk.length - 1))));
      for (const name of ["A", "B", "P"]) mark(context, spots[name], MARKS[name]);
    },
  };
}

function segment(context, spots) {
  for (const [color, wide] of [["#000a", 6], ["#fff", 3]]) {
    Object.assign(context, { strokeStyle: color, lineWidth: wide });
    context.beginPath();
    spots.forEach((spot) => context.lineTo(...spot));
    context.stroke();
  }
}

function mark(context, [x, y], { name, color, ink }) {
  Object.assign(context, { fillStyle: color, strokeStyle: "#000", lineWidth: 2, font: letters(context, "700 15px"), textAlign: "center", textBaseline: "middle" });
  context.beginPath();
  context.arc(x, y, SIZE * enlarged(), 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.fillStyle = ink;
  context.fillText(name, x, y + 1);
}
