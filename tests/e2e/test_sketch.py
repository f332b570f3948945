"""A digit drawn by hand: centred as MNIST's, its posterior that of torch, its copies by every model."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from pages.parts.assets import VERSION
from pages.parts.pad import OTHERS
from repz_core import recipes
from repz_core.methods.vae import VAE
from repz_core.run import SHIPPED, Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_pad import PAGES, drag, picture

pytestmark = pytest.mark.e2e
MAP = recipes.preset("vae", "2-D map of MNIST")
DRAWN = {
    "linear_ae": "MNIST in 16 numbers",
    "sparse_ae": "16 of 256 units, always",
    "sparse_coding": "Strokes of digits",
}
CENTRED = """async ({ assets, box: [left, top, right, bottom], side, inner }) => {
  const { centred } = await import(`${assets}/sketch/ink.js`);
  const ink = new Uint8Array(280 * 280);
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) ink[280 * y + x] = 255;
  const image = centred(ink, 280, side, inner);
  return image && [...image];
}"""
AS_MODELS_GET_IT = """async (paper, assets) => {
  const { centred } = await import(`${assets}/sketch/ink.js`);
  const { data } = paper.getContext("2d").getImageData(0, 0, 280, 280);
  return [...centred(Uint8Array.from({ length: 280 * 280 }, (_, i) => data[4 * i + 3]), 280, 28, 20)];
}"""


@pytest.mark.parametrize(
    ("box", "side", "inner", "rows", "columns"),
    [
        ((10, 20, 60, 120), 28, 20, (4, 24), (9, 19)),  # its longer side takes 20 pixels of 28, its middle the middle
        ((100, 0, 280, 90), 28, 20, (9, 19), (4, 24)),
        ((200, 200, 204, 208), 8, 8, (0, 8), (2, 6)),  # all of 8, however small it was drawn
    ],
)
def test_a_drawing_is_centred_as_the_data_sets_are(
    page: Page, lab: Lab, box: Any, side: int, inner: int, rows: Any, columns: Any
) -> None:
    page.goto(lab.bare)
    ask = {"assets": f"/repz/assets/{VERSION}", "box": box, "side": side, "inner": inner}
    expected = np.zeros((side, side))
    expected[slice(*rows), slice(*columns)] = 1
    np.testing.assert_allclose(np.reshape(page.evaluate(CENTRED, ask), (side, side)), expected, atol=0.25)
    assert page.evaluate(CENTRED, ask | {"box": [5, 5, 5, 5]}) is None


def opened(page: Page, lab: Lab, recipe: Any) -> Locator:
    """The sheet beside a shipped run, ready, with all models there."""
    page.goto(f"{lab.url}/{PAGES[recipe.method]}?run={run_id(recipe)}&show=draw")
    root = page.locator(".sketch")
    others = {
        run_id(found) for found in (recipes.preset(*other) for other in OTHERS) if found.dataset == recipe.dataset
    }
    expect(root).to_have_attribute("data-models", str(len(others | {run_id(recipe)})), timeout=30_000)
    return root


def test_a_drawn_seven_has_the_posterior_that_torch_says(page: Page, lab: Lab) -> None:
    root = opened(page, lab, MAP)
    paper, blank = root.locator(".paper"), picture(root, ".copies")
    expect(root).to_have_attribute("data-drawn", "false")
    drag(page, paper, (0.25, 0.2), (0.75, 0.2))
    drag(page, paper, (0.75, 0.2), (0.45, 0.85))
    expect(root).to_have_attribute("data-drawn", "true")
    expect(root).to_have_attribute("data-mean", re.compile(r"\d"))
    assert picture(root, ".copies") != blank
    image = torch.tensor(paper.evaluate(AS_MODELS_GET_IT, f"/repz/assets/{VERSION}")).unsqueeze(0)
    assert 20 < image.sum() < 300
    model = Run(SHIPPED / run_id(MAP)).model()
    assert isinstance(model, VAE)
    with torch.no_grad():
        mu, logvar = model.posterior(model.prepare(image))
    mean = [float(value) for value in str(root.get_attribute("data-mean")).split()]
    np.testing.assert_allclose(mean, mu[0], atol=2e-4)  # as told, to four digits
    sigma = ", ".join(f"{value:.2f}" for value in (logvar[0] / 2).exp().tolist())
    expect(root.get_by_text(f"σ = ({sigma})")).to_be_visible()
    root.get_by_role("button", name="Clear").click()
    expect(root).to_have_attribute("data-drawn", "false")
    assert picture(root, ".copies") == blank


@pytest.mark.parametrize("family", DRAWN)
def test_every_family_draws_by_keys_too(page: Page, lab: Lab, family: str) -> None:
    root = opened(page, lab, recipes.preset(family, DRAWN[family]))
    blank = picture(root, ".copies")
    root.locator(".paper").focus()
    page.keyboard.press("Space")
    for _press in range(12):
        page.keyboard.press("ArrowDown")
    expect(root).to_have_attribute("data-drawn", "true")
    assert picture(root, ".copies") != blank
    expect(root.get_by_text(re.compile(r"code: \("))).to_be_visible()


def test_there_is_no_sheet_where_nobody_can_draw_the_data(page: Page, lab: Lab) -> None:
    patches = recipes.preset("sparse_coding", "Edges from photographs")
    page.goto(f"{lab.url}/sparse?run={run_id(patches)}&show=draw")
    expect(page.locator(".samples canvas").first).to_be_visible()
    expect(page.get_by_text("Drag", exact=True).first).to_be_visible()
    expect(page.get_by_text("Draw", exact=True)).to_have_count(0)
    expect(page.locator(".sketch")).to_have_count(0)
