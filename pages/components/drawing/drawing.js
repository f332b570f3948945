// A density painted cell by cell: side x side cells in 16 shades, as hex digits, top row first. Pointer, touch and keys.
import { toggle } from "../shared/controls.js";

const FULL = 15;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const mounts = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  if (!mounts.has(parentElement)) mounts.set(parentElement, setUp(parentElement, data));
  const mount = mounts.get(parentElement);
  mount.go.hidden = !data.starts; // a viewer's, unless the presenter lets viewers start runs
  mount.start = (drawing) => setTriggerValue("drawn", drawing);
  return () => mounts.delete(parentElement);
}

function setUp(parentElement, { side, drawing, ink, text }) {
  const root = parentElement.querySelector(".drawing");
  root.innerHTML = `<canvas tabindex="0" role="img"></canvas><span class="tools"></span>`;
  const canvas = root.querySelector("canvas"), bar = root.querySelector(".tools"), context = canvas.getContext("2d");
  const cells = Array.from(drawing, (digit) => parseInt(digit, 16)), mount = { start: () => {} };
  canvas.width = canvas.height = 20 * side;
  canvas.setAttribute("aria-label", text.alt);
  let brush = 1, erasing = false, cursor = null, last = null;
  const rgb = [1, 3, 5].map((i) => parseInt(ink.slice(i, i + 2), 16));

  const draw = () => {
    const size = canvas.width / side;
    cells.forEach((level, i) => {
      context.fillStyle = `rgb(${rgb.map((c) => Math.round(255 + (level / FULL) * (c - 255)))})`;
      context.fillRect((i % side) * size, Math.floor(i / side) * size, size, size);
    });
    context.strokeStyle = "#0002";
    for (const at of [side / 2]) context.strokeRect(0, 0, at * size, at * size), context.strokeRect(at * size, at * size, at * size, at * size);
    if (!cursor) return;
    Object.assign(context, { strokeStyle: "#d55e00", lineWidth: 3 });
    context.strokeRect(cursor[0] * size, cursor[1] * size, size, size);
    context.lineWidth = 1;
  };
  const touch = (column, row) => {
    for (let r = row - brush; r <= row + brush; r++) for (let c = column - brush; c <= column + brush; c++) {
      const distance = Math.hypot(r - row, c - column);
      if (r < 0 || c < 0 || r >= side || c >= side || distance > brush) continue;
      const level = Math.round(FULL * (1 - distance / (brush + 1)));
      cells[r * side + c] = erasing ? 0 : Math.max(cells[r * side + c], level);
    }
  };
  const place = ({ offsetX, offsetY }) => [offsetX, offsetY].map((v, i) => Math.floor((v / (i ? canvas.clientHeight : canvas.clientWidth)) * side));
  const stroke = (to) => { // no gaps where the pointer was fast
    const from = last ?? to, count = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
    for (let i = 1; i <= count; i++) touch(...to.map((v, axis) => Math.round(from[axis] + ((v - from[axis]) * i) / count)));
    last = to;
    draw();
  };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); cursor = null; last = null; stroke(place(event)); };
  canvas.onpointermove = (event) => { if (event.buttons) stroke(place(event)); };
  canvas.onpointerup = () => { last = null; };
  canvas.onkeydown = (event) => {
    cursor ??= [side / 2, side / 2];
    if (KEYS[event.key]) cursor = cursor.map((v, axis) => Math.max(0, Math.min(side - 1, v + KEYS[event.key][axis])));
    else if (event.key === " " || event.key === "Enter") touch(...cursor);
    else return;
    event.preventDefault();
    draw();
  };
  const button = (name, act) => Object.assign(document.createElement("button"), { textContent: name, onclick: act });
  const go = button(text.start, () => mount.start(cells.map((level) => level.toString(16)).join("")));
  go.className = "go";
  mount.go = go;
  bar.append(
    go,
    toggle(text.eraser, false, (value) => { erasing = value; }),
    toggle(text.broad, false, (value) => { brush = value ? 3 : 1; }),
    button(text.clear, () => { cells.fill(0); draw(); }),
  );
  draw();
  return mount;
}
