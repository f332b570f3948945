"""The linear page in a real browser: its pictures and curves, with the run's own numbers."""

import re

import pytest
from playwright.sync_api import Page, expect

from repz_core import recipes
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_lab import colours, state

pytestmark = pytest.mark.e2e
FIRST = Run(SHIPPED / run_id(recipes.preset("linear_ae", "MNIST in 16 numbers")))
TRACES = """() => [...document.querySelectorAll("*")].map((n) => n.shadowRoot ?? n)
    .flatMap((n) => [...(n.querySelectorAll?.(".js-plotly-plot") ?? [])])
    .flatMap((plot) => plot.data.map(({ name, x, y }) => ({ name, x: [...x], y: [...y] })))"""


def test_it_shows_reconstructions_beside_pca_and_the_way_to_the_optimum(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/linear")
    state(page, "done")
    expect(page.locator(".samples canvas")).to_have_attribute("data-step", str(FIRST.recipe.training.steps))
    assert colours(page, ".samples canvas") > 20
    expect(page.locator(".live_chart .watched").first).to_have_attribute("data-points", str(len(FIRST.events())))
    found = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    rows = [row for row in FIRST.events() if "val_excess" in row]
    assert found["excess"]["x"] == [row["step"] for row in rows]
    assert found["excess"]["y"] == pytest.approx([row["val_excess"] for row in rows])
    assert found["subspace, largest"]["y"][-1] == pytest.approx(rows[-1]["val_principal_angle"])


def test_weights_spectrum_and_size(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/linear?run={FIRST.id}&show=weights")
    expect(page.locator(".samples canvas")).to_have_count(3)
    for i in range(3):
        expect(page.locator(".samples canvas").nth(i)).to_have_attribute("data-step", re.compile(r"^\d+$"))
    page.goto(f"{lab.url}/linear?run={FIRST.id}&show=spectrum")
    expect(page.locator(".live_chart .watched").first).to_have_attribute("data-step", str(FIRST.recipe.training.steps))
    found = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    last = FIRST.snapshot(FIRST.frames()[-1]).arrays
    assert found["held by the code"]["y"] == pytest.approx(last["captured"].tolist(), rel=1e-5)
    page.goto(f"{lab.url}/linear?run={FIRST.id}&show=size")
    angle = f"{FIRST.status.metrics['principal_angle']:.2g}"
    expect(page.locator(".family .metrics")).to_contain_text(f"loss over floor 1.0 · principal angle {angle}")
