// The picture of a part as a file: its canvases and drawings where they stand, over the page's background.
import { sharpness } from "./draw.js";

const FINER = 2; // pixels of a saved picture for one on the screen
const LOOKS = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font", "text-anchor", "dominant-baseline", "visibility", "display", "color", "image-rendering"];

// What is to be seen of the part in `parent`: its canvases and outermost drawings, and the box around them, in CSS pixels.
function seen(parent) {
  const all = [...parent.querySelectorAll("canvas, svg")].filter((node) => !node.closest(".repz_menu, button") && !node.parentElement?.closest("svg"));
  const spots = all.map((node) => ({ node, box: node.getBoundingClientRect() })).filter(({ box }) => box.width && box.height);
  const left = Math.min(...spots.map(({ box }) => box.left)), top = Math.min(...spots.map(({ box }) => box.top));
  const width = Math.max(...spots.map(({ box }) => box.right)) - left, height = Math.max(...spots.map(({ box }) => box.bottom)) - top;
  return { spots: spots.map(({ node, box }) => ({ node, x: box.left - left, y: box.top - top, width: node.clientWidth || box.width, height: node.clientHeight || box.height })), width, height };
}

export const background = (parent) => getComputedStyle(parent.host ?? parent).getPropertyValue("--st-background-color").trim() || "#fff";

// Draws the part as it is onto `sheet`, `scale` pixels for a CSS pixel. `drawings` are its SVGs as images, by node.
export function compose(parent, sheet, scale, drawings = new Map()) {
  const { spots, width, height } = seen(parent), context = sheet.getContext("2d", { willReadFrequently: true });
  sheet.width = Math.round(width * scale);
  sheet.height = Math.round(height * scale);
  context.imageSmoothingEnabled = false;
  context.fillStyle = background(parent);
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const { node, ...spot } of spots) {
    const box = [spot.x, spot.y, spot.width, spot.height].map((length) => Math.round(length * scale));
    context.fillStyle = getComputedStyle(node).backgroundColor;
    context.fillRect(...box);
    context.drawImage(drawings.get(node) ?? node, ...box);
  }
  return sheet;
}

// Has the part drawn finer than the screen needs it, as long as `look` looks at it.
function finely(mount, look) {
  sharpness.factor = FINER;
  try {
    mount.draw(mount.run, mount.data, mount.at(mount.clock.step), mount.others);
    return look(FINER * (globalThis.devicePixelRatio || 1));
  } finally {
    sharpness.factor = 1;
    mount.redraw();
  }
}

export async function png(parent, mount) {
  const drawings = new Map();
  for (const { node } of seen(parent).spots) if (node instanceof SVGElement) drawings.set(node, await image(node));
  const sheet = finely(mount, (scale) => compose(parent, document.createElement("canvas"), scale, drawings));
  return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
}

// Drawings stay drawings; canvases become images in it.
export async function svg(parent, mount, title) {
  return finely(mount, () => {
    const { spots, width, height } = seen(parent), root = element("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    root.append(Object.assign(element("title"), { textContent: title }), element("rect", { width, height, fill: background(parent) }));
    for (const { node, ...box } of spots) {
      if (node instanceof SVGElement) root.append(dressed(node, box));
      else root.append(element("rect", { ...box, fill: getComputedStyle(node).backgroundColor }), element("image", { ...box, href: node.toDataURL() }));
    }
    return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
  });
}

function element(name, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// A copy that looks alike without the part's style sheet.
function dressed(node, box) {
  const copy = node.cloneNode(true), from = [node, ...node.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((twin, i) => {
    const style = getComputedStyle(from[i]);
    for (const name of LOOKS) twin.style.setProperty(name, style.getPropertyValue(name));
  });
  for (const [key, value] of Object.entries(box)) copy.setAttribute(key, value);
  return copy;
}

async function image(node) {
  const { width, height } = node.getBoundingClientRect(), found = new Image();
  const text = new XMLSerializer().serializeToString(dressed(node, { width: FINER * width, height: FINER * height, viewBox: node.getAttribute("viewBox") ?? `0 0 ${width} ${height}` }));
  found.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await found.decode();
  return found;
}
