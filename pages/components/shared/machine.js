// A trained model over images in [0, 1], whatever its family: {size, encode, decode}, of a generator without encode. Models
// whose decoder is a sum of atoms are {atoms, offset, code, output, ...} as well, over data values: offset + code . atoms.
import { correlations, encode as lasso, reconstruct } from "./lasso.js";
import { gan, net, vae } from "./net.js";

// `model` is what the family's `browser(recipe)` says of the run, `tensors` ({name: {shape, data}}) are its weights.
export function machine(model, tensors) {
  if (model.kind === "gan") return generator(gan(model, tensors));
  if (model.kind === "vae") return variational(vae(model, tensors), model.threshold);
  const parts = sums[model.kind](model, tensors), { values, pixels } = range(model);
  const encode = (image) => parts.code(values(image)), decode = (code) => pixels(parts.output(code));
  return { size: parts.atoms.shape[0], encode, decode, values, pixels, ...parts };
}

const generator = ({ k, decode }) => ({ size: k, decode });

// A posterior {mu, logvar} is what it encodes to; an image that is not of the data set has to be prepared as those were.
const variational = (made, threshold = null) => ({
  ...generator(made),
  encode: (image) => made.encode(image).mu,
  posterior: made.encode,
  prepare: (image) => (threshold === null ? image : image.map((shade) => Number(shade > threshold))),
});

// Between images, where black is 0 and white is 1, and data values.
function range({ black = 0, white = 1 }) {
  const span = white - black;
  return {
    values: (image) => Float32Array.from(image, (shade) => black + span * shade),
    pixels: (x) => Float32Array.from(x, (value) => Math.min(1, Math.max(0, (value - black) / span))),
  };
}

// Decoders that are sums: atoms (K, n), the offset (n) they are added to, code(x) (K) and output(code) (n).
const sums = {
  // A net may bend both ways: `bend(code)` is what it adds to the sum of atoms.
  linear_ae({ layers }, tensors) {
    const atoms = transposed(tensors.decoder), encoder = tensors.own_encoder ?? atoms, offset = tensors.mean.data;
    const [fold, bend] = ["bend_encoder", "bend_decoder"].map((name) => layers[name] && net(layers[name], tensors, name).forward);
    const code = (x) => {
      const centred = x.map((value, i) => value - offset[i]), h = correlations(encoder, centred);
      return fold ? plus(h, fold(centred)) : h;
    };
    const output = (h) => (bend ? plus(sum(atoms, h, offset), bend(h)) : sum(atoms, h, offset));
    return { atoms, encoder, offset, code, output, fold, bend };
  },
  sparse_coding({ l1 }, { dictionary: atoms }) {
    const offset = new Float32Array(atoms.shape[1]);
    return { atoms, offset, code: (x) => lasso(atoms, x, l1), output: (code) => sum(atoms, code, offset) };
  },
  sparse_ae({ variant, active }, { "encoder.weight": weight, "encoder.bias": before, decoder: atoms, bias, threshold }) {
    const offset = bias.data;
    const code = (x) => {
      const found = plus(correlations(weight, x.map((value, i) => value - offset[i])), before.data);
      if (variant === "kl") return found.map((t) => 1 / (1 + Math.exp(-t)));
      const positive = found.map((t) => Math.max(0, t));
      if (variant === "batch_topk") return positive.map((t) => (t > threshold.data[0] ? t : 0));
      return variant === "topk" ? largest(positive, active) : positive;
    };
    return { atoms, offset, code, output: (h) => sum(atoms, h, offset) };
  },
};

// The `count` largest of non-negative numbers, zeros in place of the others.
function largest(values, count) {
  const kept = new Set([...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, count));
  return values.map((value, i) => (kept.has(i) ? value : 0));
}

function transposed({ shape: [rows, columns], data }) {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { shape: [columns, rows], data: turned };
}

const plus = (a, b) => a.map((value, i) => value + b[i]);

const sum = (atoms, code, offset) => plus(reconstruct(atoms, code), offset);

// The i-th row of a matrix.
export const row = ({ shape: [, n], data }, i) => data.subarray(i * n, (i + 1) * n);

// Four sums at a time: an addition has to wait for the one before it.
export function dot(a, b) {
  const size = a.length, whole = size - (size % 4);
  let p = 0, q = 0, r = 0, s = 0, i = 0;
  for (; i < whole; i += 4) {
    p += a[i] * b[i];
    q += a[i + 1] * b[i + 1];
    r += a[i + 2] * b[i + 2];
    s += a[i + 3] * b[i + 3];
  }
  for (; i < size; i++) p += a[i] * b[i];
  return p + q + r + s;
}

// Values of any sign as an image: zero is grey, the largest value black or white.
export function shades(values) {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-30);
  return Float32Array.from(values, (value) => 0.5 + value / (2 * most));
}
