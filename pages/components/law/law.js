// Which law codes follow: all values of the probe images' codes at the step in view, under the law that the penalty means.
import { axes, paper } from "../descent/chart.js";
import { short, slider } from "../descent/slider.js";
import { toggle } from "../shared/controls.js";
import { message } from "../shared/draw.js";
import { inside, look } from "../shared/look.js";
import { oncePerFrame, part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";
import { statistics, surprise } from "./statistics.js";

const BINS = 60;
const RATE = { from: 0.01, to: 1000 };

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".law");
  root.innerHTML = `
    <div class="controls"><span class="rate"></span></div><canvas role="img"></canvas>
    <table><thead><tr><td></td><th></th><th></th><th></th></tr></thead><tbody></tbody></table><div class="fitted"></div>`;
  const find = (selector) => root.querySelector(selector), canvas = find("canvas"), body = find("tbody");
  text.terms.forEach((words, i) => { root.querySelectorAll("th")[i].textContent = words; });
  const kept = look(place, { fitted: true, log: true, rate: 1 });
  let last = null, seen = null, found = null;
  const again = oncePerFrame(() => last && canvas.isConnected && draw(...last));
  const fit = toggle(text.fit, kept.fitted, (pressed) => { kept.fitted = pressed; again(); });
  const rate = slider(find(".rate"), text.rate, { ...RATE, log: true, value: inside(kept.rate, RATE) }, () => {
    Object.assign(kept, { fitted: false, rate: rate.value });
    fit.setAttribute("aria-pressed", false);
    again();
  });
  find(".controls").append(fit, toggle(text.log, kept.log, (pressed) => { kept.log = pressed; again(); }));

  const draw = (run, data, step) => {
    last = [run, data, step];
    const { text, colors } = data, codes = run.arrays(step)?.codes, sheet = paper(canvas);
    canvas.dataset.step = codes ? step : "";
    canvas.dataset.run = run.id;
    if (!codes) return message(sheet.context, text[run.status.state] ?? text.waiting, sheet.width, sheet.height);
    if (seen !== codes) [seen, found] = [codes, statistics(codes)];
    if (kept.fitted) rate.value = inside(found.rate, RATE);
    histogram(sheet, found, rate.value, kept.log, colors, text);

    const numbers = surprise(found, rate.value), { units } = found;
    const rows = [[text.each, numbers.each], [text.summed.replace("{units}", units), numbers.summed]];
    if (numbers.tail) rows.push([text.tail, numbers.tail]);
    body.replaceChildren(...rows.map(([words, values]) => {
      const row = document.createElement("tr");
      row.append(...[words, ...values.map(written)].map((cell, i) => Object.assign(document.createElement(i ? "td" : "th"), { textContent: cell })));
      return row;
    }));
    find(".fitted").textContent = (found.signed ? text.signed : text.positive).replace("{rate}", short(found.rate));
    canvas.setAttribute("aria-label", `${text.alt} ${text.zeros} ${percent(found.zeros)}`);
    canvas.dataset.shown = JSON.stringify({ rate: rate.value, zeros: found.zeros, fit: found.rate, signed: found.signed, ...numbers });
  };
  const table = (run, _data, step) => ofArrays(run.arrays(step), ["codes"]);
  return { draw, table, moves: true };
});

const written = (value) => (Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3)).replace("-", "−");
const percent = (share) => `${(100 * share).toFixed(share > 0.999 && share < 1 ? 2 : 1)} %`;

// What is exactly zero as a bar apart; the others as a density, over the two laws. Signed values count all codes, so that
// the bars sum to the share that is not zero; of codes that cannot be negative it is the law of those that are not zero.
function histogram(sheet, { values, signed, zeros, total, reach, spread }, rate, log, colors, text) {
  const { context, width, height, line, size, ink, curve, write } = sheet, from = signed ? -reach : 0;
  const counts = new Array(BINS).fill(0), bin = (reach - from) / BINS, norm = bin * (signed ? total : values.length);
  let outside = 0;
  for (const value of values) {
    const place = Math.floor((value - from) / bin);
    if (place >= 0 && place < BINS) counts[place] += 1;
    else outside += 1;
  }
  const density = counts.map((count) => count / norm), top = Math.max(...density, 1e-9);
  const laplace = (h) => (signed ? rate / 2 : rate) * Math.exp(-rate * Math.abs(h));
  const gauss = (h) => ((signed ? 1 : 2) * Math.exp(-0.5 * (h / spread) ** 2)) / (spread * Math.sqrt(2 * Math.PI));
  const most = log ? Math.max(top, laplace(0)) : Math.min(Math.max(top, laplace(0)), 4 * top); // or the bars would vanish
  const up = log ? { from: Math.min(top / 100, 1 / norm) / 2, to: most * 2, log, name: text.density } : { from: 0, to: 1.1 * most, name: text.density };
  const bar = 5.2 * size, box = { left: bar + 4.2 * size, top: 1.3 * line, right: width - size, bottom: height - 2.4 * line };
  const { x, y, inside } = axes(sheet, box, { from, to: reach, name: text.value }, up);
  inside(() => {
    context.fillStyle = colors.codes;
    context.globalAlpha = 0.55;
    density.forEach((value, i) => { if (value) context.fillRect(x(from + i * bin) + 0.5, y(value), Math.max(1, x(bin) - x(0) - 1), box.bottom - y(value)); });
    context.globalAlpha = 1;
    const points = Array.from({ length: 241 }, (_, i) => from + ((reach - from) * i) / 240); // an even number: zero is one
    const low = up.log ? up.from / 2 : 0;
    if (spread > 0) curve(points.map((h) => [x(h), y(Math.max(low, gauss(h)))]), { width: 1.5, dash: [8, 5] });
    curve(points.map((h) => [x(h), y(Math.max(low, laplace(h)))]), { color: colors.law, width: 3.5 });
  });
  [[signed ? text.laplace : text.exponential, colors.law, { color: colors.law, width: 3.5 }], [signed ? text.gauss : text.half, ink, { width: 1.5, dash: [8, 5] }]].forEach(([words, color, style], row) => {
    const at = box.top + (row + 0.7) * line;
    curve([[box.right - 40, at], [box.right - 4, at]], style);
    write(words, box.right - 46, at, { align: "right", weight: 600, color });
  });
  if (outside) write(text.outside.replace("{count}", outside), box.right, box.top - 0.6 * line, { align: "right" });
  curve([[size, box.top], [size, box.bottom], [bar - size, box.bottom]], { width: 1.5 });
  context.fillStyle = colors.codes;
  context.fillRect(1.5 * size, box.bottom - zeros * (box.bottom - box.top), bar - 3 * size, zeros * (box.bottom - box.top));
  write(percent(zeros), bar / 2, box.top - 0.6 * line, { align: "center", weight: 700, room: bar });
  write(text.zeros, bar / 2, box.bottom + 0.8 * line, { align: "center", room: bar + size });
}
