// While a viewer follows a presenter to another run of the same page, that run stands in for the page's own: every part
// of it is bound anew, in the browser alone.
let now = null; // {of: the page's run's id, run: {id, parent}, words: what else of a part's data the run decides,
// provenance: of its numbers}
export const changes = new EventTarget(); // "change"

export function standIn(next) {
  if (JSON.stringify(next) === JSON.stringify(now)) return;
  now = next;
  changes.dispatchEvent(new Event("change"));
}

export const standing = () => now;

// The run that is meant by a reference of the page's script.
export const resolve = (reference) => (now && reference?.id === now.of ? now.run : reference);

// A part's data, in the words of the run that stands in.
export function dress(data) {
  if (!now || data.run.id !== now.of) return data;
  const words = Object.entries(now.words).filter(([name]) => name in data);
  return { ...data, ...Object.fromEntries(words), lent: true };
}
