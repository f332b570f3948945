"""A figure filled in Python, for a notebook, holds the numbers that the browser shows of the same run."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from repz_core import recipes
from repz_core.figures import sparse
from repz_core.figures.dimensions import dimensions
from repz_core.figures.filled import filled
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
# What plotly was given for each chart on the page, typed arrays as lists.
GIVEN = """() => [...document.querySelectorAll(".watched")].map((chart) => (chart.data ?? []).map(
  ({ x, y, meta }) => ({ x: [...(x ?? [])], y: [...(y ?? [])], meta })))"""
SIXTEEN = recipes.preset("vae", "16 dimensions")
UNITS = recipes.preset("sparse_ae", "18 of 256 units on average")


@pytest.mark.parametrize(
    ("path", "recipe", "show", "figures"),
    [
        ("vae", SIXTEEN, "dimensions", (dimensions,)),
        ("sparse", UNITS, "codes", (sparse.values, sparse.active, sparse.use)),
    ],
    ids=("dimensions", "codes"),
)
def test_both_hold_the_same_numbers(page: Page, lab: Lab, path, recipe, show, figures) -> None:
    run = Run(SHIPPED / run_id(recipe))
    page.goto(f"{lab.url}/{path}?run={run.id}&show={show}")
    expect(page.locator(".run_bar")).to_have_attribute("data-loaded", str(len(run.frames())), timeout=60_000)
    for make in figures:
        own = filled(make(), run).data
        meta = own[0].meta
        page.wait_for_function(
            f"meta => ({GIVEN})().some((traces) => JSON.stringify(traces[0]?.meta) === JSON.stringify(meta)"
            " && traces[0].y.length)",
            arg=meta,
            timeout=60_000,
        )
        [shown] = [traces for traces in page.evaluate(GIVEN) if traces and traces[0]["meta"] == meta]
        assert len(shown) == len(own)
        for theirs, ours in zip(shown, own, strict=True):
            np.testing.assert_allclose(np.float64(theirs["x"]), np.float64(list(ours.x)), rtol=1e-6, atol=1e-9)
            np.testing.assert_allclose(np.float64(theirs["y"]), np.float64(list(ours.y)), rtol=1e-6, atol=1e-9)
