"""The sparse page in a real browser: histograms with the run's own numbers, and a click on the front."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_lab import colours, state
from tests.e2e.test_linear import TRACES

pytestmark = pytest.mark.e2e
FIRST = Run(SHIPPED / run_id(recipes.preset("sparse_ae", "18 of 256 units on average")))
EDGES = Run(SHIPPED / run_id(recipes.preset("sparse_coding", "Edges from photographs")))


def test_atoms_are_sorted_by_use_and_follow_the_scrubber(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/sparse?run={EDGES.id}")
    state(page, "done")
    sheet = page.locator(".samples canvas").first
    expect(sheet).to_have_attribute("data-step", str(EDGES.recipe.training.steps))
    assert colours(page, ".samples canvas") > 20
    page.get_by_role("slider", name="Time").press("Home")
    expect(sheet).to_have_attribute("data-step", "0")


def test_histograms_are_of_the_codes_in_view(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/sparse?run={FIRST.id}&show=codes")
    state(page, "done")
    expect(page.locator(".live_chart .watched")).to_have_count(3)
    for i in range(3):
        expect(page.locator(".live_chart .watched").nth(i)).to_have_attribute(
            "data-step", str(FIRST.recipe.training.steps)
        )
    arrays = FIRST.snapshot(FIRST.frames()[-1]).arrays
    codes, density = arrays["codes"], arrays["density"]
    page.wait_for_function(f"() => ({TRACES})().some((trace) => trace.name === 'exactly 0' && trace.y.length)")
    found = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    zeros = (codes == 0).mean()
    assert found["exactly 0"]["y"] == pytest.approx([zeros])
    assert sum(found["not 0"]["y"]) == pytest.approx(1 - zeros)
    assert found["in use"]["y"] == pytest.approx(sorted(density.tolist(), reverse=True), rel=1e-6)
    counts = (codes != 0).sum(1)
    active = found[""]
    assert sum(active["y"]) == pytest.approx(1)
    step = active["x"][1] - active["x"][0]
    assert np.dot(active["x"], active["y"]) == pytest.approx(counts.mean(), abs=step)
    expect(page.locator(".numbers")).to_contain_text(f"{FIRST.status.metrics['dead']:.0f} of 256 units are dead")


def test_a_click_on_the_front_opens_that_run(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/sparse?run={FIRST.id}&show=front")
    state(page, "done")
    other = Run(SHIPPED / run_id(recipes.preset("sparse_ae", "16 of 256 units, always")))
    find = """(id) => [...document.querySelectorAll("*")].map((n) => n.shadowRoot ?? n)
        .flatMap((n) => [...(n.querySelectorAll?.(".js-plotly-plot") ?? [])])
        .some((plot) => plot.data.some(({ customdata }) => {
          const point = (customdata ?? []).indexOf(id);
          if (point >= 0) plot.emit("plotly_click", { points: [{ customdata: id }] });
          return point >= 0;
        }))"""
    page.wait_for_function(find, arg=other.id)
    expect(page).to_have_url(re.compile(other.id))


def test_three_families_side_by_side_tell_their_errors(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/sparse?run={FIRST.id}&show=same")
    state(page, "done")
    expect(page.locator(".copies canvas")).to_have_count(3)
    for i in range(3):
        expect(page.locator(".copies div").nth(i)).to_have_text(re.compile(r"squared error an image: \d+\.\d"))
