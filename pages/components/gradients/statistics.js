// Means and variances of one-draw gradients (draws, coordinates), and how their numbers are written.

// One coordinate: its values, their mean, its standard error, their variance (over n - 1).
export function estimate({ shape: [draws, count], data }, coordinate) {
  const values = Array.from({ length: draws }, (_, i) => data[i * count + coordinate]);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1);
  return { values, mean, error: Math.sqrt(variance / draws), variance };
}

// Of all coordinates: the ratio of summed variances, and the dimension of mu whose pathwise mean is farthest from zero.
export function quietness(pathwise, score) {
  const each = (array) => Array.from({ length: array.shape[1] }, (_, i) => estimate(array, i));
  const quiet = each(pathwise), total = (estimates) => estimates.reduce((sum, { variance }) => sum + variance, 0);
  const sizes = quiet.slice(0, quiet.length / 2).map(({ mean }) => Math.abs(mean));
  return { ratio: total(each(score)) / total(quiet), strongest: sizes.indexOf(Math.max(...sizes)) };
}

const minus = (text) => text.replaceAll("-", "−");
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

// Three digits: "1,230", "0.0189", "2.31e−7".
export function significant(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "–"; // no noise at all to compare with
  return minus(value !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential(2) : three.format(value));
}

// "−0.038 ± 0.013": the error in two digits, the mean to the same place.
export function withError(mean, error) {
  if (error !== 0 && error < 1e-6) return `${significant(mean)} ± ${significant(error)}`;
  const places = error > 0 ? Math.max(0, 1 - Math.floor(Math.log10(error))) : 2;
  return minus(`${mean.toFixed(places)} ± ${error.toFixed(places)}`);
}
