// What the bar looks like: who leads, the chip of who follows, and two sheets over the page, QR code and keys.
export function face(parent, acts) {
  const root = parent.querySelector(".stage");
  if (!root.repz) root.repz = build(root);
  const { find, button } = root.repz;
  for (const name of ["lead", "code", "follow", "keys"]) button[name].onclick = acts[name];
  return (what) => (typeof what === "string" ? toggle(find(`dialog.${what}`)) : draw(root.repz, what));
}

function build(root) {
  root.innerHTML = `
    <span class="chip" role="status"><span class="who"></span><span class="knobs"></span><button data-act="follow"></button></span>
    <button data-act="lead"></button><button data-act="code">QR</button><button data-act="keys" class="round">?</button>
    <dialog class="code"><div class="square"></div><p class="link"></p></dialog>
    <dialog class="keys"><h2></h2><dl></dl></dialog>`;
  const find = (selector) => root.querySelector(selector);
  for (const sheet of root.querySelectorAll("dialog")) sheet.onclick = () => sheet.close();
  const button = Object.fromEntries([...root.querySelectorAll("button")].map((node) => [node.dataset.act, node]));
  return { find, button };
}

function toggle(sheet) {
  if (sheet.open) sheet.close();
  else sheet.showModal();
}

function draw({ find, button }, { here, leads, follows, stage }) {
  const { text } = here, led = stage.by !== "" && !leads;
  find(".chip").hidden = !led;
  find(".chip").dataset.state = follows ? "following" : "alone";
  find(".who").textContent = follows ? text.following : "";
  find(".knobs").textContent = follows ? stage.knobs ?? "" : "";
  find(".knobs").title = stage.knobs ?? "";
  button.follow.textContent = follows ? text.let_go : text.follow;
  button.lead.hidden = !here.may || !(here.hosted || leads);
  button.lead.textContent = leads ? `● ${text.leading}` : text.lead;
  button.lead.title = leads ? text.end : text.lead_help;
  button.lead.setAttribute("aria-pressed", leads);
  button.code.hidden = !here.may || !here.hosted;
  button.code.title = text.code;
  button.keys.title = text.keys;
  button.keys.setAttribute("aria-label", text.keys);
  find(".square").innerHTML = here.qr;
  find(".link").textContent = here.link || text.alone;
  find("h2").textContent = text.keys;
  find("dl").replaceChildren(...[...(here.may ? text.presenter_keys : []), ...text.keys_of_all].flatMap(([key, words]) => [made("dt", key), made("dd", words)]));
}

const made = (tag, words) => Object.assign(document.createElement(tag), { textContent: words });
