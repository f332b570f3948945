// Random views of an image, as repz_core/augment.py makes them: the same formulas, and random numbers asked for in the
// same order. `draws(name)` gives those of one kind of change: {uniform(n), normal(n)}.

const KNOTS = 6;
const LUMA = [0.299, 0.587, 0.114];

// One image (C H W, flat, in [0, 1]) changed by strengths `by` in turn.
export function view(image, [channels, rows, columns], by, draws) {
  let found = Float32Array.from(image);
  const shape = [channels, rows, columns];
  if (by.crop || by.affine || by.shift || by.elastic || by.flip) found = moved(found, shape, by, draws("moved"));
  if ((by.jitter || by.grey) && channels === 3) found = recoloured(found, by, draws("recoloured"));
  if (by.blur) found = blurred(found, shape, by.blur, draws("blurred"));
  if (by.noise) found = noisy(found, by.noise, draws("noisy"));
  if (by.erase) found = erased(found, shape, by.erase, draws("erased"));
  return found.map((value) => Math.min(1, Math.max(0, value)));
}

// Random numbers of a seed, each kind of change with its own, so that a knob that is moved leaves the others' alone.
export function seeded(seed) {
  return (name) => {
    let state = [...name].reduce((sum, letter) => Math.imul(sum ^ letter.codePointAt(0), 16777619), seed ^ 2166136261);
    const next = () => { // mulberry32
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return { uniform: (n) => Float32Array.from({ length: n }, next), normal: (n) => Float32Array.from({ length: n }, normal) };
  };
}

const between = ({ uniform }, n) => uniform(n).map((value) => 2 * value - 1);
const centre = (i, side) => (2 * i + 1) / side - 1;

// Crop, mirror, linear map, shift and bend as one place to read for each pixel; what comes in is zero.
function moved(image, [channels, rows, columns], by, random) {
  const size = 1 - by.crop * random.uniform(1)[0], [left, top] = between(random, 2), [right, down] = between(random, 2);
  const offset = [(1 - size) * left + 2 * by.shift * right, (1 - size) * top + 2 * by.shift * down];
  const [a, b, c, d] = random.normal(4).map((value, i) => (i === 0 || i === 3) + by.affine * value);
  const side = random.uniform(1)[0] < by.flip ? -size : size;
  const bend = by.elastic ? bends(rows, columns, random.normal(2 * KNOTS ** 2), 2 * by.elastic) : null;
  const found = new Float32Array(image.length);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) {
    const x = centre(j, columns), y = centre(i, rows), [u, v] = bend ? [bend[2 * at], bend[2 * at + 1]] : [0, 0];
    const across = ((side * a * x + size * c * y + offset[0] + u + 1) * columns - 1) / 2;
    const along = ((side * b * x + size * d * y + offset[1] + v + 1) * rows - 1) / 2;
    for (let channel = 0; channel < channels; channel++) found[channel * rows * columns + at] = read(image, channel * rows * columns, rows, columns, along, across);
  }
  return found;
}

// Bilinearly, zero outside.
function read(image, start, rows, columns, y, x) {
  const top = Math.floor(y), left = Math.floor(x);
  let sum = 0;
  for (let i = top; i <= top + 1; i++) for (let j = left; j <= left + 1; j++) {
    if (i >= 0 && i < rows && j >= 0 && j < columns) sum += image[start + i * columns + j] * (1 - Math.abs(y - i)) * (1 - Math.abs(x - j));
  }
  return sum;
}

// A sum of smooth bumps, whose squares add up to one at each place: pairs of moves, to the right and down.
function bends(rows, columns, numbers, strength) {
  const width = 2 / (KNOTS - 1), knots = Array.from({ length: KNOTS }, (_, i) => -1 + i * width);
  const along = (side) => Array.from({ length: side }, (_, i) => knots.map((knot) => Math.exp(-0.5 * ((centre(i, side) - knot) / width) ** 2)));
  const [down, right] = [along(rows), along(columns)], found = new Float32Array(2 * rows * columns);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < columns; j++, at += 2) {
    let squares = 0;
    for (let p = 0, k = 0; p < KNOTS; p++) for (let q = 0; q < KNOTS; q++, k += 2) {
      const bump = down[i][p] * right[j][q];
      squares += bump * bump;
      found[at] += bump * numbers[k];
      found[at + 1] += bump * numbers[k + 1];
    }
    found[at] *= strength / Math.sqrt(squares);
    found[at + 1] *= strength / Math.sqrt(squares);
  }
  return found;
}

// Brightness, contrast, saturation and hue, or no colour at all: one 3 x 3 matrix and one offset.
function recoloured(image, by, random) {
  const [bright, contrast, saturation] = between(random, 3).map((value) => 1 + 0.8 * by.jitter * value);
  const angle = Math.PI * by.jitter * between(random, 1)[0], kept = random.uniform(1)[0] >= by.grey ? 1 : 0;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle) / Math.sqrt(3)], three = [0, 1, 2];
  const turn = three.map((i) => three.map((j) => (i === j) * cos + [0, -1, 1][(j - i + 3) % 3] * sin + (1 - cos) / 3));
  const colour = three.map((i) => three.map((j) => LUMA[j] + kept * saturation * ((i === j) - LUMA[j])));
  const matrix = three.map((i) => three.map((j) => bright * contrast * three.reduce((sum, k) => sum + colour[i][k] * turn[k][j], 0)));
  const size = image.length / 3;
  const mean = three.reduce((sum, k) => sum + LUMA[k] * image.subarray(k * size, (k + 1) * size).reduce((total, value) => total + value, 0), 0) / size;
  return image.map((_, at) => {
    const place = at % size, row = matrix[Math.floor(at / size)];
    return (1 - contrast) * bright * mean + three.reduce((sum, k) => sum + row[k] * image[k * size + place], 0);
  });
}

// A Gaussian blur, down and across; weights add up to one within the image.
function blurred(image, [channels, rows, columns], strength, { uniform }) {
  const width = Math.max(1e-2, strength * uniform(1)[0]);
  const bands = (side) => Array.from({ length: side }, (_, i) => {
    const weights = Array.from({ length: side }, (_, j) => Math.exp(-0.5 * ((i - j) / width) ** 2)), sum = weights.reduce((total, value) => total + value, 0);
    return weights.map((value) => value / sum);
  });
  const [down, across] = [bands(rows), bands(columns)], half = new Float32Array(image.length), found = new Float32Array(image.length);
  const each = (act) => { for (let c = 0, at = 0; c < channels; c++) for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++, at++) act(c * rows * columns, i, j, at); };
  each((start, i, j, at) => { for (let k = 0; k < rows; k++) half[at] += down[i][k] * image[start + k * columns + j]; });
  each((start, i, j, at) => { for (let k = 0; k < columns; k++) found[at] += across[j][k] * half[start + i * columns + k]; });
  return found;
}

function noisy(image, strength, { uniform, normal }) {
  const size = strength * uniform(1)[0], noise = normal(image.length);
  return image.map((value, i) => value + size * noise[i]);
}

// A black rectangle.
function erased(image, [, rows, columns], strength, { uniform }) {
  const [down, across] = [rows, columns].map((side) => {
    const length = strength * side * uniform(1)[0], start = (side - length) * uniform(1)[0];
    return (place) => place + 0.5 < start || place + 0.5 > start + length;
  });
  return image.map((value, at) => (down(Math.floor(at / columns) % rows) || across(at % columns) ? value : 0));
}
