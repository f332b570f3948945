// Nets of repz_core/layers.py in the browser: forward, and back from a gradient of the output to one of the input.

// {forward(x), vjp(x, g)} of `layers`, whose weights are `${prefix}.${i}.weight` and .bias of `tensors` ({name: {data}}).
// vjp is the gradient of g . net(x) with respect to x. Each answer is a new Float32Array; in between, none is made.
export function net(layers, tensors, prefix) {
  const steps = [];
  let shape = layers[0].shape ?? [layers[0].inputs];
  layers.forEach((layer, i) => {
    const data = (name) => tensors[`${prefix}.${i}.${name}`].data;
    const step = kinds[layer.kind](layer, shape, data);
    step.gradient = new Float32Array(count(shape));
    shape = step.shape;
    step.output = new Float32Array(count(shape));
    if (step.forward) steps.push(step);
  });
  const run = (x) => steps.reduce((input, { forward, output }) => (forward(input, output), output), x);
  return {
    forward: (x) => run(x).slice(),
    vjp(x, g) {
      run(x);
      const inputs = [x, ...steps.map(({ output }) => output)];
      return steps.reduceRight((above, { back, gradient }, i) => (back(above, gradient, inputs[i]), gradient), g).slice();
    },
  };
}

// The variational autoencoder of methods/vae.py. `model`: {layers: {encoder, decoder}, likelihood, k}, as Python gives it.
export function vae({ layers, likelihood, k }, tensors) {
  const encoder = net(layers.encoder, tensors, "encoder"), decoder = net(layers.decoder, tensors, "decoder");
  const mean = likelihood === "bernoulli" ? (v) => 1 / (1 + Math.exp(-v)) : (v) => Math.min(1, Math.max(0, v));
  return {
    k,
    encode(x) {
      const found = encoder.forward(x);
      return { mu: found.slice(0, k), logvar: found.slice(k) };
    },
    decode(z) { // means of the pixels, in [0, 1]
      const pixels = decoder.forward(z);
      for (let i = 0; i < pixels.length; i++) pixels[i] = mean(pixels[i]);
      return pixels;
    },
    output: decoder.forward, // logits, or a Gaussian's means as they are
    pull: decoder.vjp, // the gradient of g . output(z) by z
  };
}

// The generator of methods/gan.py: {layers: {generator}, k}; its averaged weights are those that are shown.
export function gan({ layers, k }, tensors) {
  const generator = net(layers.generator, tensors, "average");
  return { k, decode: (z) => generator.forward(z).map((v) => 1 / (1 + Math.exp(-v))) };
}

// Both nets of methods/simclr.py: {layers: {encoder, head}}. Without a head, z is h.
export function simclr({ layers }, tensors) {
  const [encoder, head] = ["encoder", "head"].map((name) => layers[name].length && net(layers[name], tensors, name));
  return { encode: encoder.forward, project: head ? head.forward : (h) => h };
}

const count = (shape) => shape.reduce((product, side) => product * side, 1);

// A layer: the shape of what comes out, forward(x, y) fills y, back(g, gx, x) fills gx. Without forward it only renames.
const kinds = {
  linear({ outputs }, _, data) {
    const weight = data("weight"), bias = data("bias");
    return {
      shape: [outputs],
      forward(x, y) {
        multiply(weight, x, y);
        for (let i = 0; i < y.length; i++) y[i] += bias[i];
      },
      back: (g, gx) => multiplyTransposed(weight, g, gx),
    };
  },
  relu: (_, shape) => ({
    shape,
    forward(x, y) { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? x[i] : 0; },
    back(g, gx, x) { for (let i = 0; i < gx.length; i++) gx[i] = x[i] > 0 ? g[i] : 0; },
  }),
  leaky_relu: (_, shape) => ({
    shape,
    forward(x, y) { for (let i = 0; i < y.length; i++) y[i] = x[i] > 0 ? x[i] : 0.2 * x[i]; },
    back(g, gx, x) { for (let i = 0; i < gx.length; i++) gx[i] = x[i] > 0 ? g[i] : 0.2 * g[i]; },
  }),
  unflatten: ({ shape }) => ({ shape }),
  channels_last: (_, shape) => ({ shape }), // a matter of memory alone, in torch
  flatten: (_, shape) => ({ shape: [count(shape)] }),
  pad({ left, right, top, bottom }, [channels, rows, columns]) {
    const shape = [channels, rows + top + bottom, columns + left + right];
    const { put, cut } = frame([channels, rows, columns], shape, top, left);
    return { shape, forward: put, back: cut };
  },
  crop({ rows, columns }, shape) {
    const small = [shape[0], rows, columns], { put, cut } = frame(small, shape, 0, 0);
    return { shape: small, forward: cut, back: put };
  },
  conv({ outputs, size, stride, padding = 0 }, large, data) {
    const small = [outputs, ...large.slice(1).map((side) => Math.floor((side + 2 * padding - size) / stride) + 1)];
    const { gather, scatter } = patches(small, large, data("weight"), size, stride, padding), bias = data("bias");
    return { shape: small, forward: (x, y) => { gather(x, y); shift(y, bias); }, back: scatter };
  },
  conv_transposed({ outputs, size, stride, padding }, small, data) {
    const large = [outputs, ...small.slice(1).map((side) => (side - 1) * stride - 2 * padding + size)];
    const { gather, scatter } = patches(small, large, data("weight"), size, stride, padding), bias = data("bias");
    return { shape: large, forward: (x, y) => { scatter(x, y); shift(y, bias); }, back: gather };
  },
  // The greatest of each size x size places, fewer at the right and lower ends; the slope goes to the first greatest.
  max_pool({ size }, [channels, rows, columns]) {
    const shape = [channels, Math.ceil(rows / size), Math.ceil(columns / size)], [, height, width] = shape;
    const greatest = (x, at) => {
      const top = size * (Math.floor(at / width) % height), left = size * (at % width), start = Math.floor(at / (height * width)) * rows * columns;
      let best = start + top * columns + left;
      for (let r = top; r < Math.min(rows, top + size); r++) for (let c = left; c < Math.min(columns, left + size); c++) {
        if (x[start + r * columns + c] > x[best]) best = start + r * columns + c;
      }
      return best;
    };
    return {
      shape,
      forward(x, y) { for (let at = 0; at < y.length; at++) y[at] = x[greatest(x, at)]; },
      back(g, gx, x) { gx.fill(0); for (let at = 0; at < g.length; at++) gx[greatest(x, at)] += g[at]; },
    };
  },
  // By the means and variances that training kept.
  standardise(_, shape, data) {
    const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(data);
    const scale = weight.map((value, i) => value / Math.sqrt(variance[i] + 1e-5));
    return {
      shape,
      forward(x, y) { for (let i = 0; i < y.length; i++) y[i] = (x[i] - mean[i]) * scale[i] + bias[i]; },
      back(g, gx) { for (let i = 0; i < gx.length; i++) gx[i] = g[i] * scale[i]; },
    };
  },
};

