// Contact sheets of image arrays of the frame in view: one, or several below one another, each under its name.
import { contactSheet, enlarged, fit, letters, message } from "../shared/draw.js";
import { part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";

const GAP = 1, WORDS = 24; // pixels between images, and, at a desk, for the line above a sheet that has a name

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", data.text.alt);
  parent.querySelector(".samples").append(canvas);
  const draw = (run, { sheets, columns, most, order, text }, step) => {
    const { context, width, height } = fit(canvas), arrays = run.arrays(step);
    const there = sheets.every(({ array }) => arrays?.[array]);
    canvas.dataset.step = there ? step : "";
    canvas.dataset.run = run.id;
    if (!there) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const places = order && byOrder(run.arrays(run.steps.at(-1))?.[order] ?? arrays[order]);
    const shown = (array) => (places ? picked(arrays[array], places) : arrays[array]);
    stack(context, sheets.map(({ array, name }) => ({ name, sheet: sheetOf(shown(array), columns, most) })), width, height);
    const count = sheets.reduce((sum, { array }) => sum + Math.min(most, arrays[array].shape[0]), 0);
    canvas.setAttribute("aria-label", `${text.alt} ${text.seen.replace("{count}", count).replace("{step}", step)}`);
  };
  const table = (run, { sheets }, step) => ofArrays(run.arrays(step), sheets.map(({ array }) => array));
  return { draw, table, moves: true };
});

// Places by falling value of an array, and the images at such places of which there are images.
const byOrder = ({ data }) => [...data.keys()].sort((a, b) => data[b] - data[a]);

function picked({ shape: [count, ...shape], data }, places) {
  const size = data.length / count, there = places.filter((place) => place < count), sorted = new Uint8Array(data.length);
  there.forEach((place, i) => sorted.set(data.subarray(place * size, (place + 1) * size), i * size));
  return { shape: [count, ...shape], data: sorted };
}

function sheetOf({ shape: [count, ...shape], data }, columns, most) {
  const few = Math.min(count, most);
  return contactSheet({ shape: [few, ...shape], data }, columns, GAP, document.createElement("canvas"));
}

// Sheets below one another at one scale, as large as they fit, in the middle.
function stack(context, rows, width, height) {
  const line = WORDS * enlarged(), words = line * rows.filter(({ name }) => name).length;
  const widest = Math.max(...rows.map(({ sheet }) => sheet.width)), sum = rows.reduce((total, { sheet }) => total + sheet.height, 0);
  const scale = Math.min(width / widest, (height - words) / sum), left = (width - widest * scale) / 2;
  let top = (height - words - sum * scale) / 2;
  Object.assign(context, { fillStyle: "#ddd", font: letters(context, "600 15px"), textAlign: "left", textBaseline: "middle" });
  for (const { name, sheet } of rows) {
    if (name) {
      context.fillText(name, left + 2, top + line / 2, widest * scale);
      top += line;
    }
    context.drawImage(sheet, left, top, sheet.width * scale, sheet.height * scale);
    top += sheet.height * scale;
  }
}
