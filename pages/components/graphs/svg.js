// SVG in few words.
const SPACE = "http://www.w3.org/2000/svg";

// A node of SVG: svg("rect", { x: 1, class: "box" }, ...children or text).
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Lines of text from (x, y) down; a line is a string, or pieces [text, class].
export function words(x, y, lines, { kind = "", anchor = "start", leading = 17 } = {}) {
  return svg("text", { class: kind, "text-anchor": anchor }, ...lines.map((line, i) => {
    const pieces = typeof line === "string" ? [line] : line.map(([text, tint]) => svg("tspan", { class: tint }, text));
    return svg("tspan", { x, y: y + i * leading }, ...pieces);
  }));
}

// An arrow along `points` whose tip is the last one, `aside` pixels to the right of its way.
export function arrow(points, kind, width = 1.5, aside = 0) {
  const way = shifted(points, aside), [tip, before] = [way.at(-1), way.at(-2)];
  const [ux, uy] = direction(before, tip), head = 5 + 1.3 * width, half = 2.5 + 0.9 * width;
  const back = [tip[0] - head * ux, tip[1] - head * uy];
  const wings = [[back[0] - half * uy, back[1] + half * ux], [back[0] + half * uy, back[1] - half * ux]];
  const line = svg("path", { d: `M${[...way.slice(0, -1), back].join("L")}`, "stroke-width": width });
  return svg("g", { class: `arrow ${kind}` }, line, svg("path", { class: "head", d: `M${[tip, ...wings].join("L")}Z` }));
}

function direction([x0, y0], [x1, y1]) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  return [(x1 - x0) / length, (y1 - y0) / length];
}

// The polyline moved to its right; at a corner by both of its sides, which are at right angles here.
function shifted(points, aside) {
  return points.map(([x, y], i) => {
    const sides = [points.slice(i - 1, i + 1), points.slice(i, i + 2)].filter((side) => side.length === 2);
    return sides.reduce(([a, b], side) => {
      const [ux, uy] = direction(...side);
      return [a - aside * uy, b + aside * ux];
    }, [x, y]);
  });
}
