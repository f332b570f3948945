// What an image is made of: its code's atoms with their weights, in the order in which they are best added.
import { dot, row } from "../shared/machine.js";

// {unit, weight, vector} of each atom that the code of x uses: at each place the one that lowers the squared error most,
// with the weight it has in the whole code. What a net adds to the sum of atoms comes last, and is no unit.
export function pieces({ atoms, offset, code, bend }, x) {
  const codes = code(x), left = x.map((value, i) => value - offset[i]), rest = [], ordered = [];
  codes.forEach((weight, unit) => { if (weight !== 0) rest.push(piece(unit, weight, row(atoms, unit))); });
  while (rest.length) {
    const gains = rest.map(({ weight, vector, square }) => 2 * weight * dot(left, vector) - weight ** 2 * square);
    const [next] = rest.splice(gains.indexOf(Math.max(...gains)), 1);
    ordered.push(next);
    next.vector.forEach((value, i) => { left[i] -= next.weight * value; });
  }
  return bend ? [...ordered, piece(null, 1, bend(codes))] : ordered;
}

const piece = (unit, weight, vector) => ({ unit, weight, vector, square: dot(vector, vector) });

// The sums of the first 0, 1, 2 ... pieces upon the offset, and the squared error that each leaves of x.
export function errorsOf(parts, offset, x) {
  const sums = [Float32Array.from(offset)];
  for (const { weight, vector } of parts) sums.push(sums.at(-1).map((value, i) => value + weight * vector[i]));
  const errors = sums.map((sum) => sum.reduce((total, value, i) => total + (value - x[i]) ** 2, 0));
  return { sums, errors };
}
