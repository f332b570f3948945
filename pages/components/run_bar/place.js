// The step in view is in the URL (`at`, left out for the newest), so that a reload, or a link, shows the same moment.
import { address } from "../shared/stand_in.js";

const REST = 300; // ms without a move
const query = new URLSearchParams(location.search);
let asked = query.has("lecture") ? null : query.get("at"); // as the page was loaded; a lecture's scenes have times of their own
let timer = 0;

// `run` has come into view, or has moved.
export function place(run) {
  if (asked !== null) {
    if (/^\d+$/.test(asked)) run.join(Number(asked));
    asked = null;
  }
  clearTimeout(timer);
  timer = setTimeout(() => address({ at: run.live || run.playing ? null : run.wanted ?? run.at }), REST);
}
