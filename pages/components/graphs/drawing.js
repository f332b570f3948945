// The VAE's graph from the bottom up, as in the famous drawing (Doersch 2016, arXiv:1606.05908, figure 4): values
// forwards in grey, gradients backwards in the colour of the loss term they come from.
import { add, norm } from "./passes.js";
import { arrow, svg, words } from "./svg.js";

export const WIDTH = 476, HEIGHT = 416;
const LANE = 5; // how far from an edge's middle its two directions run

// Three digits, and never wider than "−0.00": the drawing must not jump while epsilon changes.
export function number(value) {
  const size = Math.abs(value);
  if (size >= 9999.5) return value.toExponential(1).replace("-", "−").replace("e+", "e");
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0).replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
}

export const vector = (values) => [...values.slice(0, 2).map(number), ...(values.length > 2 ? ["…"] : [])].join(", ");

const thickness = (size) => Math.min(8, 1.5 + 1.1 * Math.log2(1 + size));

const box = (x, y, width, height, kind) =>
  svg("rect", { class: `box ${kind}`, x: x - width / 2, y: y - height / 2, width, height, rx: 7 });

// A node: its name and value, and below them the loss's gradient by it, where there is one.
function node(x, y, width, { name, value, gradient, tint, kind = "" }) {
  const left = x - width / 2 + 9, right = x + width / 2 - 9, lift = gradient === undefined ? 5 : -4;
  const parts = [box(x, y, width, 48, kind), words(left, y + lift, [name], { kind: "name" }), words(right, y + lift, [value], { anchor: "end", kind: "number" })];
  if (gradient === undefined) return parts;
  const by = words(left, y + 16, [`∂L/∂${name}`], { kind: `by ${tint}` });
  return [...parts, by, words(right, y + 16, [gradient], { anchor: "end", kind: `number ${tint}` })];
}

// Two lines in the middle of a box: what it is, and its value.
const tile = (x, y, width, height, lines, kind) =>
  [box(x, y, width, height, kind), words(x, y + (lines.length > 1 ? -4 : 5), lines, { anchor: "middle", leading: 20 })];

const picture = (x, y, href, label) => [svg("image", { x: x - 24, y: y - 24, width: 48, height: 48, href }, svg("title", {}, label))];

const circle = (x, y, sign) =>
  [svg("circle", { class: "box", cx: x, cy: y, r: 16 }), words(x, y + 7, [sign], { kind: "sign", anchor: "middle" })];

const cross = (x, y) => svg("path", { class: "cross", d: `M${x - 9},${y - 9}l18,18m0,-18l-18,18` });

