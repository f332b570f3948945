// A run as the page sees it: one event stream and one clock, shared by every part that shows the run.
import { parse } from "./safetensors.js";

const views = new Map();
const PARALLEL = 3; // frames under way at once; a browser opens six connections to a host
const PACE = 12; // frames a second of a replay at its usual speed
const GRACE = 1000; // ms; a part that is only mounted anew finds the stream still open
const FINAL = ["done", "failed", "gone"]; // nothing more will come

// The view of a run. A fork has a `parent`: {run, step, parent}; what was before that step is the parent's.
export function follow(id, parent) {
  if (!views.has(id)) views.set(id, new RunView(id, parent && { view: follow(parent.run, parent.parent), step: parent.step }));
  return views.get(id);
}

class RunView extends EventTarget {
  // Events: "rows" (new losses), "status", "frame" (the frame in view changed), "frames" (the number of frames changed),
  // "sought" (somebody moved the time line here)
  constructor(id, parent) {
    super();
    this.id = id;
    this.parent = parent ?? null;
    this.users = 0;
    this.source = null;
    this.rows = [];
    this.own = []; // steps of its frames, ascending
    this.frames = new Map(); // step -> arrays
    this.at = 0; // step of the frame in view
    this.live = true; // the newest frame is in view, whatever comes
    this.wanted = null; // a step to be at, as soon as there is a frame: of a presenter's view
    this.status = { state: "queued", step: 0, seconds: 0, message: "" };
    this.now = null; // a passing look, {step, looks, arrays}, while the run is paused or slow
    this.told = false; // whether the server has said how it stands
    this.loading = 0;
    this.timer = 0;
    this.speed = 1; // of replay
    this.watchers = 0; // how many show it as the run in view, and not beside that one
    this.whole = false; // all its frames are wanted, and not just the one in view
  }

  // Listen to `types`; returns a function that ends it. The last one to leave closes the stream. A run that is only
  // shown `beside` another gives its stream back once nothing more can come: a browser has six connections. Of one that is
  // looked at `ahead`, since it may come into view, the frame in view is all that is fetched.
  listen(types, handler, beside = false, ahead = false) {
    for (const type of types) this.addEventListener(type, handler);
    this.users += 1;
    this.watchers += beside ? 0 : 1;
    this.whole ||= !ahead;
    this.load();
    if (!this.source) this.open();
    return () => {
      for (const type of types) this.removeEventListener(type, handler);
      this.users -= 1;
      this.watchers -= beside ? 0 : 1;
      setTimeout(() => (this.users === 0 ? this.close() : this.giveBack()), GRACE);
    };
  }

  open() {
    this.source = new EventSource(new URL(`/repz/runs/${this.id}/events`, document.baseURI));
    this.source.onmessage = (event) => this.take(JSON.parse(event.data));
    this.source.addEventListener("status", (event) => {
      this.status = { ...this.status, message: "", ...JSON.parse(event.data) };
      this.told = true;
      this.giveBack();
      this.glance();
      this.say("status");
    });
    const pass = (event) => { this.keepUp(); this.say(event.type); };
    this.leave = this.parent?.view.listen(["rows", "frame", "frames"], pass, true);
  }

  // A stream that tells nothing more, or nothing that anybody waits for.
  giveBack() {
    const { state } = this.status;
    if (state === "gone" || (FINAL.includes(state) && this.watchers === 0)) this.source?.close();
  }

  close() {
    if (!this.source) return;
    this.pause();
    this.source.close();
    this.source = null;
    this.leave?.();
    views.delete(this.id); // the next visit starts afresh
  }

  say(type) {
    this.dispatchEvent(new Event(type));
  }

  take(lines) {
    const before = this.own.length;
    for (const line of lines) {
      if ("frame" in line) this.own.push(line.frame);
      else this.rows.push(line);
    }
    this.say("rows");
    if (this.own.length > before) {
      this.keepUp();
      this.say("frames");
      this.load();
    }
  }

