// A sheet to draw on, white on black, by mouse, pen, finger or keys.
export const SIZE = 280; // px of ink, whatever the screen
const WIDTH = 24; // of a stroke: an eighth of a digit that fills most of the sheet, as in MNIST
const STEP = 8; // of a key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// {ink(), clear()}: SIZE x SIZE shades from 0 to 255. `changed` is called after each part of a stroke.
export function paper(canvas, changed) {
  Object.assign(canvas, { width: SIZE, height: SIZE });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(context, { strokeStyle: "#fff", fillStyle: "#fff", lineWidth: WIDTH, lineCap: "round", lineJoin: "round" });
  let from = null, cursor = [SIZE / 2, SIZE / 4], down = false;
  const clear = () => { context.clearRect(0, 0, SIZE, SIZE); changed(); };
  const line = (start, end) => {
    context.beginPath();
    context.moveTo(...start);
    context.lineTo(...end);
    context.stroke();
    changed();
  };
  const spot = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) * SIZE) / width, ((clientY - top) * SIZE) / height];
  };
  canvas.onpointerdown = (event) => {
    if (event.button > 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    from = spot(event);
    line(from, from);
  };
  canvas.onpointermove = (event) => {
    if (!from || !event.isPrimary) return;
    for (const part of event.getCoalescedEvents?.().concat(event) ?? [event]) { // all that the pointer did since
      const to = spot(part);
      line(from, to);
      from = to;
    }
  };
  canvas.onpointerup = canvas.onpointercancel = () => { from = null; };
  canvas.onkeydown = (event) => { // arrow keys move the pen, space puts it down or lifts it
    const way = KEYS[event.key];
    if (!way && event.key !== " ") return;
    event.preventDefault();
    if (!way) down = !down;
    const to = way ? cursor.map((v, i) => Math.max(0, Math.min(SIZE, v + STEP * way[i]))) : cursor;
    if (down) line(cursor, to);
    cursor = to;
  };
  const ink = () => {
    const { data } = context.getImageData(0, 0, SIZE, SIZE), shades = new Uint8Array(SIZE * SIZE);
    for (let i = 0; i < shades.length; i++) shades[i] = data[4 * i + 3];
    return shades;
  };
  return { clear, ink };
}
