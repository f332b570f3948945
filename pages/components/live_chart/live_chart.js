// A plotly figure that is filled from runs: each trace's "meta" says with what (figures/live.py has the words for it).
import { expression } from "../shared/expression.js";
import { histogram } from "./histograms.js";
import { part } from "../shared/part.js";
import { precise } from "../shared/pen.js";
import { background } from "../shared/picture.js";

const REST = 2; // times as long as drawing the page's charts takes
const costs = new Map(); // chart -> ms that drawing it took last

// ms that a chart rests once it has been drawn.
function rest(node, cost) {
  costs.set(node, cost);
  for (const chart of costs.keys()) if (!chart.isConnected) costs.delete(chart);
  return REST * [...costs.values()].reduce((sum, each) => sum + each, 0);
}

// One plotly for the page; a named module would be nicer, but the wheel ships a classic script.
const plotly = (url) => globalThis.__repzPlotly ??= new Promise((resolve, reject) => {
  const tag = document.createElement("script");
  tag.src = new URL(url, document.baseURI).href;
  tag.onload = () => resolve(globalThis.Plotly);
  tag.onerror = () => { delete globalThis.__repzPlotly; reject(new Error(`${url} cannot be loaded`)); };
  document.head.appendChild(tag);
});

export default part(["rows", "frame", "frames", "status"], (parent, { data, setTriggerValue }) => {
  const node = document.createElement("div");
  node.className = "watched";
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", data.text.alt);
  const line = document.createElement("div");
  line.className = "cursor";
  parent.querySelector(".live_chart").append(node, line);
  let listening = false, drawn = [], asked = null, rested = 0, timer = 0;
  const moveCursor = () => {
    const [run, { figure }, step] = asked;
    cursor(line, node, figure.layout.meta.kind === "steps" && !run.live ? step : null);
    node.dataset.step = step;
  };
  const draw = async (run, data, step, others) => {
    await plotly(data.url);
    asked = [run, data, step, others];
    node.classList.toggle("tall", Boolean(data.tall));
    const moves = data.figure.data.some(({ meta }) => meta?.array || meta?.at);
    if (moves || what(asked, node).some((value, i) => value !== drawn[i])) soon();
    else moveCursor();
  };
  // Not before it has rested, so that scrubbing past charts stays fluent; another run is shown at once.
  const soon = () => {
    node.setAttribute("aria-busy", true);
    if (asked[0] !== drawn[2]) inTurn(react);
    else timer ||= setTimeout(() => { timer = 0; inTurn(react); }, Math.max(0, rested - performance.now()));
  };
  const react = async () => {
    node.removeAttribute("aria-busy");
    if (!node.isConnected || node.clientWidth === 0) return;
    const begin = performance.now();
    const [run, { figure: whole, steps, lent }, step, others] = asked, now = what(asked, node);
    const figure = lent && whole.layout.meta.own ? bare(whole) : whole;
    const traces = [...figure.data.flatMap((trace) => fill(trace, run, others, step, node)), ...inherited(figure, run)];
    const range = rangeOf(figure, traces, [run.parent?.view, run, ...others]);
    await globalThis.Plotly.react(node, traces, layout(figure, node, run, steps, range), { displayModeBar: false, responsive: false });
    drawn = now;
    rested = performance.now() + rest(node, performance.now() - begin);
    Object.assign(node.dataset, { run: run.id, points: run.rows.length });
    node.setAttribute("aria-label", `${asked[1].text.alt} ${traces.flatMap(told).join(", ")}`);
    moveCursor();
    if (listening) return;
    listening = true;
    node.on("plotly_relayout", moveCursor);
    node.on("plotly_click", ({ points }) => points[0].customdata && setTriggerValue("clicked", points[0].customdata));
  };
  const picture = (format) => image(node, format, background(parent));
  const table = () => node.data && { columns: ["curve", "x", "y"], rows: node.data.flatMap(listed) };
  return { draw, picture, table };
});

// The chart as a file, by plotly's own means; what is drawn on a clear ground here gets the page's.
async function image(node, format, ground) {
  const { data, layout, clientWidth: width, clientHeight: height } = node, scale = 2 * (globalThis.devicePixelRatio || 1);
  const url = await globalThis.Plotly.toImage({ data, layout: { ...layout, paper_bgcolor: ground } }, { format, width, height, scale });
  return (await fetch(url)).blob();
}

