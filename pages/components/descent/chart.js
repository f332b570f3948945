// Plots on a canvas in the page's own ink: words, curves, and axes with round numbers.
import { fit } from "../shared/draw.js";
import { pen } from "../shared/pen.js";

// A canvas to draw on, cleared: its size in CSS pixels, and a pen for words, curves and dots.
export function paper(canvas) {
  const { context, width, height } = fit(canvas), held = pen(context, Math.min(width, 2.1 * height)); // a flat one has no room for large words
  return {
    ...held, width, height,
    curve(points, { color = held.ink, width = 2.5, dash = [], alpha = 1 } = {}) {
      context.save();
      Object.assign(context, { strokeStyle: color, lineWidth: width, globalAlpha: alpha, lineJoin: "round" });
      context.setLineDash(dash);
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x, y);
      context.stroke();
      context.restore();
    },
    dot(x, y, radius, color = held.ink) {
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = color;
      context.fill();
    },
  };
}

// Axes round the box {left, top, right, bottom}, `across` and `up` each {from, to, log, name}; the places of values.
// `inside(draw)` draws what must not leave the box.
export function axes({ context, size, line, write, curve }, { left, top, right, bottom }, across, up) {
  const place = ({ from, to, log }, start, end) => (value) =>
    start + (end - start) * (log ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from));
  const x = place(across, left, right), y = place(up, bottom, top);
  for (const tick of ticks(across, (right - left) / (5 * size))) {
    curve([[x(tick), bottom], [x(tick), bottom + 5]], { width: 1.5 });
    write(round(tick, across), x(tick), bottom + 0.8 * line, { align: "center" });
  }
  for (const tick of ticks(up, (bottom - top) / (1.6 * line))) {
    curve([[left, y(tick)], [right, y(tick)]], { width: 1, alpha: 0.15 });
    write(round(tick, up), left - 6, y(tick), { align: "right" });
  }
  curve([[left, top], [left, bottom], [right, bottom]], { width: 1.5 });
  write(across.name, (left + right) / 2, bottom + 1.9 * line, { align: "center", room: right - left });
  write(up.name, left + 8, top - 0.6 * line, { room: right - left });
  const inside = (draw) => {
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    draw();
    context.restore();
  };
  return { x, y, inside };
}

// Round numbers, as many as `most` at the most: powers of ten on a logarithmic axis.
function ticks({ from, to, log }, most) {
  if (log) {
    const [low, high] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
    const every = Math.max(1, Math.ceil((high - low) / most));
    return Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => 10 ** (low + i * every));
  }
  const rough = (to - from) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999), first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const SUPER = Object.fromEntries([..."-0123456789"].map((letter, i) => [letter, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[i]]));

function round(value, { log }) {
  if (!log || (value >= 0.01 && value <= 1000)) return `${value}`.replace("-", "−");
  return `10${raised(Math.round(Math.log10(value)))}`;
}

const raised = (power) => [...`${power}`].map((letter) => SUPER[letter]).join("");

// "8.5·10⁻⁴"
export function scientific(value) {
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits}·10${raised(Number(power))}`;
}
