// Sparse codes in the browser: u of one example x at the minimum of 1/2 ||x - u D||^2 + l1 ||u||_1, and the ways there.
// A dictionary D is {shape: [K, n], data}, an atom a row. Sums are in double precision and go through G = D D^T.

const grams = new WeakMap(), steepest = new WeakMap(); // a dictionary's data -> what was computed of it

// sign(t) max(|t| - by, 0): what |t| of that weight makes of a number.
export const softThreshold = (t, by) => t - Math.max(-by, Math.min(by, t));

// G = D D^T as K x K numbers; once a dictionary.
export function gram({ shape: [units, size], data }) {
  if (grams.has(data)) return grams.get(data);
  const found = new Float64Array(units * units);
  for (let i = 0; i < units; i++) for (let j = 0; j <= i; j++) {
    let sum = 0;
    for (let p = 0, a = i * size, b = j * size; p < size; p++) sum += data[a + p] * data[b + p];
    found[i * units + j] = found[j * units + i] = sum;
  }
  grams.set(data, found);
  return found;
}

// D x: how much of each atom is in x.
export function correlations({ shape: [units, size], data }, x) {
  return Float64Array.from({ length: units }, (_, j) => {
    let sum = 0;
    for (let p = 0, at = j * size; p < size; p++) sum += data[at + p] * x[p];
    return sum;
  });
}

// u D: the sum of atoms that the codes stand for.
export function reconstruct({ shape: [units, size], data }, codes) {
  const found = new Float64Array(size);
  for (let j = 0; j < units; j++) if (codes[j] !== 0) for (let p = 0; p < size; p++) found[p] += codes[j] * data[j * size + p];
  return found;
}

// 1/2 ||x - u D||^2 + l1 ||u||_1, and its two terms: {value, error, penalty}.
export function objective(dictionary, x, codes, l1) {
  const found = reconstruct(dictionary, codes);
  let error = 0, penalty = 0;
  for (let p = 0; p < x.length; p++) error += (x[p] - found[p]) ** 2 / 2;
  for (const code of codes) penalty += l1 * Math.abs(code);
  return { value: error + penalty, error, penalty };
}

// The largest eigenvalue of G, or a little above: the gradient changes by no more than that. Power iteration finds the
// eigenvalue from below; what G v still differs from a multiple of v is added.
export function lipschitz(dictionary) {
  const { shape: [units], data } = dictionary;
  if (steepest.has(data)) return steepest.get(data);
  const g = gram(dictionary);
  let v = Float64Array.from({ length: units }, (_, j) => 1 + Math.sin(j)), found = 0;
  for (let round = 0; round < 100; round++) {
    const length = Math.sqrt(dot(v, v)) || 1;
    v = v.map((value) => value / length);
    const next = times(g, v), along = dot(v, next);
    found = along + Math.sqrt(Math.max(0, dot(next, next) - along ** 2));
    v = next;
  }
  steepest.set(data, found || 1);
  return steepest.get(data);
}

// Proximal gradient steps of length 1 / L from u = 0 (ISTA); with `momentum` those of FISTA (Beck & Teboulle 2009).
// Yields {codes, objective} of the start, and after each step, without end.
export function* descend(dictionary, x, l1, momentum) {
  const g = gram(dictionary), q = correlations(dictionary, x), step = 1 / lipschitz(dictionary), square = dot(x, x);
  let u = new Float64Array(q.length), gu = new Float64Array(q.length), v = u, gv = gu, t = 1;
  while (true) {
    yield { codes: u, objective: square / 2 - dot(u, q) + dot(u, gu) / 2 + l1 * size(u) };
    const next = v.map((value, j) => softThreshold(value + step * (q[j] - gv[j]), step * l1)), product = times(g, next);
    const later = (1 + Math.sqrt(1 + 4 * t * t)) / 2, ahead = momentum ? (t - 1) / later : 0;
    v = next.map((value, j) => value + ahead * (value - u[j]));
    gv = product.map((value, j) => value + ahead * (value - gu[j])); // G is linear: no second product
    [u, gu, t] = [next, product, later];
  }
}

const ROUNDS = 500, SWEEPS = 10, ENOUGH = 1e-10;
const DEPENDENT = 1e-10; // share of an atom's squared norm that must lie outside the span of the others in use

// The codes at the minimum, up to a relative duality gap of 1e-10: coordinate descent finds signs, and the quadratic
// that is left for them is minimised exactly (as in repz_core/lasso_rows.py).
export function encode(dictionary, x, l1) {
  const g = gram(dictionary), q = correlations(dictionary, x), units = q.length, square = dot(x, x);
  const u = new Float64Array(units);
  let left = q.slice(); // correlations of the atoms with the residual
  const sweep = (everywhere) => {
    for (let j = 0; j < units; j++) {
      const scale = g[j * units + j], old = u[j];
      if (!scale || !(everywhere || old)) continue;
      u[j] = softThreshold(left[j] + scale * old, l1) / scale;
      const change = u[j] - old;
      if (change) for (let i = 0, at = j * units; i < units; i++) left[i] -= change * g[at + i];
    }
  };
  for (let round = 0; round < ROUNDS && gap(u, q, left, square, l1) > ENOUGH; round++) {
    for (let i = 0; i <= SWEEPS; i++) sweep(i === 0);
    settle(u, q, g, l1);
    const product = times(g, u);
    left = q.map((value, j) => value - product[j]);
  }
  return Float32Array.from(u);
}

// Moves u to the minimum among codes of its signs, or until one of them becomes zero, and on from there. Where atoms in
// use depend on each other nothing moves.
function settle(u, q, g, l1) {
  for (let turning = 0; turning >= 0;) {
    const used = [...u.keys()].filter((j) => u[j] !== 0), way = solve(g, u.length, used, used.map((j) => q[j] - l1 * Math.sign(u[j])));
    if (!way) return;
    let share = 1;
    turning = -1;
    used.forEach((j, i) => {
      way[i] -= u[j];
      if (way[i] * u[j] < 0 && -u[j] / way[i] <= share) [share, turning] = [-u[j] / way[i], j];
    });
    used.forEach((j, i) => { u[j] += share * way[i]; });
    if (turning >= 0) u[turning] = 0;
  }
}

// The solution of the system of the `used` rows and columns of G with that right side, by Cholesky; null where there is none.
function solve(g, units, used, right) {
  const n = used.length, l = new Float64Array(n * n), found = Float64Array.from(right);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) {
    let sum = g[used[i] * units + used[j]];
    for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
    if (i === j && !(sum > DEPENDENT * g[used[i] * (units + 1)])) return null;
    l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) found[i] -= l[i * n + k] * found[k];
    found[i] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) found[i] -= l[k * n + i] * found[k];
    found[i] /= l[i * n + i];
  }
  return found;
}

// How far the objective may lie above its minimum, as a share of it: the residual, shrunk until it is feasible, is the
// point of the dual problem.
function gap(u, q, left, square, l1) {
  const along = dot(u, q), residual = Math.max(0, square - along - dot(u, left));
  const primal = residual / 2 + l1 * size(u), most = left.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  const scale = Math.min(1, l1 / (most || l1)), dual = scale * (square - along) - (scale ** 2 * residual) / 2;
  return primal > 0 ? (primal - dual) / primal : 0;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const size = (u) => u.reduce((sum, value) => sum + Math.abs(value), 0);

// G u, by the rows of the codes that are not zero.
function times(g, u) {
  const units = u.length, found = new Float64Array(units);
  u.forEach((value, j) => { if (value !== 0) for (let i = 0, at = j * units; i < units; i++) found[i] += value * g[at + i]; });
  return found;
}
