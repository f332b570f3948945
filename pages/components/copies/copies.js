// Test images, each above its reconstruction, of a run's last frame, and the mean squared error of those shown.
import { contactSheet, fit, message } from "../shared/draw.js";
import { part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";

const COLUMNS = 5, GAP = 1;

export default part(["frame", "frames", "status"], (parent, { data: { text } }) => {
  const root = parent.querySelector(".copies"), canvas = document.createElement("canvas"), words = document.createElement("div");
  root.append(canvas, words);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text.alt);
  const draw = (run, { text }) => {
    const { context, width, height } = fit(canvas), arrays = run.arrays(run.steps.at(-1));
    canvas.dataset.run = run.id;
    if (!arrays?.reconstructions) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const pairs = interleaved(arrays.inputs, arrays.reconstructions);
    const sheet = contactSheet(pairs, COLUMNS, GAP, document.createElement("canvas"));
    const scale = Math.min(width / sheet.width, height / sheet.height);
    context.drawImage(sheet, (width - sheet.width * scale) / 2, (height - sheet.height * scale) / 2, sheet.width * scale, sheet.height * scale);
    words.textContent = text.error.replace("{error}", error(arrays.inputs, arrays.reconstructions).toFixed(1));
    canvas.setAttribute("aria-label", `${text.alt} ${words.textContent}`);
  };
  const table = (run) => ofArrays(run.arrays(run.steps.at(-1)), ["inputs", "reconstructions"]);
  return { draw, table };
});

// A row of images, the row of what became of them, and so on.
function interleaved(inputs, copies) {
  const [count, ...shape] = copies.shape, size = shape.reduce((product, side) => product * side), data = new Uint8Array(2 * count * size);
  for (let i = 0; i < count; i++) {
    const row = 2 * Math.floor(i / COLUMNS), column = i % COLUMNS;
    data.set(inputs.data.subarray(i * size, (i + 1) * size), (row * COLUMNS + column) * size);
    data.set(copies.data.subarray(i * size, (i + 1) * size), ((row + 1) * COLUMNS + column) * size);
  }
  return { shape: [2 * count, ...shape], data };
}

function error(inputs, copies) {
  const sum = copies.data.reduce((total, value, i) => total + ((value - inputs.data[i]) / 255) ** 2, 0);
  return sum / copies.shape[0];
}
