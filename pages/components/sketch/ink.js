// A drawing as an image of the data set: anti-aliased, at the size and place that MNIST gives its digits.
const SAMPLES = 5; // by 5 places that are looked at for each pixel
const FAINT = 8; // of 255: what counts as ink

// `ink` (size x size shades from 0 to 255) as side x side shades in [0, 1]: its longer side takes `inner` pixels, and its
// centre of mass is in the middle; where it takes all of the image, the middle of its bounds is.
export function centred(ink, size, side, inner) {
  const found = bounds(ink, size), image = new Float32Array(side * side);
  if (!found) return null;
  const { left, right, top, bottom, mass } = found, pixel = Math.max(right - left, bottom - top) / inner;
  const [across, down] = inner < side ? mass : [(left + right) / 2, (top + bottom) / 2];
  const shade = (x, y) => (x < 0 || y < 0 || x >= size || y >= size ? 0 : ink[Math.floor(y) * size + Math.floor(x)]);
  for (let row = 0, at = 0; row < side; row++) for (let column = 0; column < side; column++, at++) {
    let sum = 0;
    for (let i = 0; i < SAMPLES; i++) for (let j = 0; j < SAMPLES; j++) {
      const [x, y] = [column + (j + 0.5) / SAMPLES, row + (i + 0.5) / SAMPLES];
      sum += shade(across + (x - side / 2) * pixel, down + (y - side / 2) * pixel);
    }
    image[at] = sum / (255 * SAMPLES ** 2);
  }
  return image;
}

// Where ink is, and its centre of mass; null where there is none.
function bounds(ink, size) {
  let left = size, right = 0, top = size, bottom = 0, sum = 0, x = 0, y = 0;
  for (let row = 0, at = 0; row < size; row++) for (let column = 0; column < size; column++, at++) {
    const shade = ink[at];
    if (shade < FAINT) continue;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = row + 1;
    sum += shade;
    x += shade * (column + 0.5);
    y += shade * (row + 0.5);
  }
  return sum ? { left, right, top, bottom, mass: [x / sum, y / sum] } : null;
}
