// The newest weights of a run, fetched once for all parts that show it, and again as it trains.
import { parse } from "./safetensors.js";

const APART = 1500; // ms between two fetches of a run that trains
const PATIENCE = 1000; // ms until the next try, where there are no weights yet or the file was just being replaced
const shelf = new WeakMap(); // RunView -> what is held of it

// Whether somebody asked for weights of `run`.
export const asked = (run) => shelf.has(run);

// The newest weights of `run` (a RunView) that are here, {step, tensors}, or null. Call it in each draw: where newer
// ones are to be had they are fetched, and `redraw` is called once they are here. A part that draws no more asks no more.
export function newestWeights(run, redraw) {
  if (!shelf.has(run)) shelf.set(run, { held: null, seen: "", busy: false, waiting: new Set() });
  const entry = shelf.get(run), { state } = run.status;
  const news = `${run.own.at(-1)} ${state}`; // a new frame, or a pause or an end, brings new weights
  if (news === entry.seen || !run.own.length || !run.source || state === "queued" || state === "gone") return entry.held;
  entry.waiting.add(redraw);
  if (!entry.busy) load(run, entry, news);
  return entry.held;
}

async function load(run, entry, news) {
  entry.busy = true;
  try {
    const answer = await fetch(new URL(`/repz/runs/${run.id}/weights`, document.baseURI));
    if (!answer.ok) throw new Error(`${answer.status}`);
    entry.held = { step: Number(answer.headers.get("X-Repz-Step")), tensors: parse(await answer.arrayBuffer()) };
    entry.seen = news;
  } catch { /* the next try finds them */ }
  const found = entry.seen === news;
  if (found) release(entry);
  setTimeout(() => { entry.busy = false; release(entry); }, found ? APART : PATIENCE); // who still draws asks again
}

function release({ waiting }) {
  const redraws = [...waiting];
  waiting.clear();
  redraws.forEach((redraw) => redraw());
}
