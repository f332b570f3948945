// Ways from one code to another, as in repz_core/latent.py.
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
export const norm = (a) => Math.sqrt(dot(a, a));
const mix = (p, a, q, b) => a.map((value, i) => p * value + q * b[i]);
const ticks = (steps) => Array.from({ length: steps }, (_, i) => i / (steps - 1));

// Between two directions, in rad; NaN where one of them is none.
export const angle = (a, b) => Math.acos(Math.max(-1, Math.min(1, dot(a, b) / (norm(a) * norm(b)))));

// The straight line from a to b.
export const lerp = (a, b, steps) => ticks(steps).map((t) => mix(1 - t, a, t, b));

// Along the great circle from a's direction to b's, the norm going evenly from |a| to |b|; the line where the directions
// agree, are opposite or have no meaning.
export function slerp(a, b, steps) {
  const omega = angle(a, b), sin = Math.sin(omega), one = norm(a), other = norm(b);
  if (!(omega > 1e-4 && omega < Math.PI - 1e-4)) return lerp(a, b, steps);
  return ticks(steps).map((t) => {
    const length = (1 - t) * one + t * other;
    return mix(length * Math.sin((1 - t) * omega) / (sin * one), a, length * Math.sin(t * omega) / (sin * other), b);
  });
}
