// Two histograms about one centre: above, the noisy estimator on its own axis with the quiet one in it to scale; below,
// the quiet one magnified.
import { svg, words } from "../graphs/svg.js";

const BINS = 41;

// What is to be seen of `found` {pathwise, score} (each {values, mean}) in width x height pixels of `size` px text.
export function histograms({ pathwise, score }, width, height, size, text) {
  const centre = pathwise.mean, reach = ({ values }) => 1.04 * Math.max(...values.map((value) => Math.abs(value - centre))) || 1e-9;
  const near = reach(pathwise), far = Math.max(reach(score), near), line = 1.35 * size, margin = 4;
  const gap = 1.5 * line, tall = (height - 3.2 * line - gap) / 2 - 4;
  const scale = (span) => (value) => width / 2 + ((value - centre) / span) * (width / 2 - margin);
  const [wide, narrow] = [scale(far), scale(near)], top = tall + 4, second = top + line + gap, bottom = second + tall;
  const [left, right] = [wide(centre - near), wide(centre + near)];
  const name = (label, y, kind) => words(margin, y, [label], { kind: `name ${kind}` });
  return [
    // What is magnified: from its place in the upper row to the whole of the lower one.
    svg("path", { class: "lens", d: `M${left} ${top}L${right} ${top}L${width - margin} ${second}L${margin} ${second}Z` }),
    ...bars(score.values, centre, far, wide, top, tall * 0.86, "score"),
    mean(wide(score.mean), top, tall * 0.95, "score"), // behind the spike, which it would hide
    ...bars(pathwise.values, centre, near, wide, top, tall * 0.86, "pathwise"),
    ...axis(centre, far, wide, top, width, line),
    name(text.score, size, "score"),
    words(Math.min(right + 7, width - 6 * size), size + 2, [text.pathwise], { kind: "name pathwise" }),
    words(width / 2, top + line + gap * 0.62, [text.zoom.replace("{times}", two(far / near))], { kind: "zoom", anchor: "middle" }),
    ...bars(pathwise.values, centre, near, narrow, bottom, tall * 0.86, "pathwise"),
    ...axis(centre, near, narrow, bottom, width, line),
    mean(narrow(pathwise.mean), bottom, tall * 0.95, "pathwise"),
    name(text.pathwise, second + size, "pathwise"),
    words(width / 2, bottom + 2.05 * line, [text.axis], { anchor: "middle" }),
  ];
}

const two = (value) => `${Number(value.toPrecision(2))}`;

// Bars of equal width over centre ± span, the highest `tall` high.
function bars(values, centre, span, place, foot, tall, kind) {
  const counts = new Array(BINS).fill(0);
  for (const value of values) counts[Math.max(0, Math.min(BINS - 1, Math.floor(((value - centre) / span + 1) * 0.5 * BINS)))] += 1;
  const most = Math.max(...counts), edge = (i) => place(centre + span * ((2 * i) / BINS - 1));
  return counts.flatMap((count, i) => {
    if (!count) return [];
    const height = (count / most) * tall;
    return [svg("rect", { class: `bar ${kind}`, x: edge(i), y: foot - height, width: edge(i + 1) - edge(i), height }, svg("title", {}, `${count}`))];
  });
}

const mean = (x, foot, tall, kind) => svg("path", { class: `mean ${kind}`, d: `M${x} ${foot}V${foot - tall}` });

// Ticks at round numbers, five or so, none so far out that its number would be cut off.
function axis(centre, span, place, foot, width, line) {
  const rough = (2 * span) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].findLast((factor) => factor * power <= rough);
  const first = Math.ceil((centre - span) / step), last = Math.floor((centre + span) / step);
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const write = (value) => (places > 5 ? value.toExponential(1) : value.toFixed(places)).replaceAll("-", "−").replace(/^−(?=[0.]*$)/, "");
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step).filter((value) => place(value) > 1.5 * line && place(value) < width - 1.5 * line);
  return [
    svg("path", { class: "axis", d: `M4 ${foot}H${width - 4}${ticks.map((value) => `M${place(value)} ${foot}v5`).join("")}` }),
    ...ticks.map((value) => words(place(value), foot + line, [write(value)], { anchor: "middle" })),
  ];
}
