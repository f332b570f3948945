// Invertible matrices for codes: small, square, row by row in double precision.

const seeded = (seed) => () => (seed = (1664525 * seed + 1013904223) % 2 ** 32) / 2 ** 31 - 1;

const filled = (rows, columns, value) => Float64Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));

export const identity = (size) => filled(size, size, (i, j) => Number(i === j));

// a b, of (rows, inner) and (inner, columns).
export function product(a, b, rows, inner, columns) {
  const found = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let m = 0; m < inner; m++) {
    const factor = a[i * inner + m];
    if (factor !== 0) for (let j = 0; j < columns; j++) found[i * columns + j] += factor * b[m * columns + j];
  }
  return found;
}

export const transposed = (a, rows, columns) => filled(columns, rows, (i, j) => a[j * columns + i]);

// By Gauss and Jordan, with the largest pivot of each column.
export function inverse(a, size) {
  const left = a.slice(), right = identity(size);
  const each = (act) => [left, right].forEach((matrix) => { for (let j = 0; j < size; j++) act(matrix, j); });
  for (let c = 0; c < size; c++) {
    let best = c;
    for (let i = c + 1; i < size; i++) if (Math.abs(left[i * size + c]) > Math.abs(left[best * size + c])) best = i;
    each((m, j) => { [m[c * size + j], m[best * size + j]] = [m[best * size + j], m[c * size + j]]; });
    const pivot = left[c * size + c];
    each((m, j) => { m[c * size + j] /= pivot; });
    for (let i = 0; i < size; i++) {
      const factor = left[i * size + c];
      if (i !== c && factor !== 0) each((m, j) => { m[i * size + j] -= factor * m[c * size + j]; });
    }
  }
  return right;
}

// A of size x size: each pair of codes sheared, stretched and turned in its plane, then all of them turned together. Turns
// are orthogonal, so A's singular values are those of one pair's matrix, and the stretch of a code that is alone.
export function mixer(size, { angle, stretch, shear, turn }) {
  const pair = pairOf({ angle, stretch, shear });
  const pairs = filled(size, size, (i, j) => {
    if (i >> 1 !== j >> 1) return 0;
    return (i | 1) < size ? pair[2 * (i & 1) + (j & 1)] : stretch; // the last one may be alone
  });
  return turn ? product(turned(size, turn), pairs, size, size, size) : pairs;
}

function pairOf({ angle, stretch, shear }) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos * stretch, cos * stretch * shear - sin, sin * stretch, sin * stretch * shear + cos];
}

// The least and the largest singular value of A.
export function extremes(size, knobs) {
  const [a, b, c, d] = pairOf(knobs), squares = a * a + b * b + c * c + d * d, area = Math.abs(a * d - b * c);
  const most = Math.sqrt((squares + Math.sqrt(Math.max(0, squares ** 2 - 4 * area ** 2))) / 2);
  const values = [...(size > 1 ? [area / most, most] : []), ...(size % 2 ? [knobs.stretch] : [])];
  return [Math.min(...values), Math.max(...values)];
}

// An orthogonal matrix by Cayley's transform of a random skew-symmetric one, the further from I the larger `turn`.
function turned(size, turn) {
  const random = seeded(7), skew = filled(size, size, () => random());
  const half = filled(size, size, (i, j) => (turn * (skew[i * size + j] - skew[j * size + i])) / Math.sqrt(size));
  const [plus, minus] = [1, -1].map((sign) => identity(size).map((one, i) => one + sign * half[i]));
  return product(inverse(minus, size), plus, size, size, size);
}
