// A slider over trained runs that differ in one setting. Moving it swaps the run that all parts of the page show, at once
// and in the browser; once it rests, the page's script is told, by one rerun.
import { oncePerFrame } from "../shared/part.js";
import { follow } from "../shared/run.js";
import { address, resolve, settleOn, standIn, standing } from "../shared/stand_in.js";
import { shelf } from "./ahead.js";
import { track } from "./track.js";

const REST = 400; // ms without a move, after which the page's script is told
const mounts = new WeakMap();

export default function instant({ parentElement, data, setTriggerValue }) {
  if (!mounts.has(parentElement)) mounts.set(parentElement, mount(parentElement.querySelector(".instant")));
  const { show, leave } = mounts.get(parentElement);
  show(data, setTriggerValue);
  return () => {
    leave();
    mounts.delete(parentElement);
  };
}

// What the URL says was asked for; NaN where it says nothing.
const asked = () => parseFloat(new URLSearchParams(location.search).get("ask"));
const stopsOf = ({ knob, stops }) => JSON.stringify([knob, stops.map(({ run }) => run)]);
const same = (one, other) => stopsOf(one) === stopsOf(other);

function mount(root) {
  root.innerHTML = `<label class="knob"></label><span class="track"></span><span class="said" role="status"></span><button></button>`;
  const find = (selector) => root.querySelector(selector), ready = shelf(), button = find("button");
  let data = null, tell = null, shown = 0, timer = 0, moving = false;
  root.onpointerdown = (event) => event.stopPropagation(); // the stage would have the script told of what stands in
  root.onpointerenter = root.onfocusin = () => prefetch(); // not before: a first visit is light

  const prefetch = () => data.borrowed || ready.hold(data.stops.map(({ run }) => run), shown, view());
  const view = () => {
    const { id, parent } = resolve(data.run);
    return follow(id, parent);
  };

  // The stop nearest to where the slider is now is what the page shows.
  const moved = () => {
    moving = true;
    clearTimeout(timer);
    timer = setTimeout(rest, REST);
    if (scale.nearest() !== shown) {
      shown = scale.nearest();
      if (!data.borrowed) lend();
    }
    say();
  };
  const scale = track(find(".track"), oncePerFrame(moved));

  // Another run in the place of the page's own, at the same moment of training.
  const lend = () => {
    const { run, words } = data.stops[shown], { recorded, measured } = data.text, before = view();
    const step = before.live ? null : before.wanted ?? before.at, next = follow(run.id, run.parent);
    const of = [...new Set([data.run.id, ...(standing()?.of ?? [])])], own = of.length === 1 && run.id === data.run.id;
    standIn(own ? null : { of, run, words, provenance: { recorded, measured, now: words.recorded ? recorded : measured } });
    next.join(step);
    prefetch();
    address({ run: run.id });
  };

  const rest = () => {
    moving = false;
    const { run } = data.stops[shown];
    address({ run: run.id, ask: scale.exact() ? null : scale.value() });
    if (run.id !== data.run.id) settleOn(run.id);
  };

  const say = () => {
    const { text, stops, starts, borrowed } = data, { label, said } = stops[shown], asked = scale.words(), exact = scale.exact();
    const words = exact ? said : text.asked.replace("{value}", label).replace("{asked}", asked);
    find(".said").textContent = borrowed && !moving ? text.borrowed : words;
    scale.mark(shown, `${asked} · ${words}`);
    button.disabled = exact || !starts;
    button.title = starts ? text.help : text.why;
    Object.assign(root.dataset, { run: stops[shown].run.id, asked });
  };

  const show = (next, setTriggerValue) => {
    const place = moving && same(data, next) ? scale.place() : null;
    [data, tell] = [next, setTriggerValue];
    const { text, knob, knobs, stops, whole, start, borrowed } = data;
    root.toggleAttribute("data-borrowed", borrowed);
    root.toggleAttribute("data-words", stops[0].value === null);
    button.textContent = text.train;
    button.onclick = () => tell("wish", { train: scale.value() });
    find(".knob").replaceChildren(knobs.length > 1 ? menu(knobs, knob, text.which) : knobs[0].words);
    const [{ words }] = knobs.filter(({ name }) => name === knob);
    scale.show(stops, whole, words, text);
    moving = place !== null; // then the script was told of a run that is left already
    shown = moving ? shown : start;
    scale.go(moving ? place : scale.near(start, asked()));
    if (moving && !borrowed) lend();
    say();
  };

  const menu = (knobs, knob, words) => {
    const select = Object.assign(document.createElement("select"), { ariaLabel: words });
    select.append(...knobs.map(({ name, words }) => new Option(words, name, name === knob, name === knob)));
    select.onchange = () => tell("wish", { knob: select.value });
    return select;
  };
  const leave = () => {
    clearTimeout(timer);
    ready.clear();
  };
  return { show, leave };
}
