// What a run's worker said in its status, in the page's language: the server knows, and is asked once.
const known = new Map();

// Write `message` into `node`, or what `otherwise` gives where there is none. Until the answer is here, what stood there stays.
export function tell(node, message, language, otherwise) {
  const url = `/repz/said/${language}?text=${encodeURIComponent(message)}`;
  node.dataset.said = message;
  if (!message || language === "en" || known.has(url)) {
    node.textContent = message ? known.get(url) ?? message : otherwise();
    return;
  }
  fetch(new URL(url, document.baseURI)).then((answer) => (answer.ok ? answer.text() : message), () => message).then((words) => {
    known.set(url, words);
    if (node.dataset.said === message) node.textContent = words;
  });
}
