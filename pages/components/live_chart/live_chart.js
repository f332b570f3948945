// Curves that grow: a plotly figure whose traces name a column each ("meta"), filled from the run's rows.
import { part } from "../shared/part.js";

// One plotly for the page; a named module would be nicer, but the wheel ships a classic script.
const plotly = (url) => globalThis.__repzPlotly ??= new Promise((resolve, reject) => {
  const tag = document.createElement("script");
  tag.src = new URL(url, document.baseURI).href;
  tag.onload = () => resolve(globalThis.Plotly);
  tag.onerror = () => { delete globalThis.__repzPlotly; reject(new Error(`${url} cannot be loaded`)); };
  document.head.appendChild(tag);
});

export default part(["rows", "frame", "status"], (parent, { data }) => {
  const node = document.createElement("div");
  node.className = "watched";
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", data.text.alt);
  parent.querySelector(".live_chart").append(node);
  const draw = async (run, { figure, steps, url }) => {
    const Plotly = await plotly(url);
    if (!node.isConnected || node.clientWidth === 0) return;
    await Plotly.react(node, traces(figure, run.rows, node), layout(figure, node, run, steps), { displayModeBar: false, responsive: false });
    Object.assign(node.dataset, { run: run.id, points: run.rows.length });
  };
  return { draw };
});

function traces(figure, rows, node) {
  const ink = inkOf(node);
  return figure.data.map((trace) => {
    const negated = trace.meta.startsWith("-"), column = negated ? trace.meta.slice(1) : trace.meta;
    const here = rows.filter((row) => column in row);
    const line = { color: ink, ...trace.line };
    return { ...trace, line, marker: { ...trace.marker, color: line.color }, x: here.map((row) => row.step), y: here.map((row) => (negated ? -row[column] : row[column])) };
  });
}

// The first moments are ten times as high as all that follows: the axis ends where a twentieth of the rows is cut off.
function ceiling(figure, rows) {
  const stacked = figure.data.filter((trace) => trace.stackgroup).map((trace) => trace.meta);
  const totals = rows.filter((row) => stacked.every((column) => column in row))
    .map((row) => stacked.reduce((sum, column) => sum + row[column], 0)).sort((a, b) => a - b);
  return 1.1 * (totals[Math.floor(0.95 * totals.length)] ?? 1);
}

const inkOf = (node) => getComputedStyle(node).color;

// The figure's layout in the theme's colours, at the node's size, with a line at the frame in view.
function layout(figure, node, run, steps) {
  const theme = getComputedStyle(node), ink = inkOf(node);
  const axis = { color: ink, gridcolor: theme.getPropertyValue("--st-border-color"), zeroline: false };
  const cursor = { type: "line", xref: "x", yref: "paper", x0: run.step, x1: run.step, y0: 0, y1: 1, line: { color: ink, width: 1.5, dash: "dot" } };
  return {
    ...figure.layout,
    template: undefined,
    width: node.clientWidth,
    height: node.clientHeight,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...figure.layout.font, color: ink, family: theme.fontFamily },
    xaxis: { ...figure.layout.xaxis, ...axis, range: [0, steps] },
    yaxis: { ...figure.layout.yaxis, ...axis, range: [0, ceiling(figure, run.rows)] },
    hoverlabel: { bgcolor: theme.getPropertyValue("--st-secondary-background-color"), bordercolor: ink, font: { color: ink } },
    shapes: run.live ? [] : [cursor],
    uirevision: run.id,
  };
}
