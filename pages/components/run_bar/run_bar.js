// What runs, where it stands, how long it will take; its transport, and the one scrubber of the page.
import { menu } from "../shared/menu.js";
import { part } from "../shared/part.js";
import { steer, toggle } from "./keys.js";
import { place } from "./place.js";
import { tell } from "./said.js";

const ENDED = ["done", "stopped", "failed", "gone"];
const SPEEDS = { "×¼": 0.25, "×½": 0.5, "×1": 1, "×2": 2, "×4": 4 };
const number = new Intl.NumberFormat("en");

export default part(["rows", "frame", "frames", "status"], (parent, { data, setTriggerValue }) => {
  const bar = parent.querySelector(".run_bar");
  bar.innerHTML = `
    <span class="what" role="heading" aria-level="2"></span><span class="state" role="status"></span><span class="where watched"></span>
    <span class="transport"><button data-act="pause"></button> <button data-act="step"></button> <span class="turns"></span><button data-act="slow"></button> <button data-act="stop"></button></span>
    <span class="time"><button data-act="play"></button><select></select><input type="range" min="0" step="1"><span class="frame"></span>
    <button data-act="live"></button><button data-act="fork"></button></span>`;
  const find = (selector) => bar.querySelector(selector);
  const act = Object.fromEntries([...bar.querySelectorAll("button")].map((button) => [button.dataset.act, button]));
  const slider = find("input");
  let current, seen = ""; // the run in view, and its state as last told
  slider.oninput = () => { current.pause(); current.seek(Number(slider.value)); };
  slider.onkeydown = (event) => { if (event.key === " ") { event.preventDefault(); toggle(current); } }; // as everywhere else
  act.play.onclick = () => toggle(current);
  const speed = find("select");
  speed.append(...Object.entries(SPEEDS).map(([name, value]) => new Option(name, value)));
  speed.onchange = () => { current.speed = Number(speed.value); };
  act.live.onclick = () => current.seek(current.steps.length - 1);
  act.fork.onclick = () => setTriggerValue("wish", { wish: "fork", step: current.step });
  const wishFor = (wish) => setTriggerValue("wish", { wish, step: current.status.step, turn: current.status.turn ?? 0 });
  for (const name of ["step", "stop"]) act[name].onclick = () => wishFor(name);
  act.pause.onclick = () => wishFor(current.status.desired === "pause" ? "run" : "pause");
  act.slow.onclick = () => wishFor(current.status.pace > 0 ? "fast" : "slow");
  const names = [...new Set(data.turns)].filter(Boolean); // the players of a game, in order
  const players = names.map((name) => Object.assign(document.createElement("button"), { onclick: () => wishFor("turn") }));
  find(".time").append(menu(data.text.share, () => files(current, data.text)));
  find(".turns").append(...players.flatMap((button) => [button, " "]));

  const draw = (run, { title, steps, recorded, lent, turns, steers, starts, text }) => {
    const { state, step, message } = run.status, ended = ENDED.includes(state);
    // The page's script does not see a run end; it has to, to offer what can be done next.
    if (ended && !lent && current === run && seen && !ENDED.includes(seen)) setTriggerValue("wish", { wish: "none", step });
    [current, seen] = [run, run.told ? state : ""];
    steer(bar, run);
    place(run);
    bar.dataset.state = state;
    bar.dataset.step = step;
    bar.dataset.loaded = run.loaded;
    find(".what").textContent = title;
    find(".state").textContent = recorded && state === "done" ? text.recorded : text[state];
    tell(find(".where"), message, text.language, () => where(run.status, steps, turns.length, text, ended));
    const paused = run.status.desired === "pause";
    label(act.pause, paused ? text.resume : text.pause, paused ? text.resume : text.pause);
    label(act.step, text.step, text.step);
    label(act.stop, text.stop, text.stop);
    const next = turns[run.status.turn ?? 0];
    players.forEach((button, i) => {
      label(button, names[i], text.turn.replace("{player}", names[i]));
      button.disabled = ended || next !== names[i];
    });
    const slow = run.status.pace > 0;
    label(act.slow, slow ? text.fast : text.slow, slow ? text.fast : text.slow);
    act.slow.hidden = players.length === 0;
    for (const name of ["pause", "step", "slow", "stop"]) act[name].disabled = ended;
    find(".transport").hidden = ended;
    find(".transport").style.display = steers && !lent ? "" : "none"; // a viewer's bar needs no room for it
    label(act.play, run.playing ? `❚❚` : `▶ ${text.replay}`, run.playing ? text.hold : text.play);
    label(act.live, text.newest, text.newest);
    label(act.fork, text.fork, text.fork);
    act.fork.title = text.fork_help;
    act.fork.hidden = !starts || lent;
    act.live.disabled = run.live;
    act.fork.disabled = !run.steps.length || run.step >= steps;
    act.play.disabled = slider.disabled = run.steps.length < 2;
    speed.value = run.speed;
    speed.setAttribute("aria-label", text.speed);
    speed.title = text.speed;
    slider.max = Math.max(0, run.steps.length - 1);
    slider.value = Math.max(0, run.index);
    slider.setAttribute("aria-label", text.scrubber);
    slider.setAttribute("aria-valuetext", `${text.at} ${number.format(run.step)}`);
    find(".frame").textContent = `${text.at} ${number.format(run.step)}`;
  };
  return { draw };
});

// What the server makes of a run for the browser's downloads.
function files({ id, steps }, text) {
  const link = (what, extension) => ({
    name: text[what],
    act: () => Object.assign(document.createElement("a"), { href: new URL(`/repz/runs/${id}/${what}`, document.baseURI).href, download: `${id}.${extension}` }).click(),
  });
  return [link("script", "py"), ...(steps.length ? [link("player", "html")] : [])];
}

function label(button, sign, name) {
  if (button.textContent === sign && button.title === name) return; // nothing to lay out anew while one scrubs
  button.textContent = sign;
  button.title = name;
  button.setAttribute("aria-label", name);
}

// "step 1,240 / 4,000 · 9 s left", from the steps and seconds measured so far, and the rests to come.
function where({ step, turn, seconds, pace, metrics }, steps, total, text, ended) {
  const parts = [`${text.step_word} ${number.format(step)}${turn > 0 ? ` + ${text.turns.replace("{count}", turn).replace("{total}", total)}` : ""} / ${number.format(steps)}`];
  if (ended) parts.push(`${seconds.toFixed(1)} s`, ...measured(metrics, text));
  else if (step > 0) parts.push(`${Math.ceil((seconds / step + (pace > 0 ? pace * total : 0)) * (steps - step))} s ${text.left}`);
  return parts.join(" · ");
}

// The method's metrics on held-out data, measured once at the end, in the order that the page gives.
function measured(metrics, text) {
  const words = Object.entries(text.metrics).filter(([name]) => name in (metrics ?? {})).map(([name, words]) => `${words} ${figure(metrics[name])}`);
  return words.length ? [`${text.test}: ${words.join(", ")}`] : [];
}

// Counts as they are, nats with one digit behind the point, or two where they are few.
function figure(value) {
  const size = Math.abs(value);
  const text = Number.isInteger(value) ? `${value}` : size < 0.1 ? value.toPrecision(2) : value.toFixed(size < 100 ? 2 : 1);
  return text.replace("-", "−");
}
