// What is known of a model's codes: those of images, by class; which dimensions matter most, and how far they go.
import { pixels } from "./gallery.js";

const REACH = 3; // of the prior, where a run recorded none
const ROOM = 1.06; // around the outermost code

// What can be chosen: `images` (M, C, H, W), and the code of each: of a model that only generates, its own samples.
export function choicesOf(arrays, model) {
  const { inputs } = arrays;
  return model.encode ? { images: inputs, code: (i) => model.encode(pixels(inputs, i)) } : ownSamples(arrays, model);
}

function ownSamples({ draws, samples }, model) {
  const [count, k] = draws.shape, codes = Array.from({ length: count }, (_, i) => draws.data.slice(i * k, (i + 1) * k));
  const data = Uint8Array.from(codes.flatMap((z) => [...model.decode(z)]), (value) => Math.round(255 * value));
  return { images: { shape: [count, ...samples.shape.slice(1)], data }, code: (i) => codes[i] };
}

// Codes to draw a map of: `codes` and `labels` (null where there are no classes), `sigmas` of posteriors where there are;
// `order`, the dimensions by what they cost or how they vary; span(dimensions), [low, high] that holds them; the `centre`.
export function codesOf(arrays, choices, size, prior) {
  const { codes, labels } = found(arrays, choices, size);
  const means = moment(codes, size, (z, i) => z[i]);
  const weight = arrays.kl_each?.data ?? moment(codes, size, (z, i) => (z[i] - means[i]) ** 2);
  const reach = prior ? (arrays.reach?.data[0] ?? REACH) : null;
  return {
    codes, labels, reach, manifold: size === 2 ? arrays.manifold : null,
    sigmas: arrays.stds ? rows(arrays.stds, size) : null,
    order: [...Array(size).keys()].sort((a, b) => weight[b] - weight[a]),
    span: (dimensions) => (reach ? [-reach, reach] : around(codes, dimensions)),
    centre: prior ? new Float32Array(size) : Float32Array.from(means),
  };
}

// As recorded, of many images; else of those that can be chosen.
function found({ codes, labels, inputs, input_labels: own }, { images, code }, size) {
  if (codes && labels) return { codes: rows(codes, size), labels: labels.data };
  return { codes: Array.from({ length: images.shape[0] }, (_, i) => code(i)), labels: inputs && own ? own.data : null };
}

const rows = ({ shape: [count], data }, size) => Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));

const moment = (codes, size, of) => Array.from({ length: size }, (_, i) => codes.reduce((sum, z) => sum + of(z, i), 0) / codes.length);

// From zero where no code is negative, else as far down as up.
function around(codes, dimensions) {
  const values = codes.flatMap((z) => dimensions.map((i) => z[i])), low = Math.min(...values), high = Math.max(...values, 1e-3);
  const most = ROOM * Math.max(-low, high);
  return low < 0 ? [-most, most] : [(1 - ROOM) * high, most];
}
