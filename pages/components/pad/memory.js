// Where the marks are is in the URL (`pad`): of each the image whose code it is, or its code, if that is short.
import { address } from "../shared/stand_in.js";

const NAMES = ["P", "A", "B"];
const MOST = 32; // numbers of a code that a URL has room for
const REST = 300; // ms without a move
let timer = 0;

export function keep(at, plane, round) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const marks = NAMES.map((name) => (at[name].from === null ? [...at[name].z].map((value) => value.toFixed(3)).join("_") : `i${at[name].from}`));
    const short = NAMES.every((name) => at[name].from !== null || at[name].z.length <= MOST);
    address({ pad: short ? [...marks, plane.join("_"), round ? "round" : "line"].join("~") : null });
  }, REST);
}

// {at, plane, round} as the URL has it; null where it has none.
export function remembered() {
  const parts = new URLSearchParams(location.search).get("pad")?.split("~");
  if (parts?.length !== NAMES.length + 2) return null;
  const at = Object.fromEntries(NAMES.map((name, i) => [name, mark(parts[i])]));
  return { at, plane: parts[3].split("_").map(Number), round: parts[4] === "round" };
}

const mark = (words) => (/^i\d+$/.test(words) ? { from: Number(words.slice(1)), z: null } : { from: null, z: Float32Array.from(words.split("_"), Number) });

// Whether that is of a model whose codes have `size` numbers, with `count` images to choose from.
export const fits = ({ at, plane }, size, count) =>
  plane.length === Math.min(2, size) && plane.every((i) => Number.isInteger(i) && i >= 0 && i < size) &&
  Object.values(at).every(({ from, z }) => (z ? z.length === size && z.every(Number.isFinite) : from < count));
