// The other language, one click away. A choice is kept in a cookie, so that any way of loading a page keeps it.
export default function ({ parentElement, data: { language, chosen, cookie, other, name, help }, setTriggerValue }) {
  document.documentElement.lang = language; // screen readers, and the forms of Chinese signs, go by it
  if (chosen) document.cookie = `${cookie}=${chosen}; Path=/; SameSite=Lax; Max-Age=31536000`;
  const root = parentElement.querySelector(".language");
  root.innerHTML ||= `<button></button>`;
  const [button] = root.children;
  Object.assign(button, { textContent: name, title: help, lang: other, onclick: () => setTriggerValue("wish", other) });
}
