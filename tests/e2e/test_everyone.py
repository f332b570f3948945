"""For everyone: axe-core finds nothing on any page, pictures have words, keys lead everywhere, nothing has to move."""

import json
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Lab, visitor
from tests.e2e.tour import FIRST, HOME, OTHERS, Stop, enter, walk

pytestmark = pytest.mark.e2e
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# What is not ours to mend, by rule and place.
STREAMLITS = {
    "presentation-role-conflict": ["[data-testid=stFileUploaderDropzone]"],  # its drop zone has both a role and a label
    "empty-table-header": ["th:has(.katex)"],  # KaTeX writes formulas as MathML, which axe does not count as words
}
LOOK = """async ({ streamlits, only, colours }) => {
  const runOnly = colours ? { type: "rule", values: ["color-contrast"] } : undefined;
  const where = { include: [only ?? "html"], exclude: [".plot-container"] }; // one picture, whose words are ours
  const { violations } = await axe.run(where, { elementRef: true, resultTypes: ["violations"], runOnly });
  return violations.flatMap(({ id, help, nodes }) => nodes
    .filter(({ element }) => !(streamlits[id] ?? []).some((selector) => element?.matches(selector)))
    .map(({ html, any }) => `${id}: ${help}: ${html.slice(0, 200)} ${any.map(({ message }) => message).join("; ")}`));
}"""
# All nodes of a page, those of isolated parts as well; whether one is seen; the part that it is in.
DEEP = """
const deep = (root) => [...root.querySelectorAll("*")]
  .flatMap((node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]);
const seen = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
const host = (node) => node.getRootNode().host ?? node;
const ours = (node) => host(node).closest(".stBidiComponent");
const name = (node) =>
  `${host(node).closest("[class*=st-key]")?.className.match(/st-key-\\S+/)} ${node.outerHTML.slice(0, 120)}`;
"""
# Pictures without words, and those that can be pointed at but not moved by keys. Streamlit's tables have their words
# in a table behind the canvas.
PICTURES = f"""() => {{ {DEEP}
  const beside = "[aria-hidden=true], button, [data-testid=stDataFrame], [role=img][aria-label], .repz_menu";
  const nodes = deep(document).filter(seen);
  const mute = nodes.filter((node) => node.matches("canvas") || (node.matches("svg") && ours(node)))
    .filter((node) => !node.getAttribute("aria-label")?.trim() && !node.closest(beside));
  const deaf = nodes.filter((node) => node.matches("canvas") && !(node.tabIndex === 0 && node.onkeydown))
    .filter((node) => node.onpointermove || node.onpointerdown || node.onclick);
  const told = (nodes, fault) => nodes.map((node) => `${{fault}}: ${{name(node)}}`);
  return [...told(mute, "says nothing"), ...told(deaf, "knows no keys")];
}}"""
# Everything that keys should lead to; `walked` is the way they take. A group of choices is one stop.
CONTROLS = f"""() => {{ {DEEP}
  const all = "button, a[href], input, select, textarea, canvas[tabindex], summary";
  const stop = (node) => node.matches(all) && node.tabIndex >= 0 && !node.disabled && seen(node);
  const wanted = deep(document).filter(stop);
  const active = () => {{
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node;
  }};
  document.activeElement?.blur();
  globalThis.tour = {{ wanted, active, deep, name, ours, walked: [], ringless: [] }};
}}"""
# Take note of where the focus is; false at the end of the way.
NEXT = """() => {
  const { walked, ringless, active, ours } = tour, node = active();
  if (walked.length && (node === document.body || node === walked[0])) return false;
  if (node === document.body) return true;
  walked.push(node);
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
  if (ours(node) && (outlineStyle === "none" || outlineWidth === "0px") && boxShadow === "none") ringless.push(node);
  return true;
}"""
REACHED = """() => {
  const { wanted, walked, ringless, name, deep } = tour;
  const groups = new Set(walked.map((node) => node.closest("[role=radiogroup]")).filter(Boolean));
  const reached = (node) => walked.includes(node) || groups.has(node.closest("[role=radiogroup]"));
  const missed = wanted.filter((node) => node.isConnected && !reached(node));
  const ahead = deep(document).filter((node) => node.tabIndex > 0);
  return Object.fromEntries(Object.entries({ missed, ringless, ahead }).map(([key, nodes]) => [key, nodes.map(name)]));
}"""

MOVING = "() => document.getAnimations().filter((one) => one.playState === 'running').length"


def faults(page: Page, only: str | None = None, colours: bool = False) -> list[str]:
    """What axe-core finds on a page, or in one part of it; of `colours` alone."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(LOOK, {"streamlits": STREAMLITS, "only": only, "colours": colours})


@pytest.mark.parametrize("stop", FIRST + OTHERS, ids=lambda stop: stop.name)
def test_axe_finds_nothing_and_pictures_have_words(page: Page, lab: Lab, stop: Stop) -> None:
    found = {}
    for section in walk(page, lab, stop):
        whole = section == next(iter(stop.sections))
        beside = stop.run and not whole  # the knobs and the run bar stay as they were
        panels = "[data-testid=stColumn]:has(.st-key-show)" if beside else None
        found[section] = faults(page, panels) + page.evaluate(PICTURES)
    assert not {section: lines for section, lines in found.items() if lines}, json.dumps(found, indent=1)


@pytest.mark.parametrize("stop", FIRST, ids=lambda stop: stop.name)
def test_keys_lead_to_every_control(page: Page, lab: Lab, stop: Stop) -> None:
    enter(page, lab, stop)
    page.evaluate(CONTROLS)
    passed = 0
    while page.evaluate(NEXT) and passed < 300:
        page.keyboard.press("Tab")
        passed += 1
    found = page.evaluate(REACHED)
    assert passed > 15
    assert passed < 300, "Tab does not come to an end"
    assert not found["missed"]
    assert not found["ringless"]
    assert not found["ahead"]  # nothing leaves the order in which things stand


def test_nothing_moves_by_itself_for_who_minds_it(browser: Browser, lab: Lab) -> None:
    with visitor(browser) as page:
        page.emulate_media(reduced_motion="reduce")
        [vae] = [stop for stop in FIRST if stop.name == "vae"]
        for stop, section in ((HOME, ""), (vae, "map"), (vae, "gradients")):
            enter(page, lab, stop, section)
            assert page.evaluate(MOVING) == 0
            assert rests(page)
        anew = page.locator(".graphs .anew")
        expect(anew).to_be_hidden()
        page.emulate_media(reduced_motion="no-preference")
        anew.get_by_role("checkbox").check()
        assert not rests(page, 2)
        page.emulate_media(reduced_motion="reduce")
        assert rests(page)


def rests(page: Page, tries: int = 8) -> bool:
    """Whether the page soon looks the same for longer than a draw of epsilon takes."""
    before = page.screenshot()
    for _try in range(tries):
        page.wait_for_timeout(700)
        after = page.screenshot()
        if after == before:
            return True
        before = after
    return False
