// Where a map has its points at a step: laid out by UMAP once a run has ended, or along principal axes at any time.

const QUALITIES = ["trustworthiness", "continuity"];

// {points: Float32Array of x, y; labels; probes, whether point i is probe image i; step; quality [2] or null}, or null
// where there is no such map. `of` is "h" or "z", `by` "umap", "pca", "all", or "seed", the `seed`-th of those of the end.
export function places(run, step, of, by, seed = 0) {
  const last = run.glanced ? run.now.step : run.steps.at(-1), arrays = run.arrays(step), end = run.arrays(last);
  if (!arrays?.labels) return null;
  if (by === "all") return end?.map_h ? { points: end.map_h.data, labels: end.map_labels.data, probes: false, step: last, quality: null } : null;
  if (by === "seed") return end?.maps_seeded ? ofSeed(last, arrays, end, seed) : null;
  const frame = end?.map_steps ? nearest(end.map_steps.data, step) : -1, maps = end?.[`maps_${of}`];
  if (by === "umap") {
    if (!maps) return null;
    const [, count] = maps.shape, size = 2 * count;
    return { points: maps.data.subarray(frame * size, (frame + 1) * size), labels: arrays.labels.data, probes: true, step: end.map_steps.data[frame], quality: quality(end, of, frame, 0) };
  }
  const found = arrays[`embeddings_${of}`];
  if (!found) return null;
  const [count, axes] = found.shape, points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) points.set(axes > 1 ? found.data.subarray(i * axes, i * axes + 2) : [found.data[i], 0], 2 * i);
  return { points, labels: arrays.labels.data, probes: true, step, quality: frame >= 0 && end.map_steps.data[frame] === step ? quality(end, of, frame, 1) : null };
}

function ofSeed(step, { labels }, { maps_seeded: { shape: [seeds, count], data }, seeded_quality: { data: found } }, seed) {
  const place = seed % seeds, size = 2 * count;
  return { points: data.subarray(place * size, (place + 1) * size), labels: labels.data, probes: true, step, quality: found.subarray(2 * place, 2 * place + 2), seed: place + 1 };
}

const nearest = (steps, step) => steps.reduce((best, found, i) => (Math.abs(found - step) < Math.abs(steps[best] - step) ? i : best), 0);

function quality({ map_quality: { shape: [, frames, maps], data } }, of, frame, map) {
  const at = (((of === "h" ? 0 : 1) * frames + frame) * maps + map) * QUALITIES.length;
  return [data[at], data[at + 1]];
}

// A box for the points: the middle of what lies between the outermost hundredths, and half its larger side.
export function box(points) {
  const sides = [0, 1].map((axis) => {
    const sorted = points.filter((_, i) => i % 2 === axis).sort(), stray = Math.floor(sorted.length / 200);
    return [sorted[stray], sorted[sorted.length - 1 - stray]];
  });
  return { middle: sides.map(([low, high]) => (low + high) / 2), reach: 0.55 * Math.max(...sides.map(([low, high]) => high - low), 1e-6) };
}