  // Fetch the passing look that the status tells of.
  glance() {
    const { looks, step, turn, state } = this.status;
    if (!["paused", "running"].includes(state)) this.now = null;
    else if (looks && looks !== this.now?.looks && looks !== this.glancing) {
      this.glancing = looks;
      fetch(new URL(`/repz/runs/${this.id}/now?${looks}`, document.baseURI))
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
        .then((buffer) => { this.now = { step: step + (turn > 0 ? 1 : 0), looks, arrays: parse(buffer) }; this.say("frame"); })
        .catch(() => { this.glancing = 0; }); // it was just being replaced; the next status tells of the next
    }
  }

  // Whether it is the passing look that is in view, and no frame: it is the newest there is.
  get glanced() {
    return this.live && this.now !== null && this.now.step > this.at;
  }

  // The newest frame stays in view while the run is followed; one that is wanted comes into view once it is there.
  keepUp() {
    const steps = this.steps;
    if (this.live) this.at = steps.at(-1) ?? 0;
    else if (this.wanted !== null) this.at = steps.findLast((step) => step <= this.wanted) ?? steps[0] ?? 0;
  }

  // Be where another viewer is: at `step`, or at the newest frame (null).
  join(step) {
    if (step === null ? this.live : step === this.wanted) return;
    if (this.playing) this.pause();
    this.wanted = step;
    this.live = step === null;
    this.keepUp();
    this.load();
    this.say("frame");
  }

  // Steps of all frames, ascending: a fork's begin with its parent's.
  get steps() {
    return this.parent ? [...this.parent.view.steps.filter((step) => step < this.parent.step), ...this.own] : this.own;
  }

  // Fetch what is missing, what is in view first, then the first (it holds what never changes), then from the newest on.
  load() {
    while (this.source && this.loading < PARALLEL) {
      const wanted = this.own.includes(this.at) ? [this.at] : [];
      const rest = this.whole ? this.own.toReversed() : [];
      const step = [...wanted, ...this.own.slice(0, 1), ...rest].find((s) => !this.frames.has(s));
      if (step === undefined) return;
      this.frames.set(step, null); // under way
      this.loading += 1;
      fetch(new URL(`/repz/runs/${this.id}/frames/${step}`, document.baseURI))
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status)))
        .then((buffer) => this.frames.set(step, parse(buffer)))
        .catch(() => setTimeout(() => { this.frames.delete(step); this.load(); }, 1000))
        .finally(() => {
          this.loading -= 1;
          this.load();
          this.say("frame");
        });
    }
  }

  // How many frames are here, those of the parent left out.
  get loaded() {
    return [...this.frames.values()].filter(Boolean).length;
  }

  get step() {
    return this.glanced ? this.now.step : this.at;
  }

  get index() {
    return this.steps.indexOf(this.at);
  }

  // The arrays at the frame of `step`; where there is none, or it is on its way, those of the nearest before it.
  arrays(step = this.at) {
    if (this.parent && step < (this.own[0] ?? Infinity)) return this.parent.view.arrays(Math.min(step, this.parent.step));
    const first = this.frames.get(this.own[0]);
    if (first && this.glanced && step === this.now.step) return { ...first, ...this.now.arrays };
    for (const found of this.own.toReversed()) {
      const arrays = found <= step && this.frames.get(found);
      if (first && arrays) return { ...first, ...arrays };
    }
    return null;
  }

  // The last row at or before `step` that has all of `columns`.
  row(columns, step = this.at) {
    const rows = this.parent && step < (this.own[0] ?? Infinity) ? this.parent.view.rows : this.rows;
    return rows.findLast((row) => row.step <= step && columns.every((column) => column in row));
  }

  seek(index) {
    const steps = this.steps, last = steps.length - 1;
    if (last < 0) return;
    const place = Math.max(0, Math.min(last, index));
    this.at = steps[place];
    this.live = place === last;
    this.wanted = null;
    this.load();
    this.say("frame");
    this.say("sought");
  }

  get playing() {
    return this.timer !== 0;
  }

  play() {
    if (this.index >= this.steps.length - 1) this.seek(0);
    const tick = () => {
      this.timer = setTimeout(tick, 1000 / (PACE * this.speed));
      this.seek(this.index + 1);
      if (this.index === this.steps.length - 1) this.pause();
    };
    this.timer = setTimeout(tick, 1000 / (PACE * this.speed));
    this.say("frame");
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.say("frame");
  }
}
