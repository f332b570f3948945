// Histograms of a frame's codes (probe, unit), as live_chart draws them: which of their zeros are exact matters most.
const BINS = 40;
const known = new WeakMap(); // a frame's codes -> their histograms, since one scrubs to and fro

// {x, y, width} of one part: "zeros", the share of codes that are exactly zero, as one bar; "others", the shares of all
// codes by value; "active", the shares of the probes by how many of their units are active.
export function histogram({ shape: [count, units], data }, part) {
  if (!known.has(data)) known.set(data, { ...values(data), active: active(data, count, units) });
  return known.get(data)[part];
}

function values(data) {
  const others = data.filter((value) => value !== 0), [low, high] = range(others), size = (high - low) / BINS;
  const shares = new Float64Array(BINS);
  for (const value of others) shares[Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / size)))] += 1 / data.length;
  const x = Array.from(shares, (_, i) => low + (i + 0.5) * size), zeros = (data.length - others.length) / data.length;
  return { zeros: { x: [0], y: [zeros], width: size }, others: { x, y: [...shares], width: size } };
}

// From the smallest to the largest value; strays, a thousandth at either end, count for the outermost bins.
function range(values) {
  if (!values.length) return [0, 1];
  const sorted = values.toSorted(), stray = Math.floor(values.length / 1000);
  const low = Math.min(0, sorted[stray]), high = Math.max(0, sorted[values.length - 1 - stray]);
  return high > low ? [low, high] : [0, 1];
}

function active(data, count, units) {
  const found = Array.from({ length: count }, (_, i) => data.subarray(i * units, (i + 1) * units).reduce((sum, value) => sum + (value !== 0), 0));
  const most = Math.max(...found), step = Math.ceil((most + 1) / BINS), y = Array(Math.floor(most / step) + 1).fill(0);
  for (const number of found) y[Math.floor(number / step)] += 1 / count;
  return { x: y.map((_, i) => i * step + (step - 1) / 2), y, width: step };
}
