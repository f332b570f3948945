// Numbers of a part as a table {columns, rows}, and a table as CSV.

// The named arrays of a frame, those that are there: beside one another where they have a row each for the same things,
// else below one another, with the array's name in front.
export function ofArrays(arrays, names) {
  const there = names.filter((name) => arrays?.[name]);
  if (!there.length) return null;
  const counts = new Set(there.map((name) => arrays[name].shape[0]));
  if (counts.size === 1) {
    const columns = there.flatMap((name) => columnsOf(name, arrays[name])), [count] = counts;
    return { columns: ["index", ...columns], rows: Array.from({ length: count }, (_, i) => [i, ...there.flatMap((name) => rowOf(arrays[name], i))]) };
  }
  const widest = Math.max(...there.map((name) => width(arrays[name])));
  const rows = there.flatMap((name) => Array.from({ length: arrays[name].shape[0] }, (_, i) => [name, i, ...rowOf(arrays[name], i)]));
  return { columns: ["array", "index", ...Array.from({ length: widest }, (_, i) => `${i + 1}`)], rows };
}

const width = ({ shape: [, ...rest] }) => rest.reduce((product, side) => product * side, 1);
const columnsOf = (name, array) => (width(array) === 1 ? [name] : Array.from({ length: width(array) }, (_, i) => `${name} ${i + 1}`));
const rowOf = (array, i) => [...array.data.subarray(i * width(array), (i + 1) * width(array))].map(plain);

// Half and single precision have seven digits at the most; what is written has no others.
const plain = (value) => (typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value);

// What a part tells of its picture in its nodes' data attributes, in all digits: names and values.
export function told(parent) {
  const rows = [...parent.querySelectorAll("[data-run]")].flatMap(({ dataset }) => Object.entries(dataset).flatMap(([name, text]) => leaves(name, read(text))));
  return rows.length ? { columns: ["name", "value"], rows } : null;
}

function read(text) {
  if (/^[{[]/.test(text)) return JSON.parse(text);
  const words = text.split(" ");
  return words.length > 1 && words.every((word) => Number.isFinite(Number(word))) ? words : text;
}

const leaves = (name, value) => (value && typeof value === "object" ? Object.entries(value).flatMap(([key, inner]) => leaves(`${name}.${key}`, inner)) : [[name, value]]);

// RFC 4180, in UTF-8 with the mark that spreadsheets want.
export function csv({ columns, rows }) {
  const cell = (value) => (/[",\r\n]/.test(`${value ?? ""}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value ?? ""}`);
  return new Blob(["\ufeff", [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("")], { type: "text/csv" });
}