// What a reader who does not see a curve is told of it: where it ends.
function told({ name, meta, y }) {
  const value = y?.at(-1);
  return name && meta && !meta.array && Number.isFinite(value) ? [`${name} ${precise(value)}`] : [];
}

// The points of a trace, under its name, or that of what it shows.
function listed({ name, meta, x, y }) {
  const words = name || meta?.y || meta?.array || "";
  return Array.from(x ?? [], (value, i) => [words, value, y?.[i]]);
}

// Without lines of theory that hold for the page's own run alone, while another stands in for it.
const bare = (figure) => ({ ...figure, layout: { ...figure.layout, shapes: [], annotations: (figure.layout.annotations ?? []).filter(({ yref }) => yref === "paper") } });

// All that a chart's curves depend on, but for the step in view.
function what([run, { figure, lent }, , others], node) {
  const { color, fontSize } = getComputedStyle(node), runs = [run, run.parent?.view, ...others];
  return [figure, lent, run, node.clientWidth, node.clientHeight, color, fontSize, ...runs.map((view) => view?.rows.length)];
}

// Charts that plotly draws anew take turns, one in each animation frame: all at once they would hold up the scrubber.
const queue = [];

function inTurn(draw) {
  if (!queue.includes(draw) && queue.push(draw) === 1) requestAnimationFrame(nextTurn);
}

function nextTurn() {
  queue[0]();
  queue.shift();
  if (queue.length) requestAnimationFrame(nextTurn);
}

// A line over the plot at the step in view. It is no shape of plotly's, which would draw all anew for each frame.
function cursor(line, node, step) {
  const { xaxis, _size: plot } = node._fullLayout, [low, high] = xaxis.range, place = (step - low) / (high - low);
  line.hidden = step === null || place < 0 || place > 1;
  Object.assign(line.style, { left: `${plot.l + place * plot.w}px`, top: `${plot.t}px`, height: `${plot.h}px` });
}

// The points of expressions x over y in rows.
function points(rows, x, y) {
  const across = expression(x), up = expression(y);
  const here = rows.filter((row) => [...across.columns, ...up.columns].every((column) => column in row));
  return { x: here.map(across.of), y: here.map(up.of) };
}

// A trace with its numbers; one that has no "meta" brings its own.
function fill(trace, run, others, step, node) {
  const { meta } = trace, ink = inkOf(node), color = trace.line?.color ?? trace.marker?.color ?? ink;
  const dressed = { ...trace, line: { ...trace.line, color: trace.line?.color ?? ink }, marker: { ...trace.marker, color }, textfont: { color: ink, ...trace.textfont } };
  if (!meta) return [dressed];
  const who = meta.who ? others[meta.who - 1] : run;
  if (meta.array) return [ofArray(dressed, meta.who ? who.arrays() : run.arrays(step))]; // of others what they ended as
  if (meta.at) {
    const row = who.row([...expression(meta.x).columns, ...expression(meta.y).columns], step);
    return row ? [{ ...dressed, ...points([row], meta.x, meta.y) }] : [];
  }
  return [{ ...dressed, ...points(who.rows, meta.x, meta.y) }];
}

// An array as a histogram, as a line over another one, as marks at a fixed height, or as bars.
function ofArray(trace, arrays) {
  const { array, row, over, level, order, histogram: part } = trace.meta, found = arrays?.[array];
  if (found && part) return { ...trace, ...histogram(found, part) };
  if (!found || (over && !arrays[over]) || (order && !arrays[order])) return { ...trace, x: [], y: [] };
  const size = found.shape.at(-1), values = row === undefined ? found.data : found.data.subarray(row * size, (row + 1) * size);
  if (over) return { ...trace, x: [...arrays[over].data], y: [...values] };
  if (level !== undefined) return { ...trace, x: [...values], y: Array.from(values, () => level) };
  return bars(trace, arrays);
}

// One bar or point a latent dimension, in the order of an array, largest first, or else as they come.
function bars(trace, arrays) {
  const { array, order, lit } = trace.meta, { data } = arrays[order ?? array];
  const places = order ? [...data.keys()].sort((a, b) => data[b] - data[a]) : [...data.keys()];
  const values = array === "eigenvalues" ? [...arrays[array].data].slice(0, places.length) : places.map((place) => arrays[array].data[place]);
  const color = lit ? places.map((place) => (arrays[lit.array].data[place] > lit.above ? trace.marker.color : lit.dark)) : trace.marker.color;
  return { ...trace, x: places.slice(0, values.length).map((place) => `${place + 1}`), y: values, marker: { ...trace.marker, color } };
}

