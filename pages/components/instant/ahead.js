// Runs that may come into view next, fetched one after another: of each its rows and one frame, and its weights where the
// page decodes with them.
import { follow } from "../shared/run.js";
import { asked, newestWeights } from "../shared/weights.js";

const PATIENCE = 3000; // ms for one run; the others come also where it does not
const EVENTS = ["frame", "frames", "status"];

export function shelf() {
  const held = new Map(); // id -> what ends it
  let wanted = [], busy = false, ready = () => {};

  const next = () => {
    const meant = wanted.find(({ run }) => !held.has(run.id));
    busy = Boolean(meant);
    if (!meant) return;
    const { run, step, shown } = meant, view = follow(run.id, run.parent);
    const look = () => {
      if (asked(shown)) newestWeights(view, () => {});
      if (view.arrays()) ready();
    };
    held.set(run.id, view.listen(EVENTS, look, true, true));
    if (view !== shown) view.join(step);
    const late = setTimeout(() => ready(), PATIENCE);
    ready = () => { clearTimeout(late); ready = () => {}; setTimeout(next); };
    look();
  };
  const drop = (id) => { held.get(id)(); held.delete(id); };
  return {
    // Have these `runs` at hand, those near `place` first, at the `step` (null: the newest) of the one that is `shown`.
    hold(runs, place, shown) {
      const step = shown.live ? null : shown.wanted ?? shown.at, away = (run) => Math.abs(runs.indexOf(run) - place);
      wanted = runs.toSorted((one, other) => away(one) - away(other)).map((run) => ({ run, step, shown }));
      [...held.keys()].filter((id) => runs.every((run) => run.id !== id)).forEach(drop);
      if (!busy) next();
    },
    clear: () => [...held.keys()].forEach(drop),
  };
}
