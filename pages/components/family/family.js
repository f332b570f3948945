// A slider over trained runs that differ in one number: image arrays of the one it stands at, from its last frame.
import { contactSheet, fit } from "../shared/draw.js";
import { part } from "../shared/part.js";
import { parse } from "../shared/safetensors.js";

const GAP = 1;
const figure = (value) => {
  const size = Math.abs(value);
  return Number.isInteger(value) ? `${value}` : size < 0.1 ? value.toPrecision(2) : value.toFixed(size < 1 ? 2 : 1);
};
const frames = new Map(); // "run/step" -> promise of arrays

const frame = (id, step) => {
  const key = `/repz/runs/${id}/frames/${step}`;
  if (!frames.has(key)) frames.set(key, fetch(new URL(key, document.baseURI)).then((answer) => answer.arrayBuffer()).then(parse).catch(() => { frames.delete(key); return {}; }));
  return frames.get(key);
};

export default part(["frame"], (parent, { data }) => {
  const root = parent.querySelector(".family");
  root.innerHTML = `<label class="chooser watched"><span class="value"></span><input type="range" min="0" step="1"></label><div class="metrics"></div><div class="rows"></div>`;
  const find = (selector) => root.querySelector(selector), slider = find("input"), sheet = document.createElement("canvas");
  const rows = Object.entries(data.arrays).map(([array, [words, lines]]) => {
    const row = document.createElement("div"), canvas = document.createElement("canvas");
    row.className = "row";
    canvas.setAttribute("role", "img");
    canvas.style.aspectRatio = `${data.columns} / ${lines}`; // until the images say
    row.append(Object.assign(document.createElement("span"), { textContent: words }), canvas);
    find(".rows").append(row);
    return { array, words, canvas, lines };
  });
  let latest, chosen = "";
  slider.oninput = () => { chosen = latest.data.members[slider.value].run; show(); };
  const show = async () => {
    const { members, columns, text } = latest.data;
    const member = members[slider.value];
    slider.setAttribute("aria-label", text.name);
    slider.setAttribute("aria-valuetext", `${text.name} ${member.label}`);
    find(".value").textContent = `${text.name} = ${member.label}`;
    find(".metrics").textContent = Object.entries(text.metrics).filter(([name]) => name in member.metrics)
      .map(([name, words]) => `${words} ${figure(member.metrics[name])}`).join(" · ") + ` (${text.unit})`;
    for (const { words, canvas } of rows) canvas.setAttribute("aria-label", `${words}, ${text.name} = ${member.label}`);
    const arrays = { ...(await frame(member.run, 0)), ...(await frame(member.run, member.step)) }; // its own inputs too
    if (members[slider.value] !== member) return; // it moved on meanwhile
    for (const { array, canvas, lines } of rows) if (arrays[array]) paint(canvas, arrays[array], columns, lines, sheet);
    root.dataset.shown = member.run;
  };
  const draw = (_run, data) => {
    latest = { data };
    slider.max = data.members.length - 1;
    const place = data.members.findIndex((member) => member.run === chosen);
    slider.value = place >= 0 ? place : data.start;
    show();
  };
  const table = (_run, { members, text }) => ({
    columns: [text.name, "run", "step", ...text.metrics],
    rows: members.map(({ label, run, step, metrics }) => [label, run, step, ...text.metrics.map((name) => metrics[name])]),
  });
  return { draw, table };
});

// The first images of an array, in lines as wide as the canvas.
function paint(canvas, { shape: [, channels, height, width], data }, columns, lines, sheet) {
  canvas.style.aspectRatio = `${columns * (width + GAP) - GAP} / ${lines * (height + GAP) - GAP}`;
  const { context, width: w, height: h } = fit(canvas);
  contactSheet({ shape: [columns * lines, channels, height, width], data }, columns, GAP, sheet);
  context.drawImage(sheet, 0, 0, w, h);
}