// What a fork inherits stays in grey: the parent's own curves, to their end; a stack as its sum.
function inherited(figure, run) {
  const { kind, parent } = figure.layout.meta;
  if (kind !== "steps" || !run.parent) return [];
  const stack = figure.data.filter((trace) => trace.stackgroup).map((trace) => trace.meta.y);
  const lines = figure.data.filter((trace) => trace.meta && !trace.stackgroup && !trace.meta.who && !trace.meta.at).map((trace) => trace.meta.y);
  return [...(stack.length ? [stack.join("+")] : []), ...lines].map((y, i) => ({
    ...points(run.parent.view.rows, "step", y), mode: "lines", hoverinfo: "skip", name: "",
    line: { color: parent, width: 2, dash: stack.length && i === 0 ? "solid" : "dash" },
  }));
}

// Of the vertical axis, where plotly would choose badly. Over steps: the first moments are ten times as high as all that
// follows, so it ends where a twentieth of the rows is cut off. Bars: a dimension that costs next to nothing shall look so.
function rangeOf(figure, traces, views) {
  const { kind, least, range, free, fit } = figure.layout.meta, rows = views.flatMap((view) => view?.rows ?? []);
  if (kind === "bars") return [0, Math.max(least, 1.05 * Math.max(0, ...traces[0].y))];
  if (fit) return spread(traces.filter((trace) => trace.meta).flatMap(({ x, y }) => [...x, ...y])); // not of lines of theory
  if (kind !== "steps" || range || free) return range;
  const stack = figure.data.filter((trace) => trace.stackgroup).map((trace) => trace.meta.y);
  const shown = stack.join("+");
  const all = stack.length ? points(rows, "step", shown).y : figure.data.filter((trace) => trace.meta?.x).flatMap((trace) => points(rows, trace.meta.x, trace.meta.y).y);
  const values = all.sort((a, b) => a - b), last = values.length - 1, cut = stack.length ? 0 : Math.floor(0.02 * last);
  const [low, top] = [values[cut] ?? 0, values[last - Math.max(cut, Math.ceil(0.04 * last))] ?? 1], room = 0.1 * (top - low || Math.abs(top) || 1);
  return stack.length ? [0, 1.1 * top] : [low - room, top + room];
}

function spread(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? [low - 0.05 * (high - low), high + 0.05 * (high - low)] : [0, 1];
}

const inkOf = (node) => getComputedStyle(node).color;

// The figure's layout in the theme's colours, at the node's size.
function layout(figure, node, run, steps, range) {
  const { kind, fit } = figure.layout.meta, theme = getComputedStyle(node), ink = inkOf(node), over = kind === "steps";
  const axis = { color: ink, gridcolor: theme.getPropertyValue("--st-border-color"), zeroline: false };
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16; // stage mode has larger type
  const margin = Object.fromEntries(Object.entries(figure.layout.margin).map(([side, size]) => [side, scale * size]));
  return {
    ...figure.layout,
    margin,
    annotations: (figure.layout.annotations ?? []).map((words) => ({ ...words, font: { size: Math.max(15, 12 * scale), ...words.font } })),
    template: undefined,
    width: node.clientWidth,
    height: node.clientHeight,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...figure.layout.font, size: scale * figure.layout.font.size, color: ink, family: theme.fontFamily },
    ...Object.fromEntries(Object.keys(figure.layout).filter((name) => /^[xy]axis\d/.test(name)).map((name) =>
      [name, { ...axis, showgrid: !figure.layout[name].overlaying, ...figure.layout[name] }])),
    xaxis: { ...figure.layout.xaxis, ...axis, ...(over && { range: [0, steps] }), ...(fit && { range }) },
    yaxis: { ...figure.layout.yaxis, ...axis, ...(range && { range }) },
    hoverlabel: { bgcolor: theme.getPropertyValue("--st-secondary-background-color"), bordercolor: ink, font: { color: ink } },
    uirevision: run.id,
  };
}
