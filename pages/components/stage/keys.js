// Keys of the page: a letter alone, and never while somebody types. Those of `paging`, which are a clicker's too, come
// before whatever else would move by them, and are its own again where they have nothing to do: they return whether.
const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], [role=combobox], [role=textbox]";

export function onKeys(actions, paging = {}, where = window) {
  const listen = (actions, first) => where.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (event.composedPath()[0].matches?.(TYPING)) return;
    const done = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.();
    if (first && done) [event.preventDefault(), event.stopPropagation()];
  }, first);
  listen(actions, false);
  listen(paging, true);
}
