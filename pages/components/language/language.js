// The other language, one click away. A choice is kept in a cookie, so that any way of loading a page keeps it.
// Its one Chinese sign is drawn: an English page shall not load letters for it.
const DRAWN = { 中: `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 4.2h11v5.4h-11zM8 1.4v13.2" /></svg>` };

export default function ({ parentElement, data: { language, chosen, cookie, other, sign, help }, setTriggerValue }) {
  document.documentElement.lang = language; // screen readers, and the forms of Chinese signs, go by it
  if (chosen) document.cookie = `${cookie}=${chosen}; Path=/; SameSite=Lax; Max-Age=31536000`;
  const root = parentElement.querySelector(".language");
  root.innerHTML ||= `<button></button>`;
  const [button] = root.children;
  Object.assign(button, { innerHTML: DRAWN[sign] ?? sign, title: help, lang: other, onclick: () => setTriggerValue("wish", other) });
  button.setAttribute("aria-label", help);
}
