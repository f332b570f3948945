// Keys of the page: a letter alone, and never while somebody types.
const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], [role=combobox], [role=textbox]";

export function onKeys(actions) {
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.composedPath()[0].matches?.(TYPING)) return;
    actions[event.key.toLowerCase()]?.();
  });
}
