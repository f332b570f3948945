// The small bar on top. The presenter's tab tells where it is; the others go there, until their viewer lets go.
import { tellLooks } from "../shared/look.js";
import { address, changes, standing } from "../shared/stand_in.js";
import { listen } from "./channel.js";
import { cover, coverAll, coveredPlaces, coveredTitles, hang } from "./curtains.js";
import { arrived, join, settleDown, watchTime, wentElsewhere } from "./follow.js";
import { onKeys } from "./keys.js";
import { face } from "./face.js";
import { back, forward, notes, reached, setTime } from "./lecture.js";
import { enterStage, settleStage, show, staged } from "./modes.js";

const APART = 200; // ms between two positions that are told
const SURE = 1000, TRIES = 3; // ms until what was told is told again, if the stage does not show it
const kept = keep(); // of this tab, over reloads: me, lead, alone
let here = null; // what the page's script says it shows
let stage = { by: "", serial: -1 };
let tell = () => {}; // says something to the server
let draw = () => {};
let view = null;
let claimed = false;
let toldAt = 0, timer = 0, sure = 0, told = "", curtained = "";

export default function stageBar({ parentElement, data, setTriggerValue }) {
  const before = here;
  here = data;
  tell = (wish) => setTriggerValue("wish", { me: kept.me, ...wish });
  draw = face(parentElement, { lead, code, follow, keys: () => draw("keys") });
  arrived(here);
  if (before && follows() && wentElsewhere(before, here, stage)) kept.alone = "yes";
  const elsewhere = before && (before.page !== here.page || before.query !== here.query);
  if (!follows() && !reached(here.prompt, here.text) && elsewhere) cover([]);
  settleStage();
  if (!standing()) address({ knobs: here.changes || null });
  tellLooks();
  settle();
  moved(); // also where a page has no time that tells of it
}

const leads = () => stage.by !== "" && stage.by === kept.me;
const follows = () => stage.by !== "" && !leads() && kept.alone !== "yes";

// Bring page and bar to what holds now.
function settle() {
  if (!here) return;
  if (kept.lead && stage.by && !leads()) kept.lead = ""; // another presenter took over
  if (kept.lead && !here.leads && here.may && !claimed && stage.serial >= 0) claim(); // loaded anew
  if (follows()) join(stage, here);
  curtain();
  view = watch(here);
  setTime(view);
  draw({ here, leads: leads(), follows: follows(), stage });
}

// Who follows sees what the presenter covered, when that changes; a curtain may be lifted on one's own.
function curtain() {
  const next = follows() && stage.covered?.length ? JSON.stringify([stage.page, stage.query, stage.covered]) : "";
  if (next !== curtained) cover(next ? stage.covered : [], here.text.reveal);
  curtained = next;
}

function hear(news) {
  if (news.serial < stage.serial) claimed = false; // another server process, which knows nothing of us
  stage = news;
  settle();
}

const position = () => ({ run: here.run?.id ?? null, step: !view || view.live ? null : view.at, covered: coveredPlaces() });

function claim() {
  claimed = true;
  tell({ act: "lead", ...position() });
  makeSure();
}

function lead() {
  if (!here?.may) return;
  kept.lead = leads() ? "" : "yes";
  if (leads()) tell({ act: "end" });
  else claim();
}

function follow() {
  if (!stage.by || leads()) return;
  kept.alone = follows() ? "yes" : "";
  if (kept.alone) settleDown(here);
  settle();
}

const code = () => here?.may && draw("code");

// The presenter's time, as often as is worth it, and always its last.
function moved() {
  if (!leads() || timer) return;
  timer = setTimeout(() => {
    timer = 0;
    const now = JSON.stringify(position());
    if (!leads() || now === told) return;
    [told, toldAt] = [now, performance.now()];
    tell({ act: "at", ...position() });
    makeSure();
  }, Math.max(0, toldAt + APART - performance.now()));
}

// What a browser says right before its page's script runs anew may be lost.
function makeSure(left = TRIES) {
  clearTimeout(sure);
  sure = setTimeout(() => {
    if (!left || !kept.lead || (here.leads && asTold())) return;
    if (here.leads) tell({ act: "at", ...position() });
    else {
      claimed = false;
      settle();
    }
    makeSure(left - 1);
  }, SURE);
}

function asTold() {
  const { step, covered } = position();
  return (stage.step ?? null) === step && JSON.stringify(stage.covered ?? []) === JSON.stringify(covered);
}

// A viewer who moves the time line lets go.
function sought() {
  if (!follows()) return;
  follow();
}

const watch = watchTime(moved, sought);
const go = (url) => url && location.assign(url);

const add = () => here?.may && tell({ act: "add", ...position(), look: new URLSearchParams(location.search).get("look"), stage: staged(), curtains: coveredTitles() });
const paging = { PageDown: forward, PageUp: back };
const actions = {
  s: () => enterStage(!staged()), h: () => show("controls"), c: () => show("captions"), a: add,
  v: () => here && coverAll(here.text.reveal),
  n: () => here?.may && notes(here.text, (pane) => onKeys({}, paging, pane)),
};

hang(moved);
onKeys({ ...actions, p: lead, q: code, f: follow, x: () => go(here?.good), 0: () => go(here && `/${here.page}`), "?": () => draw("keys") }, paging);
changes.addEventListener("change", () => document.querySelector(".st-key-knobs")?.toggleAttribute("inert", Boolean(standing())));
document.addEventListener("pointerdown", () => !stage.by && here && settleDown(here)); // nobody leads any more
listen(hear);

// A tab's own memory; where the browser allows none, it lasts as long as the page.
function keep() {
  let box = {};
  try { box = sessionStorage; } catch { /* not allowed */ }
  const name = (key) => `repz-${key}`;
  const kept = new Proxy({}, {
    get: (_, key) => box[name(key)] ?? "",
    set: (_, key, value) => { box[name(key)] = value; return true; },
  });
  kept.me ||= [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return kept;
}
