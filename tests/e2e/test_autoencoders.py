"""Atoms, an image built from them, what lies between two codes, a matrix in the code, and the line through a cloud."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from repz_core import recipes
from repz_core.run import Run
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
CODING: dict[str, Any] = {"model.units": 40, "training.steps": 60, "training.num_frames": 4}
TOPK: dict[str, Any] = CODING | {"model.variant": "topk", "model.active": 3}
LINEAR: dict[str, Any] = {"model.k": 5, "model.weights": "untied", "training.steps": 300, "training.num_frames": 4}


def ready(page: Page, lab: Lab, asked: tuple[str, str, dict[str, Any]], at: str, canvas: str) -> tuple[Run, Locator]:
    """A small run that is done, and the canvas that shows its last weights at the place `at` of its page."""
    method, dataset, changes = asked
    run = lab.store.submit(recipes.default(method, dataset).replace(**changes))
    path, show = at.split("?")
    page.goto(f"{lab.url}/{path}?run={run.id}&show={show}")
    found = page.locator(canvas)
    expect(found).to_have_attribute("data-step", str(run.recipe.training.steps), timeout=60_000)
    return run, found


def numbers(canvas: Locator, name: str) -> list[float]:
    """The numbers that a canvas tells of itself."""
    return [float(word) for word in (canvas.get_attribute(f"data-{name}") or "").split()]


def image(run: Run, place: int) -> torch.Tensor:
    """A test image as the browser has it, (1, n)."""
    return torch.from_numpy(run.snapshot(0).arrays["inputs"][place].reshape(1, -1) / np.float32(255))


@pytest.mark.parametrize(
    "asked", [("sparse_coding", "digits", CODING), ("sparse_ae", "digits", TOPK)], ids=lambda a: a[0]
)
def test_atoms_stand_in_the_order_of_their_use(page: Page, lab: Lab, asked: Any) -> None:
    run, sheet = ready(page, lab, asked, "sparse?atoms", ".atoms .sheet")
    density = run.snapshot(run.frames()[-1]).arrays["density"]
    order = np.argsort(-density, kind="stable")
    expect(sheet).to_have_attribute("data-order", " ".join(map(str, order[:8])))  # the frame may come after the weights
    expect(sheet).to_have_attribute("data-dead", str((density == 0).sum()))
    card = page.locator(".atoms .card")
    expect(card).to_have_attribute("aria-label", re.compile(rf"unit {order[0] + 1}, number 1 by use"))
    expect(card).to_have_attribute("aria-label", re.compile(f"active on {100 * density[order[0]]:.1f} %"))
    sheet.focus()
    page.keyboard.press("ArrowRight")
    expect(sheet).to_have_attribute("data-chosen", str(order[1]))
    sheet.click(position={"x": 8, "y": 8})
    expect(sheet).to_have_attribute("data-chosen", str(order[0]))
    page.locator(".run_bar input[type=range]").fill("0")
    expect(sheet).to_have_attribute("data-step", "0")
    first = run.snapshot(0).arrays["density"]
    assert numbers(sheet, "order") == np.argsort(-first, kind="stable")[:8].tolist()


def test_an_image_is_built_from_the_atoms_of_its_code(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, ("sparse_coding", "digits", CODING), "sparse?build", ".build canvas")
    x = image(run, 0)
    model: Any = run.model()
    with torch.no_grad():
        codes = model.encode(x)
        left = (model.decode(codes) - x).square().sum().item()
    active = int((codes != 0).sum())
    assert numbers(canvas, "all") == [active]
    assert numbers(canvas, "errors")[0] == pytest.approx(left, rel=1e-3)
    before = numbers(canvas, "error")[0]
    page.get_by_role("button", name="add the next atom").click()
    expect(canvas).to_have_attribute("data-count", "5")
    assert numbers(canvas, "error")[0] < before
    page.get_by_label("atoms in the sum").fill("0")
    expect(canvas).to_have_attribute("data-count", "0")
    assert numbers(canvas, "error")[0] == pytest.approx(x.square().sum().item(), rel=1e-4)
    page.get_by_label("atoms in the sum").fill(str(active))
    expect(canvas).to_have_attribute("data-error", canvas.get_attribute("data-errors") or "")
    page.locator(".build").get_by_role("option").nth(6).click()
    expect(canvas).to_have_attribute("data-chosen", "6")


@pytest.mark.parametrize(
    ("asked", "path"), [(("sparse_ae", "digits", TOPK), "sparse"), (("linear_ae", "digits", LINEAR), "linear")]
)
def test_what_lies_between_two_codes_says_nothing_of_a_prior(page: Page, lab: Lab, asked: Any, path: str) -> None:
    _run, canvas = ready(page, lab, asked, f"{path}?between", ".interpolation canvas")
    expect(canvas).to_have_attribute("data-ends", "2 7")
    expect(page.locator(".interpolation .where")).to_contain_text("weights of step")
    expect(page.locator(".interpolation .where")).not_to_contain_text("prior")


def test_a_matrix_in_the_code_moves_weights_and_codes_and_no_loss(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, ("linear_ae", "digits", LINEAR), "linear?freedom", ".mixing canvas")
    model: Any = run.model()
    x = torch.cat([image(run, i) for i in range(40)])
    with torch.no_grad():
        errors = (model.decode(model.encode(x)) - x).square().sum(1)
        weights = model.decoder.square().sum() + model.encoder.square().sum()
    before, codes = numbers(canvas, "before"), numbers(canvas, "code")
    assert before == pytest.approx([errors[3].item(), errors.mean().item(), weights.item()], rel=1e-4)
    assert numbers(canvas, "after") == before
    for name, place in [("rotate pairs", "50"), ("stretch", "0.3"), ("shear", "-0.8"), ("turn all", "1.2")]:
        page.locator(".mixing").get_by_label(name).fill(place)
    expect(canvas).not_to_have_attribute("data-after", canvas.get_attribute("data-before") or "")
    after = numbers(canvas, "after")
    assert after[:2] == before[:2]  # six digits
    assert after[2] > 1.01 * before[2]
    assert np.abs(np.subtract(numbers(canvas, "code"), codes)).max() > 0.1
    page.get_by_role("button", name="A = I").click()
    expect(canvas).to_have_attribute("data-after", canvas.get_attribute("data-before") or "")


def test_no_matrix_of_the_sliders_is_near_one_that_cannot_be_undone(page: Page, lab: Lab) -> None:
    from pages.parts.assets import VERSION

    page.goto(lab.bare)
    for size in (1, 2, 5, 8):
        for stretch, shear, turn in [(10**-0.4, 1.0, 2.0), (10**0.4, -1.0, 0.0), (1.0, 0.3, 0.7)]:
            knobs = {"angle": 0.6, "stretch": stretch, "shear": shear, "turn": turn}
            found = page.evaluate(
                """async ({ assets, size, knobs }) => {
                  const { extremes, inverse, mixer } = await import(`${assets}/mixing/matrices.js`);
                  const a = mixer(size, knobs);
                  return { a: [...a], back: [...inverse(a, size)], extremes: extremes(size, knobs) };
                }""",
                {"assets": f"/repz/assets/{VERSION}", "size": size, "knobs": knobs},
            )
            a, back = (np.array(found[name]).reshape(size, size) for name in ("a", "back"))
            values = np.linalg.svd(a, compute_uv=False)
            assert values.min() >= 0.2
            np.testing.assert_allclose(found["extremes"], [values.min(), values.max()], rtol=1e-9)
            np.testing.assert_allclose(a @ back, np.eye(size), atol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"model.hidden": 16}], ids=["line", "curve"])
def test_points_fall_on_what_is_learned(page: Page, lab: Lab, changes: dict[str, Any]) -> None:
    asked = ("linear_ae", "arc", {"training.steps": 400, "training.num_frames": 6} | changes)
    run, canvas = ready(page, lab, asked, "linear?line", ".cloud canvas")
    arrays = run.snapshot(0).arrays | run.snapshot(run.frames()[-1]).arrays
    real, landed = (arrays[name].astype(np.float64) for name in ("real", "projections"))
    mine, pca = numbers(canvas, "losses")
    assert mine == pytest.approx(np.square(real - landed).sum(1).mean(), rel=1e-4)
    (ax, ay), (bx, by) = arrays["pca_line"].astype(np.float64)
    across = ((real - [ax, ay]) @ [by - ay, ax - bx]) / np.hypot(bx - ax, by - ay)
    assert pca == pytest.approx(np.square(across).mean(), rel=1e-4)
    assert mine < 0.5 * pca if changes else mine == pytest.approx(pca, rel=0.1)
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.locator(".run_bar input[type=range]").fill("0")
    expect(canvas).to_have_attribute("data-step", "0")
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
