// Stage mode: large type and no chrome (pages/on_stage.css). The URL says whether (stage=1), so a link can begin with it.
const root = document.documentElement;
let on = new URL(location).searchParams.get("stage") === "1";

export const staged = () => on;

export function enterStage(whether) {
  on = whether;
  settleStage();
}

// The page and its URL as they are to be, also after a script that left the URL without it.
export function settleStage() {
  root.toggleAttribute("data-stage", on);
  const url = new URL(location);
  if ((url.searchParams.get("stage") === "1") === on) return;
  if (on) url.searchParams.set("stage", "1");
  else url.searchParams.delete("stage");
  history.replaceState(history.state, "", url);
}

// What of the stage is hidden at first: "controls" (knobs, sections, the bar's details), "captions".
export const show = (what) => on && root.toggleAttribute(`data-${what}`);

settleStage();
