"""Every page and every section of a lab, as a visitor sees them: where to go, and when all there is to see is there."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from playwright.sync_api import Page, expect

from pages import compare, gan, linear, simclr, sparse, vae
from pages.parts.assets import COMPONENTS
from pages.parts.lab_page import Sections
from repz_core import recipes
from repz_core.runs import run_id
from tests.e2e.conftest import Lab

PARTS = ", ".join(f"div.{path.name}" for path in COMPONENTS.iterdir() if (path / f"{path.name}.js").exists())
# A page is still once its script has ended, all parts have drawn and charts have had their turns.
STILL = """(names) => {
  const app = document.querySelector("[data-testid=stApp]");
  if (app?.dataset.testScriptState !== "notRunning") return false;
  if (document.querySelector("[data-stale=true], [data-testid=stSkeleton]")) return false;
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap((node) => node.shadowRoot ?? [])];
  const all = (selector) => roots.flatMap((root) => [...root.querySelectorAll(selector)]);
  const drawn = all("[role=img], [role=application]").every((node) => node.getAttribute("aria-label"));
  const charts = all(".live_chart").every((node) => node.querySelector(".watched[data-run]:not([aria-busy])"));
  const hosts = [...document.querySelectorAll(".stBidiComponent")], parts = all(names);
  const loaded = parts.length >= hosts.length && parts.every((node) => node.childElementCount || node.matches(".pass"));
  return loaded && drawn && charts && all(".picker").every((box) => !box.hidden)
    && all(".run_bar").every((bar) => bar.dataset.loaded > 0);
}"""


class Stop(NamedTuple):
    """A page with a run in view, and its sections in their order {name: title}."""

    name: str
    path: str
    run: str
    sections: dict[str, str]


def _stop(name: str, method: str, preset: str, sections: Sections) -> Stop:
    titles = {section: title for section, (title, _show) in sections.items()}
    return Stop(name, name.partition("-")[0], run_id(recipes.preset(method, preset)), titles)


def _first(method: str) -> str:
    return next(iter(recipes.family(method).PRESETS))


def _some(sections: Sections, *names: str) -> Sections:
    return {name: sections[name] for name in names}


HOME = Stop("home", "", "", {"": ""})
FIRST = (  # as the navigation leads there
    HOME,
    _stop("linear", "linear_ae", _first("linear_ae"), linear.IMAGES),
    _stop("sparse", "sparse_ae", _first("sparse_ae"), sparse.AUTOENCODER),
    _stop("vae", "vae", _first("vae"), vae.SECTIONS),
    _stop("gan", "gan", _first("gan"), gan.PLANE),
    _stop("simclr", "simclr", _first("simclr"), simclr.GREY),
    Stop(
        "compare",
        "compare",
        "",
        {name: title for name, (title, _show) in compare.SECTIONS.items()} | {"runs": compare.TWO},
    ),
    Stop("data", "data", "", {"": ""}),
    Stop("runs", "runs", "", {"list": "All runs", "sweeps": "Sweeps"}),
)
OTHERS = (  # what another kind of run shows elsewhere
    _stop("linear-plane", "linear_ae", "A line through a cloud", linear.PLANE),
    _stop("sparse-coding", "sparse_coding", _first("sparse_coding"), _some(sparse.CODING, "overview", "norms")),
    _stop("gan-line", "gan", "Dirac-GAN, R1", _some(gan.LINE, "game")),
    _stop(
        "gan-images", "gan", "Digits of MNIST, 32 pixels", _some(gan.IMAGES, "game", "neighbours", "between", "ladder")
    ),
    _stop("simclr-colour", "simclr", "Sprites with colour jitter", _some(simclr.COLOUR, "map", "shortcut")),
)


def enter(page: Page, lab: Lab, stop: Stop, section: str = "", **query: str) -> None:
    """Go to a page as it opens, or to one of its sections, and wait until all is there."""
    asked = {"run": stop.run, "show": section} | query
    page.goto(f"{lab.url}/{stop.path}?{'&'.join(f'{name}={value}' for name, value in asked.items() if value)}")
    settle(page)
    page.wait_for_timeout(300)  # what was there at first may have brought something else along
    settle(page)


def walk(page: Page, lab: Lab, stop: Stop) -> Iterator[str]:
    """Every section of a page in turn, by its buttons."""
    first, *others = stop.sections
    page.emulate_media(reduced_motion="reduce")  # nothing is caught half-way
    enter(page, lab, stop, first)
    yield first
    for section in others:
        page.locator(".st-key-show").get_by_role("radio", name=stop.sections[section], exact=True).click()
        expect(page).to_have_url(re.compile(rf"show={section}\b"))
        settle(page)
        yield section


def settle(page: Page) -> None:
    """Wait until nothing more happens by itself."""
    expect(page.locator("[data-testid=stMainBlockContainer]")).to_be_visible()
    page.wait_for_function(STILL, arg=PARTS)
    page.evaluate("() => document.fonts.ready.then(() => true)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
