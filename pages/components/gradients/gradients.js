// Which estimator is quieter? One-draw gradients of the same batch by both, for one coordinate: histograms and numbers.
import { textSize } from "../shared/gallery.js";
import { look } from "../shared/look.js";
import { oncePerFrame, part } from "../shared/part.js";
import { ofArrays } from "../shared/table.js";
import { histograms } from "./histograms.js";
import { estimate, quietness, significant, withError } from "./statistics.js";

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

export default part(["frame", "frames", "status"], (parent, { data: { colors, place, text } }) => {
  const root = parent.querySelector(".gradients");
  root.innerHTML = `
    <div class="watched" role="group">
      <div class="empty"><svg viewBox="0 0 300 100" aria-hidden="true"><path d="M5 95C110 95 110 40 150 40S190 95 295 95Z"/><path d="M135 95C146 95 145 5 150 5S154 95 165 95Z"/></svg><p role="status"></p></div>
      <div class="full">
        <div class="controls"><button data-by="-1">‹</button><select></select><button data-by="1">›</button></div>
        <svg class="picture" role="img"></svg>
        <div class="numbers">
          <p class="ratio"><span></span><b></b><span></span> <small></small></p>
          <table><thead><tr><th></th><th></th><th></th></tr></thead><tbody>
            <tr class="score"><th></th><td></td><td></td></tr><tr class="pathwise"><th></th><td></td><td></td></tr></tbody></table>
        </div>
      </div>
    </div>`;
  const find = (selector) => root.querySelector(selector), node = find(".watched"), picture = find(".picture"), select = find("select");
  root.style.setProperty("--hue-pathwise", colors.pathwise);
  root.style.setProperty("--hue-score", colors.score);
  label(root, text);
  const kept = look(place, { coordinate: -1 });
  let last = null, chosen = null, shown = null, whole = null, names = []; // of the coordinates: mu's, then logvar's
  const again = oncePerFrame(() => last && root.isConnected && draw(...last));
  const choose = (coordinate) => { chosen = kept.coordinate = (coordinate + select.length) % select.length; again(); };
  select.onchange = () => choose(select.selectedIndex);
  for (const button of root.querySelectorAll("[data-by]")) button.onclick = () => choose(chosen + Number(button.dataset.by));

  const draw = (run, data) => {
    last = [run, data];
    const { text } = data, { gradients_pathwise: pathwise, gradients_score: score, gradient_dimensions: dimensions } =
      run.frames.get(run.own.at(-1)) ?? {};
    root.classList.toggle("ready", Boolean(dimensions));
    if (!dimensions) {
      delete node.dataset.shown;
      find(".empty p").textContent = text[run.status.state] ?? text.late;
      return;
    }
    if (shown !== pathwise) {
      shown = pathwise;
      whole = quietness(pathwise, score);
      names = ["mu", "logvar"].flatMap((kind) => [...dimensions.data].map((dimension) => ({ kind, number: dimension + 1 })));
      select.replaceChildren(...names.map(({ kind, number }) => new Option(text[kind].replace("{number}", number))));
    }
    chosen = names[kept.coordinate] ? kept.coordinate : whole.strongest;
    select.selectedIndex = chosen;
    const found = { pathwise: estimate(pathwise, chosen), score: estimate(score, chosen) };
    const { clientWidth: width, clientHeight: height } = picture, size = textSize(width);
    const words = { ...text, axis: text.axis.replaceAll("{by}", symbol(names[chosen])) };
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("aria-label", `${text.alt} ${select.value}`);
    picture.style.fontSize = `${size}px`;
    picture.replaceChildren(...histograms(found, width, height, size, words));

    const ratio = found.score.variance / found.pathwise.variance;
    for (const [name, { mean, error, variance }] of Object.entries(found)) {
      const [first, second] = root.querySelectorAll(`.${name} td`);
      first.textContent = withError(mean, error);
      second.textContent = significant(variance);
    }
    find(".ratio b").textContent = significant(whole.ratio);
    find(".ratio small").textContent = `${text.all.replace("{count}", pathwise.shape[1])}; ${text.here.replace("{times}", significant(ratio))}`;
    const numbers = Object.fromEntries(Object.entries(found).map(([name, { values, ...rest }]) => [name, rest]));
    Object.assign(node.dataset, { run: run.id, shown: JSON.stringify({ coordinate: chosen, ...numbers, ratio, whole: whole.ratio }) });
  };
  const table = (run) => ofArrays(run.frames.get(run.own.at(-1)), ["gradients_pathwise", "gradients_score"]);
  return { draw, table };
});

// "μ₁" or "log σ²₁".
function symbol({ kind, number }) {
  return (kind === "mu" ? "μ" : "log σ²") + [...`${number}`].map((digit) => SUBSCRIPTS[digit]).join("");
}

function label(root, text) {
  const say = (selector, ...words) => [...root.querySelectorAll(selector)].forEach((node, i) => { node.textContent = words[i]; });
  say("thead th", text.estimator, text.mean, text.variance);
  say("tbody th", text.score, text.pathwise);
  say(".ratio > span", ...text.times.split("{times}"));
  root.querySelector("select").setAttribute("aria-label", text.choose);
  [...root.querySelectorAll("[data-by]")].forEach((button, i) => {
    button.title = [text.previous, text.next][i];
    button.setAttribute("aria-label", button.title);
  });
}
