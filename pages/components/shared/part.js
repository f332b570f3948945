// What every part does alike: set up once a mount, follow the run of `data.run`, redraw when something changed.
import { follow } from "./run.js";

// Call `draw` once a frame at the most, however often it is asked.
export function oncePerFrame(draw) {
  let asked = 0;
  return () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(); }); };
}

// A part that draws one run: sets it up once a mount, follows `data.run`, redraws on `types`, on resize and on rerun.
// With `data.clock`, another run, it shows its own run at the step that is in view of that one; `data.others` are
// runs drawn beside. `draw(run, data, step, others)`.
export function part(types, setUp) {
  const mounts = new WeakMap();
  return (component) => {
    const { parentElement, data } = component;
    let mount = mounts.get(parentElement);
    if (!mount) {
      mount = { ...setUp(parentElement, component), followed: "", leave: [] };
      mount.redraw = oncePerFrame(() => mount.run && mount.draw(mount.run, mount.data, mount.clock.step, mount.others));
      mount.watch = new ResizeObserver(mount.redraw);
      mount.watch.observe(parentElement.querySelector("canvas, .watched"));
      mounts.set(parentElement, mount);
    }
    mount.data = data;
    const wanted = JSON.stringify([data.run, data.clock, data.others]);
    if (mount.followed !== wanted) {
      const before = mount.leave;
      mount.followed = wanted;
      mount.run = follow(data.run.id, data.run.parent);
      mount.clock = data.clock ? follow(data.clock.id, data.clock.parent) : mount.run;
      mount.others = (data.others ?? []).map((other) => follow(other.id, other.parent));
      mount.leave = [mount.run.listen(types, mount.redraw, mount.clock !== mount.run)];
      if (mount.clock !== mount.run) mount.leave.push(mount.clock.listen(["frame", "frames"], mount.redraw));
      mount.leave.push(...mount.others.map((other) => other.listen(types, mount.redraw, true)));
      before.forEach((end) => end());
    }
    mount.redraw();
    return () => { mount.leave.forEach((end) => end()); mount.watch.disconnect(); mounts.delete(parentElement); };
  };
}
