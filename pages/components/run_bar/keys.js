// Keys of time: space plays and holds, arrows go a frame back or on. Not while somebody types, nor where a control has them.
const TAKEN = "input, textarea, select, button, a, summary, canvas, dialog, [contenteditable], [role]:not([role=main], [role=document])";
let clock = null, shown = null; // the run in view, and the bar that says so

const acts = {
  " ": (run) => toggle(run),
  ArrowLeft: (run) => step(run, -1),
  ArrowRight: (run) => step(run, 1),
};

export const toggle = (run) => (run.playing ? run.pause() : run.play());

export function step(run, by) {
  run.pause();
  run.seek(run.index + by);
}

// From now on keys steer `run`, as long as `bar` is on the page.
export function steer(bar, run) {
  [shown, clock] = [bar, run];
}

window.addEventListener("keydown", (event) => {
  const act = acts[event.key];
  if (!act || !shown?.isConnected || clock.steps.length < 2 || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
  if (event.composedPath()[0].matches?.(TAKEN)) return;
  event.preventDefault(); // space would scroll
  if (event.key !== " " || !event.repeat) act(clock);
});
