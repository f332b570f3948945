// What the presenter shows, as the server's event stream tells it. A tab that nobody looks at gives its stream back: a
// browser has six connections to a host, for all its tabs, and the stage is a state, so that nothing is missed.
const AGAIN = 2000; // ms until the next try where the server turned us away
let source = null;

export function listen(hear) {
  const open = () => {
    source?.close();
    source = new EventSource(new URL("/repz/stage", document.baseURI));
    source.onmessage = (event) => hear(JSON.parse(event.data));
    source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(() => document.hidden || open(), AGAIN);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? source.close() : open()));
  if (!document.hidden) open();
}
