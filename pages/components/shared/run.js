// A run as the page sees it: one event stream and one clock, shared by every part that shows the run.
import { parse } from "./safetensors.js";

const views = new Map();
const PARALLEL = 3; // frames under way at once; a browser opens six connections to a host
const GRACE = 1000; // ms; a part that is only mounted anew finds the stream still open

export function follow(id) {
  if (!views.has(id)) views.set(id, new RunView(id));
  return views.get(id);
}

class RunView extends EventTarget {
  // Events: "rows" (new losses), "status", "frame" (the frame in view changed), "frames" (the number of frames changed).
  constructor(id) {
    super();
    this.id = id;
    this.users = 0;
    this.source = null;
    this.rows = [];
    this.steps = []; // of the frames, ascending
    this.frames = new Map(); // step -> arrays
    this.index = -1; // of the frame in view
    this.live = true; // the newest frame is in view, whatever comes
    this.status = { state: "queued", step: 0, seconds: 0, message: "" };
    this.loading = 0;
    this.timer = 0;
  }

  // Listen to `types`; returns a function that ends it. The last one to leave closes the stream.
  listen(types, handler) {
    for (const type of types) this.addEventListener(type, handler);
    this.users += 1;
    if (!this.source) this.open();
    return () => {
      for (const type of types) this.removeEventListener(type, handler);
      this.users -= 1;
      setTimeout(() => this.users === 0 && this.close(), GRACE);
    };
  }

  open() {
    this.source = new EventSource(new URL(`/repz/runs/${this.id}/events`, document.baseURI));
    this.source.onmessage = (event) => this.take(JSON.parse(event.data));
    this.source.addEventListener("status", (event) => {
      this.status = { ...this.status, message: "", ...JSON.parse(event.data) };
      if (this.status.state === "gone") this.source.close();
      this.say("status");
    });
  }

  close() {
    if (!this.source) return;
    this.pause();
    this.source.close();
    this.source = null;
    views.delete(this.id); // the next visit starts afresh
  }

  say(type) {
    this.dispatchEvent(new Event(type));
  }

  take(lines) {
    const before = this.steps.length;
    for (const line of lines) {
      if ("frame" in line) this.steps.push(line.frame);
      else this.rows.push(line);
    }
    this.say("rows");
    if (this.steps.length > before) {
      if (this.live) this.index = this.steps.length - 1;
      this.say("frames");
      this.load();
    }
  }

  // Fetch what is missing, what is in view first, then the first (it holds what never changes), then from the newest on.
  load() {
    while (this.source && this.loading < PARALLEL) {
      const step = [this.steps[this.index], ...this.steps.slice(0, 1), ...this.steps.toReversed()]
        .find((s) => s !== undefined && !this.frames.has(s));
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

  // How many frames are here.
  get loaded() {
    return [...this.frames.values()].filter(Boolean).length;
  }

  get step() {
    return this.steps[this.index] ?? 0;
  }

  // The arrays at the frame in view; while it is on its way, those of the nearest one before it that is here.
  arrays() {
    const first = this.frames.get(this.steps[0]);
    for (let i = this.index; first && i >= 0; i--) {
      const arrays = this.frames.get(this.steps[i]);
      if (arrays) return { ...first, ...arrays };
    }
    return null;
  }

  seek(index) {
    const last = this.steps.length - 1;
    if (last < 0) return;
    this.index = Math.max(0, Math.min(last, index));
    this.live = this.index === last;
    this.load();
    this.say("frame");
  }

  get playing() {
    return this.timer !== 0;
  }

  play(framesPerSecond = 12) {
    if (this.index >= this.steps.length - 1) this.seek(0);
    this.timer = setInterval(() => {
      this.seek(this.index + 1);
      if (this.index === this.steps.length - 1) this.pause();
    }, 1000 / framesPerSecond);
    this.say("frame");
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.say("frame");
  }
}
