// What parts of a comparison do alike: fetch its arrays once a page, draw when they are there, on resize and on rerun.
import { exporter } from "./exports.js";
import { oncePerFrame } from "./part.js";
import { parse } from "./safetensors.js";

const files = new Map(); // url -> promise of arrays

const fetched = (url) => {
  if (!files.has(url)) files.set(url, fetch(new URL(url, document.baseURI)).then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(answer.status))).then(parse)
    .catch((error) => { files.delete(url); throw error; }));
  return files.get(url);
};

// `setUp(parent, data, again)` gives `draw(arrays, data)`, asked with null while there are none, and
// may give a `table(arrays, data)`.
export function compared(setUp) {
  const mounts = new WeakMap();
  return ({ parentElement: parent, data }) => {
    let mount = mounts.get(parent);
    if (!mount) {
      const { draw, table } = setUp(parent, data, () => mount.redraw());
      mount = { run: { id: data.comparison }, clock: { steps: [] }, others: [], arrays: null };
      mount.at = () => 0; // nothing here has a time
      mount.draw = () => draw(mount.arrays, mount.data);
      if (table) mount.table = () => mount.arrays && table(mount.arrays, mount.data);
      mount.redraw = oncePerFrame(mount.draw);
      mount.watch = new ResizeObserver(mount.redraw);
      mount.watch.observe(parent.querySelector(".watched"));
      document.fonts.addEventListener("loadingdone", mount.redraw);
      mounts.set(parent, mount);
    }
    mount.data = mount.given = data;
    mount.redraw();
    fetched(data.url).then((arrays) => { mount.arrays = arrays; mount.redraw(); }, () => { mount.arrays = null; mount.redraw(); });
    if (data.export) mount.button ??= exporter(parent, mount);
    return () => {
      mount.button?.remove();
      document.fonts.removeEventListener("loadingdone", mount.redraw);
      mount.watch.disconnect();
      mounts.delete(parent);
    };
  };
}
