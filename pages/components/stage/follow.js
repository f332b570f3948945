// Being where the presenter is: time and run in the browser alone, page and section by one rerun of the page's script.
import { follow } from "../shared/run.js";
import { resolve, standIn, standing } from "../shared/stand_in.js";

const asked = new Set(); // places that this tab went to, and may not have reached yet

const placeOf = ({ page, query, run }) => JSON.stringify([page, query, run?.id ?? null]);
const urlOf = ({ page, query, run }) => `/${page}?${[run && `run=${run.id}`, query].filter(Boolean).join("&")}`.replace(/\?$/, "");

// Whether `now`, which the page's script says it shows, is somewhere that its viewer chose, and not the presenter.
export function wentElsewhere(before, now, stage) {
  const place = placeOf(now);
  return place !== placeOf(before) && place !== placeOf(stage) && !asked.has(place);
}

// Go to a place as the browser's back button does: one rerun of the script, of this session.
export function visit(place) {
  if (asked.has(placeOf(place))) return; // under way, or not to be had here
  asked.add(placeOf(place));
  history.replaceState(null, "", urlOf(place));
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
}

// Show what the stage shows. `here` is what the page's script says it shows. A run of the same layout stands in for the
// page's own; any other takes the script.
export function join(stage, here) {
  const same = stage.run?.id === here.run?.id;
  if (stage.page !== here.page || stage.query !== here.query || !(same || (stage.run && stage.layout === here.layout))) {
    visit(stage);
    return;
  }
  asked.clear();
  const { recorded, measured } = here.text;
  const provenance = { recorded, measured, now: stage.words?.recorded ? recorded : measured };
  standIn(same ? null : { of: [here.run.id], run: stage.run, words: stage.words, provenance });
  if (!same) history.replaceState(history.state, "", urlOf(stage));
  if (stage.run) follow(stage.run.id, stage.run.parent).join(stage.step);
}

// Nobody is followed any more: the page's script is told of the run that stands in for its own.
export function settleDown(here) {
  const lent = standing();
  if (lent?.of.includes(here.run?.id)) visit({ ...here, run: lent.run });
}

// The page's script says anew what it shows.
export function arrived(here) {
  const lent = standing();
  if (lent && (lent.run.id === here.run?.id || !lent.of.includes(here.run?.id))) standIn(null);
}

// Follow what the page shows, whoever chose it: what to call when the time in view changes, and when somebody moved it.
export function watchTime(changed, sought) {
  let shown = null, leave = () => {};
  return (here) => {
    const meant = here.run && resolve(here.run);
    if (shown?.id === meant?.id) return shown;
    const before = leave, view = meant && follow(meant.id, meant.parent);
    const ends = view ? [view.listen(["frame", "frames"], changed), view.listen(["sought"], sought)] : [];
    leave = () => ends.forEach((end) => end());
    before();
    return (shown = view);
  };
}
