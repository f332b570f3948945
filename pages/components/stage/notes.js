// Notes are in a window of their own, for the screen that the hall does not see. Its keys are the page's.
const LOOK = `body { margin: 0; padding: 1.5rem 2rem; font: 1.5rem/1.5 sans-serif; color: #eceff3; background: #0f1216; }
  h1 { font-size: 1.6rem; margin: 0 0 1rem; } p { white-space: pre-wrap; } small { font-size: 1.1rem; opacity: 0.75; }`;
let pane = null;

// Show the notes of `prompt`, where their window is open; with `listen`, open it.
export function showNotes(prompt, text, listen) {
  if (listen) bring(listen);
  if (!pane || pane.closed) return;
  const { document: page } = pane, lines = prompt
    ? [["small", `${prompt.place} / ${prompt.urls.length}`], ["h1", prompt.title], ["p", prompt.notes], ["small", prompt.next ? text.then.replace("{title}", prompt.next) : text.last]]
    : [["p", text.no_lecture]];
  page.title = text.notes;
  page.body.replaceChildren(...lines.map(([tag, words]) => Object.assign(page.createElement(tag), { textContent: words })));
}

function bring(listen) {
  if (pane && !pane.closed) {
    pane.focus();
    return;
  }
  pane = window.open("", "repz-notes", "popup,width=720,height=560");
  if (!pane) return; // the browser allows none
  pane.document.head.replaceChildren(Object.assign(pane.document.createElement("style"), { textContent: LOOK }));
  listen(pane);
}
