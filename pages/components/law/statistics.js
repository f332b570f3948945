// Codes as draws from a law: their values, the rate that fits them best, and what they cost under it.

const SEEN = 0.999; // share of the values that a picture holds

// Of codes {shape: [examples, units], data}: `values` are those that are not zero, `zeros` the share of those that are. The
// `rate` of greatest likelihood is one over the mean size: of all codes where there are negative ones (Laplace's law), of
// those above zero where there are none (the exponential law). `spread` is the deviation from zero of the same codes.
export function statistics({ shape: [examples, units], data }) {
  const values = data.filter((value) => value !== 0), signed = values.some((value) => value < 0);
  let size = 0, square = 0;
  for (const value of values) { size += Math.abs(value); square += value * value; }
  const total = data.length, counted = signed ? total : values.length, sizes = values.map(Math.abs).sort();
  return {
    values, signed, examples, units, total, size, zeros: 1 - values.length / total,
    rate: size > 0 ? counted / size : 1, spread: Math.sqrt(square / (counted || 1)), reach: round(sizes[Math.floor(SEEN * sizes.length)] || 1),
  };
}

// -log p as [rate |h|, -log(rate / 2), their sum], the mean over all codes and the mean of an example's sum. Where no code
// is negative also that of codes above zero under the exponential law, `tail`: [rate h, -log rate, their sum].
export function surprise({ size, total, units, values, signed }, rate) {
  const law = (mean, constant) => [rate * mean, constant, rate * mean + constant], each = law(size / total, -Math.log(rate / 2));
  return {
    each, summed: each.map((value) => value * units),
    tail: signed || !values.length ? null : law(size / values.length, -Math.log(rate)),
  };
}

// The next number of one digit and a half, so that the axis stays while values change a little.
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value) * power;
}
