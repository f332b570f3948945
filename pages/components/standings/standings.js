// A table of numbers with their intervals, a row a family, that is sorted by the column whose head is pressed.
import { look } from "../shared/look.js";

const tables = new WeakMap(); // element -> what it is sorted by: {column, up}

export default ({ parentElement: parent, data }) => {
  const root = parent.querySelector(".standings");
  if (!tables.has(root)) tables.set(root, look(data.place, { column: "", up: true }));
  const show = () => {
    const sorted = tables.get(root), table = document.createElement("table"), focused = root.contains(parent.activeElement ?? null) && parent.activeElement?.dataset.column;
    table.append(head(data, sorted, (column) => {
      const { more } = data.columns.find(({ name }) => name === column);
      Object.assign(sorted, { column, up: sorted.column === column ? !sorted.up : more !== true }); // at first the best on top
      show();
    }), body(data, sorted));
    const notes = Object.assign(document.createElement("ol"), { className: "notes" });
    notes.append(...data.notes.map((note) => Object.assign(document.createElement("li"), { textContent: note })));
    root.replaceChildren(table, notes);
    if (focused) root.querySelector(`[data-column="${focused}"]`).focus();
  };
  show();
};

function head({ columns, text }, sorted, sort) {
  const row = document.createElement("tr");
  row.append(cell("th", text.family), ...columns.map(({ name, title, unit, meaning }) => {
    const place = document.createElement("th"), button = document.createElement("button"), mine = sorted.column === name;
    place.setAttribute("aria-sort", mine ? (sorted.up ? "ascending" : "descending") : "none");
    place.scope = "col";
    button.title = meaning;
    button.dataset.column = name;
    const mark = Object.assign(document.createElement("i"), { textContent: mine ? (sorted.up ? "▲" : "▼") : "", ariaHidden: "true" });
    button.append(cell("b", title), mark, cell("small", unit));
    button.onclick = () => sort(name);
    place.append(button);
    return place;
  }));
  const found = document.createElement("thead");
  found.append(row);
  return found;
}

// Rows as they come, or by a column; those that have no number in it last, whichever way.
function body({ columns, rows }, { column, up }) {
  const worth = ({ cells }) => cells[column]?.value ?? null;
  const order = !columns.some(({ name }) => name === column) ? rows : [...rows].sort((a, b) => {
    if (worth(a) === null || worth(b) === null) return (worth(a) === null) - (worth(b) === null);
    return (worth(a) - worth(b)) * (up ? 1 : -1);
  });
  const found = document.createElement("tbody");
  found.append(...order.map(({ name, title, note, cells }) => {
    const row = document.createElement("tr"), first = cell("th", title);
    first.scope = "row";
    if (note) first.append(cell("sup", `${note}`));
    row.dataset.row = name;
    row.append(first, ...columns.map((each) => number(each.name, cells[each.name])));
    return row;
  }));
  return found;
}

function number(column, { value, shown, half, note, title }) {
  const place = cell("td", value === null ? "—" : shown);
  place.dataset.column = column;
  if (title) place.title = title;
  if (half) place.append(" ", cell("small", `± ${half}`));
  if (note) place.append(cell("sup", `${note}`));
  return place;
}

const cell = (kind, words) => Object.assign(document.createElement(kind), { textContent: words });
