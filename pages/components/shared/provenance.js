// Panels say of their run whether it came with the lab or was measured here. Where another run stands in for the page's
// own, that one's word is laid over Streamlit's (shell.css), whose text is not ours to change.
const BLOCK = "[data-testid=stVerticalBlock]";

// `node` is within a panel's picture; `words` are {recorded, measured, now}, or null for the panel's own word.
export function mark(node, words) {
  const host = node.getRootNode().host ?? node;
  const badges = host.closest(BLOCK)?.parentElement.closest(BLOCK)?.querySelectorAll(":scope > [data-testid=stElementContainer] .stMarkdownBadge");
  for (const badge of badges ?? []) {
    if (!words) delete badge.dataset.instead;
    else if ([words.recorded, words.measured].includes(badge.textContent)) badge.dataset.instead = words.now;
  }
}
