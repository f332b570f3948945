"""Time: one scrubber moves all panels, fast enough to look fluent; keys and speeds of the replay."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from repz_core import recipes
from repz_core.config import Recipe
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.gauges import SCRUB

pytestmark = pytest.mark.e2e
MAP = recipes.preset("vae", "2-D map of digits")
FRAMES = Run(SHIPPED / run_id(MAP)).frames()
SECTIONS = [
    ("vae", MAP, "map"),
    ("vae", recipes.preset("vae", "2-D map of MNIST"), "map"),
    ("vae", recipes.preset("vae", "16 dimensions"), "dimensions"),
    ("linear", recipes.preset("linear_ae", "One direction after another"), "pca"),
    ("sparse", recipes.preset("sparse_ae", "18 of 256 units on average"), "codes"),
]


def opened(page: Page, lab: Lab, path: str, recipe: Recipe, show: str = "") -> Locator:
    """The scrubber of a shipped run whose frames are all here."""
    run = Run(SHIPPED / run_id(recipe))
    page.goto(f"{lab.url}/{path}?run={run.id}&show={show}")
    expect(page.locator(".run_bar")).to_have_attribute("data-loaded", str(len(run.frames())), timeout=60_000)
    return page.get_by_role("slider", name="Time")


def at(page: Page, step: int) -> None:
    """Every panel of the map section is at that step, and so is the curves' cursor."""
    for panel in (".samples canvas", ".plane canvas", ".live_chart .watched"):
        expect(page.locator(panel).first).to_have_attribute("data-step", str(step))


@pytest.mark.parametrize(("path", "recipe", "show"), SECTIONS, ids=lambda part: getattr(part, "dataset", part))
def test_scrubbing_is_fluent(page: Page, lab: Lab, path: str, recipe: Recipe, show: str) -> None:
    slider = opened(page, lab, path, recipe, show)
    expect(page.locator("[data-step]").last).to_be_visible()
    page.wait_for_timeout(500)
    panel = page.locator(".live_chart .watched").first
    expect(panel).to_have_attribute("data-step", re.compile(r"\d"), timeout=30_000)
    found = slider.evaluate(SCRUB, panel.element_handle())
    print(f"{path} {show} {recipe.dataset}: {found['rate']:.1f} frames/s, {found['steps']} steps seen")
    assert found["steps"] > 2  # charts take turns, so that a chart does not see all
    assert found["rate"] > 8  # 30 are asked of a machine that does nothing else


def test_keys_move_time_and_leave_it_alone_where_they_mean_something_else(page: Page, lab: Lab) -> None:
    slider = opened(page, lab, "vae", MAP)
    at(page, FRAMES[-1])
    cursor = page.locator(".live_chart .cursor")
    expect(cursor).to_be_hidden()
    page.locator("h3").first.click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    at(page, FRAMES[-3])
    expect(cursor).to_be_visible()
    page.keyboard.press("ArrowRight")
    at(page, FRAMES[-2])
    slider.focus()
    slider.press("Home")
    at(page, 0)
    page.get_by_role("slider", name="beta").press("ArrowRight")  # a knob's own key
    page.wait_for_timeout(300)
    at(page, 0)
    page.locator("h3").first.click()
    page.keyboard.press("Space")
    expect(slider).to_have_value(re.compile(r"[2-9]|\d\d"))
    page.keyboard.press("Space")
    held = slider.input_value()
    page.wait_for_timeout(400)
    assert slider.input_value() == held


def test_the_replays_speed(page: Page, lab: Lab) -> None:
    slider = opened(page, lab, "vae", MAP)
    seconds = {}
    for speed in ("×4", "×1"):
        page.get_by_label("Speed of replay").select_option(speed)
        slider.focus()
        slider.press("Home")
        page.get_by_role("button", name="Play the recording").click()
        start = time.monotonic()
        expect(slider).to_have_value(str(len(FRAMES) - 1), timeout=30_000)
        seconds[speed] = time.monotonic() - start
    assert seconds["×1"] > (len(FRAMES) - 3) / 12
    assert seconds["×4"] < seconds["×1"]


def test_the_cursor_stands_at_the_step_in_view(page: Page, lab: Lab) -> None:
    slider = opened(page, lab, "vae", MAP)
    at(page, FRAMES[-1])
    middle = next(place for place, step in enumerate(FRAMES) if step >= 2000)
    slider.focus()
    slider.press("Home")
    for _press in range(middle):
        slider.press("ArrowRight")
    at(page, FRAMES[middle])
    share = page.locator(".live_chart").first.evaluate(
        """chart => {
          const box = (part) => chart.querySelector(part).getBoundingClientRect();
          const [line, plot] = [box(".cursor"), box(".nsewdrag")];
          return (line.left - plot.left) / plot.width;
        }"""
    )
    assert abs(share - FRAMES[middle] / MAP.training.steps) < 0.02
