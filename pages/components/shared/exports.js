// What a part can be saved as, behind one button in its panel's head: its picture, its numbers, and what it does over time.
import { film, video } from "./film.js";
import { menu } from "./menu.js";
import { png, svg } from "./picture.js";
import { csv, told } from "./table.js";

const HEAD = "-1.9rem"; // from the picture's top to the panel's title

// The button of the part in `parent`; `mount` is the part's, whose `data.export` has the words. Parts may bring, besides
// `draw`, a `table(run, data, step)` of their numbers, a `picture(format)` of their own, and whether they `move` over time.
export function exporter(parent, mount) {
  if (!mount.picture && !parent.querySelector("canvas, svg")) return null;
  const host = parent.host ?? parent, box = menu(mount.given.export.save, () => items(parent, mount));
  host.style.position = "relative";
  box.dataset.part = mount.given.export.part;
  Object.assign(box.style, { position: "absolute", right: 0, top: HEAD, zIndex: 2 });
  parent.append(box);
  return box;
}

function items(parent, mount) {
  const { export: text } = mount.data, frames = mount.clock.steps.length;
  const picture = (format) => mount.picture?.(format) ?? (format === "svg" ? svg : png)(parent, mount, titleOf(mount));
  const item = (name, extension, make) => ({ name, act: async () => save(await make(), fileName(mount, extension)) });
  const found = [item(text.png, "png", () => picture("png")), item(text.svg, "svg", () => picture("svg"))];
  const table = mount.table ? mount.table(mount.run, mount.data, mount.at(mount.clock.step)) : told(parent);
  if (table) found.push(item(text.csv, "csv", () => csv(table)));
  if (mount.moves && frames > 1) {
    found.push(item(text.gif, "gif", () => film(parent, mount)));
    const format = video.format();
    if (format) found.push(item(text.video, format.extension, () => video.record(parent, mount, format.type)));
  }
  return found;
}

const titleOf = ({ data }) => data.text.alt ?? data.export.part;

// "vae-d5aa489cbbc1c1a7-what-does-it-generate-step-1240.png"
export function fileName({ run, data, clock, ...mount }, extension) {
  const words = titleOf({ data, ...mount }).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${run.id}-${words}${clock.step === undefined ? "" : `-step-${clock.step}`}.${extension}`;
}

// Hand `blob` to the browser's downloads.
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