// y = W x, W row by row. Four sums at a time: an addition has to wait for the one before it.
function multiply(w, x, y) {
  const columns = x.length, whole = columns - (columns % 4);
  for (let row = 0, at = 0; row < y.length; row++) {
    let a = 0, b = 0, c = 0, d = 0, i = 0;
    for (; i < whole; i += 4, at += 4) {
      a += w[at] * x[i];
      b += w[at + 1] * x[i + 1];
      c += w[at + 2] * x[i + 2];
      d += w[at + 3] * x[i + 3];
    }
    for (; i < columns; i++, at++) a += w[at] * x[i];
    y[row] = a + b + c + d;
  }
}

// x = W^T y; after a relu many y are zero.
function multiplyTransposed(w, y, x) {
  const columns = x.length;
  x.fill(0);
  for (let row = 0; row < y.length; row++) {
    const factor = y[row], start = row * columns;
    if (factor !== 0) for (let i = 0; i < columns; i++) x[i] += factor * w[start + i];
  }
}

function shift(y, bias) {
  const size = y.length / bias.length;
  for (let i = 0; i < y.length; i++) y[i] += bias[Math.floor(i / size)];
}

// A small image within a large one: put it there, in zeros; cut it out.
function frame([channels, rows, columns], [, height, width], top, left) {
  const each = (visit) => {
    for (let c = 0; c < channels; c++) for (let r = 0; r < rows; r++) visit((c * rows + r) * columns, (c * height + top + r) * width + left);
  };
  return {
    put(small, large) {
      large.fill(0);
      each((from, to) => { for (let i = 0; i < columns; i++) large[to + i] = small[from + i]; });
    },
    cut(large, small) {
      each((to, from) => { for (let i = 0; i < columns; i++) small[to + i] = large[from + i]; });
    },
  };
}

// A convolution and its transpose: each place of the small image belongs to a patch of side x side of the large one. A
// convolution gathers, and its gradient scatters; a transposed one the other way round. torch keeps the weights of both
// as (channels of the small, channels of the large, side, side), so that at each place they are one matrix.
function patches([channels, rows, columns], [depth, height, width], weight, side, stride, padding) {
  const places = rows * columns, length = depth * side * side;
  const patch = new Float32Array(length), values = new Float32Array(channels);
  const where = new Int32Array(places * length); // of each patch's pixels in the large image, -1 outside of it
  for (let place = 0, at = 0; place < places; place++) {
    const top = Math.floor(place / columns) * stride - padding, left = (place % columns) * stride - padding;
    for (let c = 0; c < depth; c++) for (let p = top; p < top + side; p++) for (let q = left; q < left + side; q++) {
      where[at++] = p >= 0 && p < height && q >= 0 && q < width ? (c * height + p) * width + q : -1;
    }
  }
  return {
    gather(large, small) {
      for (let place = 0, at = 0; place < places; place++) {
        for (let i = 0; i < length; i++, at++) patch[i] = where[at] < 0 ? 0 : large[where[at]];
        multiply(weight, patch, values);
        for (let c = 0; c < channels; c++) small[c * places + place] = values[c];
      }
    },
    scatter(small, large) {
      large.fill(0);
      for (let place = 0, at = 0; place < places; place++) {
        for (let c = 0; c < channels; c++) values[c] = small[c * places + place];
        multiplyTransposed(weight, values, patch);
        for (let i = 0; i < length; i++, at++) if (where[at] >= 0) large[where[at]] += patch[i];
      }
    },
  };
}
