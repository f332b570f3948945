// Views of test images in the browser and what the newest nets make of them.
import { pixels } from "./gallery.js";
import { dot } from "./machine.js";
import { seeded, view } from "./views.js";

// Two views each of some of the `images` (M, C, H, W): {images, pairs: [[{x, h, z}, {x, h, z}], ...]}, z of norm one.
export function pairsOf(net, images, places, by, seed) {
  const shape = images.shape.slice(1), originals = places.map((place) => pixels(images, place));
  const of = (image, i, side) => {
    const x = view(image, shape, by, seeded(seed + 7919 * (2 * places[i] + side))), h = net.encode(x);
    return { x, h, z: unit(net.project(h)) };
  };
  return { images: originals, pairs: originals.map((image, i) => [of(image, i, 0), of(image, i, 1)]) };
}

// Cosines of all views, each pair's next to each other: {shape, data} as a frame's `similarities`.
export function cosines(pairs) {
  const rows = pairs.flat().map(({ z }) => z);
  return { shape: [rows.length, rows.length], data: Float32Array.from(rows.flatMap((a) => rows.map((b) => dot(a, b)))) };
}

function unit(values) {
  const norm = Math.sqrt(dot(values, values)) || 1;
  return values.map((value) => value / norm);
}

// Signed values as a colour: white at zero, orange above, blue below, full at one.
export function tint(value) {
  const end = value > 0 ? [230, 159, 0] : [0, 114, 178], share = Math.min(1, Math.abs(value));
  return `rgb(${end.map((part) => Math.round(255 + share * (part - 255)))})`;
}
