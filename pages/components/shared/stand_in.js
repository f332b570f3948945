// While a viewer follows a presenter to another run of the same page, or slides to one, that run stands in for the page's
// own: every part of it is bound anew, in the browser alone.
let now = null; // {of: ids that the page's run has, or had when its script was last asked, run: {id, parent}, words: what
// else of a part's data the run decides, provenance: of its numbers}
export const changes = new EventTarget(); // "change"

export function standIn(next) {
  if (JSON.stringify(next) === JSON.stringify(now)) return;
  now = next;
  changes.dispatchEvent(new Event("change"));
}

export const standing = () => now;

// The run that is meant by a reference of the page's script.
export const resolve = (reference) => (now?.of.includes(reference?.id) ? now.run : reference);

// A part's data, in the words of the run that stands in.
export function dress(data) {
  if (!now?.of.includes(data.run.id)) return data;
  const words = Object.entries(now.words).filter(([name]) => name in data);
  return { ...data, ...Object.fromEntries(words), lent: true };
}

// Tell the page's script to show that run, as the browser's back button would: one rerun.
export function settleOn(id) {
  address({ run: id });
  window.dispatchEvent(new PopStateEvent("popstate", { state: null }));
}

// What the URL says besides: a reload, or a link, shows what is shown now. A value of null is left out.
export function address(values) {
  const url = new URL(location);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
