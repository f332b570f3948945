// Rows of images, each with its name and a number before it: the same test images as each family gives them back, or the
// way between the same two. Where a family has none, its row says why.
import { compared } from "../shared/compared.js";
import { contactSheet, fit, letters, message } from "../shared/draw.js";
import { ofArrays } from "../shared/table.js";

const GAP = 2, WORDS = 0.2; // pixels between images; share of the width that names take
const [LEAST, MOST] = [26, 84]; // of a row's height

export default compared((parent, { text }) => {
  const root = parent.querySelector(".strips"), canvas = document.createElement("canvas"), sheet = document.createElement("canvas");
  canvas.className = "watched";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text.alt);
  root.append(canvas);
  const draw = (arrays, { comparison, rows, columns, text }) => {
    const words = Math.max(150, WORDS * canvas.clientWidth), across = (canvas.clientWidth - words) / columns;
    const high = Math.max(LEAST, Math.min(MOST, across, (innerHeight - 250) / rows.length));
    canvas.style.height = `${Math.round(high * rows.length)}px`;
    const { context, width, height } = fit(canvas), ink = getComputedStyle(canvas).color;
    Object.assign(canvas.dataset, { run: comparison, rows: arrays ? rows.filter(({ array }) => arrays[array]).length : 0 });
    if (!arrays) return message(context, text.waiting, width, height);
    rows.forEach((row, i) => line(context, row, arrays[row.array], { top: i * high, high, words, width, ink, columns, sheet }));
  };
  const table = (arrays, { rows }) => ofArrays(arrays, rows.map(({ array }) => array));
  return { draw, table };
});

function line(context, { name, number, why }, images, { top, high, words, width, ink, columns, sheet }) {
  const size = Math.round(Math.max(14, Math.min(19, high / 3.1))), middle = top + high / 2, two = number && high > 2.3 * size;
  Object.assign(context, { fillStyle: ink, textAlign: "left", textBaseline: "middle" });
  context.font = letters(context, `600 ${size}px`);
  context.fillText(name, 0, two ? middle - 0.6 * size : middle, words - 10);
  context.font = letters(context, `${size - 1}px`);
  if (two) context.fillText(number, 0, middle + 0.65 * size, words - 10);
  if (!images) return context.fillText(`— ${why}`, words, middle, width - words);
  const few = { shape: [Math.min(columns, images.shape[0]), ...images.shape.slice(1)], data: images.data }, side = high - GAP;
  contactSheet(few, columns, 0, sheet);
  const each = sheet.width / columns, broad = (side * each) / sheet.height, apart = Math.min((width - words) / columns, broad + GAP);
  for (let i = 0; i < few.shape[0]; i++) context.drawImage(sheet, i * each, 0, each, sheet.height, words + i * apart, top, Math.min(broad, apart - GAP), side);
}
