// What every part does alike: set up once a mount, follow the run of `data.run`, redraw when something changed.
import { follow } from "./run.js";

// Call `draw` once a frame at the most, however often it is asked.
export function oncePerFrame(draw) {
  let asked = 0;
  return () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(); }); };
}

// A part that draws one run: sets it up once a mount, follows `data.run`, redraws on `types`, on resize and on rerun.
export function part(types, setUp) {
  const mounts = new WeakMap();
  return (component) => {
    const { parentElement, data } = component;
    let mount = mounts.get(parentElement);
    if (!mount) {
      mount = { ...setUp(parentElement, component), run: null, leave: () => {} };
      mount.redraw = oncePerFrame(() => mount.run && mount.draw(mount.run, mount.data));
      mount.watch = new ResizeObserver(mount.redraw);
      mount.watch.observe(parentElement.querySelector("canvas, .watched"));
      mounts.set(parentElement, mount);
    }
    mount.data = data;
    if (mount.run?.id !== data.run) {
      mount.leave();
      mount.run = follow(data.run);
      mount.leave = mount.run.listen(types, mount.redraw);
    }
    mount.redraw();
    return () => { mount.leave(); mount.watch.disconnect(); mounts.delete(parentElement); };
  };
}