// All that is to be seen of one graph. `found` is what passes() returns; `view` has {open: whether the way back through
// the draw is open, gradients: whether they are shown, beta, x, reconstruction (pictures' addresses), text}.
export function graph(found, view) {
  const { open, gradients, text } = view;
  const reached = (part) => (open ? add(found.path[part], found.weighed[part]) : found.weighed[part]);
  const total = { mu: reached("mu"), sigma: reached("sigma") }, tint = open ? "both" : "kl";
  const shown = (values) => (gradients ? vector(values) : undefined);
  const size = (...vectors) => thickness(norm(...vectors));
  const forward = (...points) => arrow(points, "value", 1.5, LANE);
  const backward = (kind, width, ...points) => (gradients ? [arrow(points, kind, width, LANE)] : []);
  const labels = (...parts) => (gradients ? parts.flat() : []);

  const middle = open
    ? [
        forward([88, 290], [150, 228]), forward([260, 290], [260, 231]), forward([244, 214], [183, 214]),
        arrow([[308, 214], [278, 214]], "value"),
        ...circle(260, 214, "×"), ...circle(165, 214, "+"),
        ...tile(378, 214, 140, 50, [[["ε ~ N(0, I)", "name"]], [[vector(found.epsilon), "number epsilon"]]], "source"),
        words(378, 181, [text.input], { kind: "note", anchor: "middle" }),
        ...backward("recon", size(found.path.mu), [151, 227], [88, 290]),
        ...backward("recon", size(found.dz), [183, 214], [242, 214]),
        ...backward("recon", size(found.path.sigma), [260, 232], [260, 290]),
        ...labels(
          words(4, 236, [[["· ∂z/∂μ = 1", "by recon"]], [[vector(found.path.mu), "number recon path-mu"]]], { leading: 18 }),
          words(279, 257, [[["· ∂z/∂σ = ε", "by recon"]], [[vector(found.path.sigma), "number recon path-sigma"]]], { leading: 18 }),
        ),
      ]
    : [
        forward([88, 290], [125, 235]), forward([260, 290], [205, 235]),
        ...tile(165, 214, 170, 42, [[["z ~ N(μ, σ²)", "name"]]], "draw"),
        ...backward("broken", 2, [125, 235], [88, 290]), ...backward("broken", 2, [205, 235], [260, 290]),
        ...labels(cross(107, 262), cross(233, 262), words(270, 203, text.broken, { kind: "warning", leading: 18 })),
      ];

  return [
    svg("rect", { class: "posterior", x: 1, y: 283, width: 346, height: 64, rx: 10 }),
    // The way up.
    forward([74, 388], [121, 388]), forward([154, 368], [100, 341]), forward([194, 368], [248, 341]),
    ...middle,
    forward([165, open ? 198 : 193], [165, 175]), forward([165, 126], [165, 102]), forward([215, 80], [250, 80]),
    forward([299, 80], [334, 80]), forward([392, 58], [392, 34]), forward([343, 315], [383, 315]), forward([462, 290], [462, 34]),
    // The way back.
    ...backward("recon", thickness(1), [392, 33], [392, 57]), ...backward("recon", thickness(1), [335, 80], [300, 80]), ...backward("recon", thickness(1), [251, 80], [216, 80]),
    ...backward("recon", size(found.dz), [165, 101], [165, 125]), ...backward("recon", size(found.dz), [165, 174], [165, open ? 197 : 192]),
    ...backward("kl", thickness(view.beta), [462, 33], [462, 289]), ...backward("kl", size(found.weighed.mu, found.weighed.sigma), [384, 315], [344, 315]),
    ...backward(tint, size(total.mu), [100, 340], [154, 367]), ...backward(tint, size(total.sigma), [248, 340], [194, 367]),
    // What stands on it.
    ...picture(50, 390, view.x, text.x), words(20, 395, ["x"], { kind: "name", anchor: "end" }),
    ...tile(174, 388, 104, 38, [text.encoder], "net"),
    ...node(88, 315, 166, { name: "μ", value: vector(found.mu), gradient: shown(total.mu), tint }),
    ...node(260, 315, 166, { name: "σ", value: vector(found.sigma), gradient: shown(total.sigma), tint }),
    ...tile(429, 315, 92, 50, [[["KL(q‖p)", "name kl"]], [[`${number(found.kl)} ${text.nats}`, "number"]]], "kl"),
    ...node(165, 150, 170, { name: "z", value: vector(found.z), gradient: shown(found.dz), tint: "recon" }),
    ...tile(165, 80, 100, 42, [text.decoder], "net"),
    ...picture(275, 80, view.reconstruction, text.reconstruction), words(275, 120, ["x̂"], { kind: "name", anchor: "middle" }),
    ...tile(392, 80, 116, 44, [[["−log p(x|z)", "name recon"]], [[`${number(found.recon)} ${text.nats}`, "number"]]], "recon"),
    ...tile(238, 18, 474, 30, [sentence(found, view)], "total"),
    ...labels(
      words(360, 361, [[["β ∂KL/∂μ", "by kl"]], [[vector(found.weighed.mu), "number kl kl-mu"]], [["β ∂KL/∂σ", "by kl"]], [[vector(found.weighed.sigma), "number kl kl-sigma"]]]),
      words(238, 384, open ? text.both : text.alone, { kind: "note" }),
    ),
  ];
}

// L = −log p(x|z) + β KL, in numbers.
function sentence(found, { beta, text }) {
  return [
    ["L = −log p(x|z) + β KL = ", ""], [number(found.recon), "recon"], [` + ${beta} · `, ""], [number(found.kl), "kl"],
    [" = ", ""], [`${number(found.loss)} ${text.nats}`, "loss"],
  ];
}
