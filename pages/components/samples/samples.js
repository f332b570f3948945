// Contact sheets of image arrays of the frame in view: one array, or several whose columns belong together.
import { contactSheet, fit, message } from "../shared/draw.js";
import { part } from "../shared/part.js";

const GAP = 1;

export default part(["frame", "frames", "status"], (parent, { data }) => {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", data.text.alt);
  parent.querySelector(".samples").append(canvas);
  const sheet = document.createElement("canvas");
  const draw = (run, { array, columns, most, text }, step) => {
    const { context, width, height } = fit(canvas);
    const images = run.arrays(step)?.[array];
    canvas.dataset.step = images ? step : "";
    canvas.dataset.run = run.id;
    if (!images) return message(context, text[run.status.state] ?? text.waiting, width, height);
    const [count, ...shape] = images.shape, few = Math.min(count, most);
    contactSheet({ shape: [few, ...shape], data: images.data }, columns, GAP, sheet);
    const scale = Math.min(width / sheet.width, height / sheet.height);
    const w = sheet.width * scale, h = sheet.height * scale;
    context.drawImage(sheet, (width - w) / 2, (height - h) / 2, w, h);
  };
  return { draw };
});
