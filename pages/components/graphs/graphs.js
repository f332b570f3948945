// Two computation graphs of the same pass: sampling inside the net, and reparameterised. Only the way back differs.
import { contactSheet } from "../shared/draw.js";
import { pixels } from "../shared/gallery.js";
import { among, look, onwards } from "../shared/look.js";
import { vae } from "../shared/net.js";
import { oncePerFrame, part } from "../shared/part.js";
import { newestWeights } from "../shared/weights.js";
import { graph, HEIGHT, WIDTH } from "./drawing.js";
import { normals, passes } from "./passes.js";

const EVERY = 500; // ms between two draws of epsilon
const still = matchMedia("(prefers-reduced-motion: reduce)");
const number = new Intl.NumberFormat("en");

export default part(["frame", "frames", "status"], (parent, { data: { place, text } }) => {
  const root = parent.querySelector(".graphs");
  root.innerHTML = `
    <div class="controls">
      <span class="choice"><button data-act="previous">‹</button> <span class="image"></span> <button data-act="next">›</button></span>
      <button data-act="again"></button> <label class="anew"><input type="checkbox"> <span></span></label>
      <label class="backward"><input type="checkbox" checked> <span></span></label>
    </div>
    <div class="watched" role="group"><div class="empty" role="status"></div>
      <div class="pair">${["inside", "outside"].map((name) => `<figure class="${name}"><figcaption></figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"></svg></figure>`).join("")}</div>
    </div>
    <div class="below"><span class="where"></span><span class="key"><span class="value">→ <i></i></span><span class="recon">← <i></i></span><span class="kl">← <i></i></span><span class="both">← <i></i></span></span></div>`;
  const find = (selector) => root.querySelector(selector), node = find(".watched"), sheet = document.createElement("canvas");
  const [anew, back] = [find(".anew input"), find(".backward input")];
  const kept = look(place, { image: 0, gradients: true });
  let count = 1, epsilon = [], timer = 0, last = null, tensors = null, net = null;
  const again = oncePerFrame(() => last && root.isConnected && draw(...last));
  const redraw = () => { epsilon = []; again(); };
  const step = (by) => () => { kept.image = onwards(kept.image, by, count); again(); };
  const acts = { previous: step(-1), next: step(1), again: redraw };
  for (const [act, handler] of Object.entries(acts)) find(`[data-act=${act}]`).onclick = handler;
  back.checked = kept.gradients;
  back.onchange = () => { kept.gradients = back.checked; again(); };

  // Epsilon runs by itself only while the part is on the page and its reader does not mind motion.
  const tick = () => {
    clearInterval(timer);
    find(".anew").hidden = still.matches;
    if (anew.checked && !still.matches) timer = setInterval(() => (root.isConnected ? redraw() : clearInterval(timer)), EVERY);
  };
  anew.onchange = tick;
  still.addEventListener("change", tick);
  tick();
  label(root, text);

  const address = (values, shape) => {
    const data = Uint8ClampedArray.from(values, (value) => 255 * value);
    return contactSheet({ shape: [1, ...shape], data }, 1, 0, sheet).toDataURL();
  };

  const draw = (run, data, at) => {
    last = [run, data, at];
    const { text, model } = data, inputs = run.arrays(at)?.inputs, weights = newestWeights(run, again);
    const ready = Boolean(inputs && weights);
    root.classList.toggle("ready", ready);
    if (!ready) {
      delete node.dataset.shown;
      find(".empty").textContent = text[run.status.state] ?? text.waiting;
      return;
    }
    if (tensors !== weights.tensors) [tensors, net] = [weights.tensors, vae(model, weights.tensors)];
    const [images, ...shape] = inputs.shape, chosen = among(kept.image, images), x = pixels(inputs, chosen);
    count = images;
    if (epsilon.length !== model.k) epsilon = normals(model.k);
    const found = passes(net, model, tensors, x, epsilon);
    const view = { gradients: back.checked, beta: model.beta, text, x: address(x, shape), reconstruction: address(found.mean, shape) };
    for (const [name, open] of [["inside", false], ["outside", true]]) {
      const picture = find(`.${name} svg`);
      picture.replaceChildren(...graph(found, { ...view, open }));
      picture.setAttribute("aria-label", `${data.text.alt} ${text[name]}`);
    }
    find(".image").textContent = text.image.replace("{number}", chosen + 1).replace("{count}", images);
    find(".where").textContent = text.weights.replace("{step}", number.format(weights.step));
    // What is shown, in all digits.
    const { mean: _, ...numbers } = found;
    Object.assign(node.dataset, { run: run.id, step: weights.step, image: chosen, shown: JSON.stringify(numbers) });
  };
  return { draw };
});

function label(root, text) {
  const say = (selector, words) => { root.querySelector(selector).textContent = words; };
  for (const act of ["previous", "next"]) {
    const button = root.querySelector(`[data-act=${act}]`);
    button.title = text[act];
    button.setAttribute("aria-label", text[act]);
  }
  say("[data-act=again]", text.again);
  say(".anew span", text.anew);
  say(".backward span", text.gradients);
  say(".inside figcaption", text.inside);
  say(".outside figcaption", text.outside);
  say(".key .value i", text.values);
  for (const kind of ["recon", "kl", "both"]) say(`.key .${kind} i`, text[`of_${kind}`]);
}
