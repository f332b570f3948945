// Words on a canvas, in the theme's own letters.
import { textSize } from "./gallery.js";

// A pen for a canvas `width` wide: write(words, x, y, {align, weight, room, color}), y the middle; `size` and `line` in px.
export function pen(context, width) {
  const { color: ink, fontFamily } = getComputedStyle(context.canvas), size = textSize(width);
  const write = (words, x, y, { align = "left", weight = 400, room, color = ink } = {}) => {
    Object.assign(context, { font: `${weight} ${size}px ${fontFamily}`, fillStyle: color, textAlign: align, textBaseline: "middle" });
    context.fillText(words, x, y, room);
  };
  return { context, ink, size, line: 1.4 * size, write };
}

// A number with so many decimals and a true minus; `plus` where both signs are to be told.
export function figure(value, digits = 2, plus = "") {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : plus}${text}`;
}

// Of any size, with as many decimals as tell something.
export function precise(value, plus = "") {
  const size = Math.abs(value), digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  const text = size >= 0.1 || size === 0 ? size.toFixed(digits) : size.toPrecision(2);
  return `${value < 0 ? "−" : size > 0 ? plus : ""}${text}`;
}
