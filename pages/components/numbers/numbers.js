// A line of words with numbers of the row in view: "{val_recon} + {val_kl}".
import { expression } from "../shared/expression.js";
import { part } from "../shared/part.js";

export default part(["rows", "frame", "frames"], (parent) => {
  const root = parent.querySelector(".numbers"), line = document.createElement("span");
  line.className = "watched";
  root.append(line);
  const draw = (run, { template, colors, digits, text }, step) => {
    const parts = template.split(/\{([^}]*)\}/).map((piece, i) => (i % 2 ? expression(piece) : piece));
    const row = run.row(parts.flatMap((piece) => piece.columns ?? []), step);
    line.dataset.step = row ? row.step : "";
    if (!row) return line.replaceChildren(text.waiting);
    line.replaceChildren(...parts.map((piece) => (typeof piece === "string" ? piece : number(piece, row, colors, digits))));
  };
  return { draw };
});

function number({ of, columns }, row, colors, digits) {
  const node = document.createElement("b"), value = of(row);
  node.textContent = `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;
  if (columns.length === 1 && colors[columns[0]]) node.style.borderColor = colors[columns[0]];
  return node;
}
