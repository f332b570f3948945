// What every part does alike: set up once a mount, follow the run of `data.run`, redraw when something changed.
import { exporter } from "./exports.js";
import { visits } from "./look.js";
import { mark } from "./provenance.js";
import { follow } from "./run.js";
import { changes, dress, resolve, standing } from "./stand_in.js";

// Call `draw` once a frame at the most, however often it is asked.
export function oncePerFrame(draw) {
  let asked = 0;
  return () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(); }); };
}

// A part that draws one run: sets it up once a mount, follows `data.run`, redraws on `types`, on resize and on rerun.
// With `data.clock`, another run, it shows its own run at the step that is in view of that one, or at `data.stretch` times
// that; `data.others` are runs drawn beside. `draw(run, data, step, others)`. What else `setUp` may give is told in exports.js.
export function part(types, setUp) {
  const mounts = new WeakMap();
  return (component) => {
    const { parentElement, data } = component;
    let mount = mounts.get(parentElement);
    if (!mount) {
      mount = { ...setUp(parentElement, component), followed: "", leave: [] };
      mount.at = (step) => Math.round(step * (mount.data.stretch ?? 1));
      mount.redraw = oncePerFrame(() => mount.run && mount.draw(mount.run, mount.data, mount.at(mount.clock.step), mount.others));
      mount.watch = new ResizeObserver(mount.redraw);
      mount.watch.observe(parentElement.querySelector("canvas, .watched"));
      mount.anew = ({ detail }) => detail.includes(mount.given.place) && setUpAnew(mount, parentElement, setUp);
      visits.addEventListener("look", mount.anew);
      mount.bind = () => {
        bind(mount, types);
        mark(parentElement, mount.data.lent ? standing().provenance : null);
        mount.redraw();
      };
      changes.addEventListener("change", mount.bind);
      document.fonts.addEventListener("loadingdone", mount.redraw); // a canvas does not do so by itself
      mounts.set(parentElement, mount);
    }
    Object.assign(mount, { component, given: data });
    mount.bind();
    if (data.export) mount.button ??= exporter(parentElement, mount);
    return () => {
      mount.button?.remove();
      visits.removeEventListener("look", mount.anew);
      changes.removeEventListener("change", mount.bind);
      document.fonts.removeEventListener("loadingdone", mount.redraw);
      mount.leave.forEach((end) => end());
      mount.watch.disconnect();
      mounts.delete(parentElement);
    };
  };
}

// On a fresh node, so that what the old one has under way comes to its end.
function setUpAnew(mount, parentElement, setUp) {
  const root = parentElement.querySelector(`.${mount.given.export.part}`);
  root.replaceWith(root.cloneNode(false));
  Object.assign(mount, setUp(parentElement, mount.component));
  mount.watch.disconnect();
  mount.watch.observe(parentElement.querySelector("canvas, .watched"));
  mount.redraw();
}

// Follow the runs that are meant; whom it followed before, it leaves afterwards, so that a stream in common stays open.
function bind(mount, types) {
  const { run, clock, others } = mount.given;
  const meant = [resolve(run), resolve(clock ?? run), ...(others ?? [])], wanted = JSON.stringify(meant);
  mount.data = dress(mount.given);
  if (mount.followed === wanted) return;
  const before = mount.leave;
  mount.followed = wanted;
  [mount.run, mount.clock, ...mount.others] = meant.map(({ id, parent }) => follow(id, parent));
  mount.leave = [mount.run.listen(types, mount.redraw, mount.clock !== mount.run)];
  if (mount.clock !== mount.run) mount.leave.push(mount.clock.listen(["frame", "frames"], mount.redraw));
  mount.leave.push(...mount.others.map((other) => other.listen(types, mount.redraw, true)));
  before.forEach((end) => end());
}
