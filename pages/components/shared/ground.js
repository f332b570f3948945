// What stands still on a map of codes: the decoded plane where it was recorded, codes by class, axes, the prior.
import { contactSheet } from "./draw.js";
import { axes, axisName, badges, dots, rings } from "./map.js";

const DIM = 0.45; // of decoded images, so that points stand out
const PLAIN = "#bbb"; // codes without a class

// Where a value of the map's i-th dimension is, on a map `side` wide of [low, high].
export const placed = (side, low, high) => (i, value) => side * (i === 0 ? (value - low) / (high - low) : 1 - (value - low) / (high - low));

// still(context, side, known, plane, {colors, names, prior}) draws it; again only where something changed, else a copy is
// laid there. `known` is of shared/codes.js, `plane` says which of its dimensions are shown.
export function ground() {
  const copy = document.createElement("canvas");
  let made = [];
  return (context, side, known, plane, look) => {
    const { canvas } = context;
    if (!canvas.width || !canvas.height) return; // not laid out yet
    const wanted = [known, canvas.width, canvas.height, ...plane];
    if (made.length === wanted.length && made.every((value, i) => value === wanted[i])) return context.drawImage(copy, 0, 0, canvas.clientWidth, canvas.clientHeight);
    paint(context, side, known, plane, look);
    Object.assign(copy, { width: canvas.width, height: canvas.height }).getContext("2d").drawImage(canvas, 0, 0);
    made = wanted;
  };
}

function paint(context, side, known, plane, { colors, names, prior }) {
  const [low, high] = known.span(plane), place = placed(side, low, high);
  if (known.manifold) {
    context.globalAlpha = DIM;
    context.drawImage(contactSheet(known.manifold, Math.sqrt(known.manifold.shape[0]), 0, document.createElement("canvas")), 0, 0, side, side);
    context.globalAlpha = 1;
  }
  const clouds = byClass(known, plane, names.length, low, high);
  const dot = dots(context, known.labels ? colors : [PLAIN]);
  clouds.forEach((cloud, label) => cloud.forEach(([x, y]) => dot(place(0, x), place(1, y), label)));
  axes(context, place, side, [low, high], plane.length, plane.map(axisName));
  if (known.labels) badges(context, clouds, place, side, colors, names);
  if (prior) rings(context, place, prior, plane.length);
}

// Places of each class's codes; of one dimension, that and a row for each class.
function byClass({ codes, labels }, [i, j], numClasses, low, high) {
  const clouds = Array.from({ length: numClasses }, () => []), row = (label) => low + ((high - low) * (label + 0.5)) / numClasses;
  codes.forEach((z, n) => {
    const label = labels ? labels[n] : 0;
    clouds[label].push([z[i], j === undefined ? row(label) : z[j]]);
  });
  return clouds;
}
