"""Sparse codes in the browser are those of the core, and the panels about penalties and laws."""

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from pages.parts.assets import VERSION
from repz_core import recipes
from repz_core.objectives import laplace_nll, lasso
from repz_core.run import Run
from repz_core.solvers import sparse_encode
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e

SOLVE = """async ({ assets, units, size, dictionary, x, l1 }) => {
  const { descend, encode, lipschitz, objective } = await import(`${assets}/shared/lasso.js`);
  const atoms = { shape: [units, size], data: Float32Array.from(dictionary) }, image = Float32Array.from(x);
  const codes = encode(atoms, image, l1), found = [false, true].map((momentum) => {
    const values = [], steps = descend(atoms, image, l1, momentum);
    for (let i = 0; i < 201; i++) values.push(steps.next().value);
    return values;
  });
  const [ista, fista] = found.map((values) => values.map((value) => value.objective));
  const last = objective(atoms, image, found[1][200].codes, l1).value;
  const least = objective(atoms, image, codes, l1).value;
  return { codes: [...codes], least, ista, fista, last, steepest: lipschitz(atoms) };
}"""


@pytest.fixture
def assets(page: Page, lab: Lab) -> str:
    """Where the page, which is open now, has the modules from."""
    page.goto(lab.bare)
    return f"/repz/assets/{VERSION}"


@pytest.mark.parametrize(
    ("units", "size", "l1", "signed"), [(20, 9, 0.05, True), (100, 64, 0.2, False), (60, 64, 0.01, False)]
)
def test_codes_are_those_of_the_core(page: Page, assets: str, units: int, size: int, l1: float, signed: bool) -> None:
    noise = torch.Generator().manual_seed(0)
    dictionary = torch.randn(units, size, generator=noise)
    if not signed:
        dictionary = dictionary.abs()  # atoms that overlap: badly conditioned
    dictionary /= dictionary.norm(dim=1, keepdim=True)
    x = torch.randn(size, generator=noise)
    given = {"units": units, "size": size, "dictionary": dictionary.flatten().tolist(), "x": x.tolist(), "l1": l1}
    found = page.evaluate(SOLVE, given | {"assets": assets})
    codes, gaps = sparse_encode(x[None], dictionary, l1)
    least = (0.5 * (x - codes[0] @ dictionary.double()).square().sum() + l1 * codes.abs().sum()).item()
    assert gaps.max() < 1e-9
    np.testing.assert_allclose(found["codes"], codes[0], atol=1e-4)
    assert found["least"] == pytest.approx(least, rel=1e-6)
    largest = torch.linalg.eigvalsh(dictionary @ dictionary.T)[-1].item()
    assert largest * (1 - 1e-6) <= found["steepest"] <= largest * 1.05
    ista, fista = np.array(found["ista"]), np.array(found["fista"])
    assert ista[0] == pytest.approx(0.5 * x.square().sum().item(), rel=1e-6)
    assert (np.diff(ista) <= 1e-12).all()  # ISTA never goes up
    assert ista.min() >= least - 1e-9
    assert fista[-1] == pytest.approx(found["last"], rel=1e-6)
    assert fista[-1] - least < (ista[-1] - least) + 1e-9
    bound = 2 * found["steepest"] * codes.square().sum().item() / (np.arange(201) + 1) ** 2
    assert (fista[1:] - least <= bound[1:] + 1e-9).all()  # Beck & Teboulle, theorem 4.4


SMALL = {
    "sparse_coding": {"model.units": 24, "model.l1": 0.2, "training.steps": 30, "training.num_frames": 3},
    "sparse_ae": {"model.units": 48, "model.l1": 0.1, "training.steps": 200, "training.num_frames": 3},
}


def open_section(page: Page, lab: Lab, method: str, show: str, part: str) -> tuple[Run, Locator]:
    """A small run, trained to its end, and the canvas of a part of that section."""
    run = lab.store.submit(recipes.default(method, "digits").replace(**SMALL[method]))
    page.goto(f"{lab.url}/sparse?run={run.id}&show={show}")
    expect(page.locator(".run_bar")).to_have_attribute("data-state", "done", timeout=90_000)
    canvas = page.locator(f".{part} canvas")
    expect(canvas).to_have_attribute("data-shown", re.compile("{"))
    return run, canvas


def shown(canvas: Locator) -> dict[str, Any]:
    """The numbers that a canvas shows."""
    canvas.page.wait_for_timeout(100)  # it draws in the next frame
    return dict(json.loads(str(canvas.get_attribute("data-shown"))))


def problem(run: Run, chosen: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a test image's codes are to make up (1, n), and of which atoms (K, n)."""
    weights = {name: torch.as_tensor(value).double() for name, value in run.weights()[1].items()}
    x = torch.as_tensor(run.snapshot(0).arrays["inputs"])[chosen].flatten().double() / 255
    if run.recipe.method == "sparse_coding":
        return x[None], weights["dictionary"]
    return (x - weights["bias"])[None], weights["decoder"]


def test_a_code_snaps_to_zero_under_l1_and_shrinks_under_l2(page: Page, lab: Lab) -> None:
    _, canvas = open_section(page, lab, "sparse_coding", "shrink", "shrinkage")
    slider = page.locator(".shrinkage input")
    dictionary = torch.tensor([[1, 0], [0.5, 0.75**0.5]], dtype=torch.float64)
    gram = dictionary @ dictionary.T
    for weight in ("0.05", "0.5", "1", "2.2"):
        slider.fill(weight)
        now = shown(canvas)
        optimum = torch.tensor(now["optimum"], dtype=torch.float64)
        codes, _gaps = sparse_encode((optimum @ dictionary)[None], dictionary, float(weight))
        ridge = torch.linalg.solve(gram + float(weight) * torch.eye(2), gram @ optimum)
        assert now["lambda"] == float(weight)
        np.testing.assert_allclose(now["l1"], codes[0], atol=1e-6)
        np.testing.assert_allclose(now["l2"], ridge, atol=1e-9)
    slider.fill("1")
    assert shown(canvas)["l1"][1] == 0  # not nearly: exactly
    expect(page.locator(".shrinkage")).to_contain_text("one code is exactly 0")
    canvas.focus()
    page.keyboard.press("ArrowUp")
    assert shown(canvas)["optimum"] == pytest.approx([1.8, 0.7])
    box = canvas.bounding_box()
    assert box
    middle = box["x"] + box["width"] - 0.5 * box["height"], box["y"] + 0.5 * box["height"]
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 60, middle[1] + 10)
    page.mouse.up()
    assert shown(canvas)["optimum"][0] < 0


@pytest.mark.parametrize("method", list(SMALL))
def test_both_ways_come_to_the_minimum_of_the_core(page: Page, lab: Lab, method: str) -> None:
    run, canvas = open_section(page, lab, method, "descent", "descent")
    expect(canvas).to_have_attribute("data-step", str(run.recipe.training.steps))
    start = shown(canvas)
    assert start["at"] == 0
    assert start["ways"][0] == start["ways"][1]
    assert start["ways"][0]["used"] == 0
    page.get_by_role("button", name="one iteration").click()
    assert shown(canvas)["at"] == 1
    page.get_by_role("button", name="play the iterations").click()
    page.wait_for_timeout(500)
    page.get_by_role("button", name="pause the iterations").click()
    assert 2 < shown(canvas)["at"] < 30
    page.locator(".descent").get_by_role("option").nth(5).click()
    page.locator(".descent .steps input").fill("200")
    for exponent, weight in (("-1", 0.1), ("0", 1.0)):
        page.locator(".descent .weight input").fill(exponent)
        now = shown(canvas)
        x, dictionary = problem(run, 5)
        least = lasso(x, dictionary, sparse_encode(x, dictionary, weight)[0], weight).item()
        assert (now["at"], now["chosen"], now["l1"]) == (200, 5, weight)
        assert now["least"] == pytest.approx(least, rel=1e-5)
        ista, fista = (way["value"] for way in now["ways"])
        assert -1e-6 < fista < max(ista, 1e-6)
        assert fista < 1e-2 * start["ways"][0]["value"]
    page.get_by_role("button", name="back to the start").click()
    assert shown(canvas)["at"] == 0


@pytest.mark.parametrize("method", list(SMALL))
def test_what_codes_cost_under_the_law_is_what_the_core_says(page: Page, lab: Lab, method: str) -> None:
    run, canvas = open_section(page, lab, method, "law", "law")
    steps = run.recipe.training.steps
    expect(canvas).to_have_attribute("data-step", str(steps))
    codes = torch.as_tensor(run.snapshot(steps).arrays["codes"]).double()
    counted = codes.abs() if method == "sparse_coding" else codes[codes > 0]
    fitted = shown(canvas)
    assert fitted["zeros"] == pytest.approx((codes == 0).double().mean().item())
    assert fitted["rate"] == fitted["fit"] == pytest.approx(1 / counted.mean().item(), rel=1e-6)
    page.locator(".law .rate input").fill("1")
    chosen = shown(canvas)
    assert chosen["rate"] == 10
    expect(page.locator(".law").get_by_role("button", name="fit")).to_have_attribute("aria-pressed", "false")
    for now in (fitted, chosen):
        nll = laplace_nll(codes, now["rate"]).mean().item()
        np.testing.assert_allclose(now["summed"][2], nll, rtol=1e-6)
        np.testing.assert_allclose(now["each"][2] * codes.shape[1], nll, rtol=1e-6)
        np.testing.assert_allclose(now["summed"][0], now["rate"] * codes.abs().sum(1).mean().item(), rtol=1e-6)
    if method == "sparse_ae":
        tail = 10 * counted.mean().item() - np.log(10)
        assert chosen["tail"][2] == pytest.approx(tail, rel=1e-6)
    page.locator(".law").get_by_role("button", name="fit").click()
    assert shown(canvas) == fitted


@pytest.mark.parametrize("method", list(SMALL))
def test_noise_times_prior_is_the_weight_of_the_exact_codes(page: Page, lab: Lab, method: str) -> None:
    run, canvas = open_section(page, lab, method, "law", "noise")
    expect(canvas).to_have_attribute("data-step", str(run.recipe.training.steps))
    assert shown(canvas)["weight"] == pytest.approx(run.recipe.model.l1)  # type: ignore[attr-defined]
    page.locator(".noise").get_by_role("option").nth(4).click()
    variance, prior = page.locator(".noise .variance input"), page.locator(".noise .prior input")
    variance.fill("-1")
    prior.fill("0")
    one = shown(canvas)
    variance.fill("0")
    prior.fill("-1")
    other = shown(canvas)
    x, dictionary = problem(run, 4)
    codes = sparse_encode(x, dictionary, 0.1)[0]
    assert one["weight"] == other["weight"] == pytest.approx(0.1)
    assert one["error"] == pytest.approx(lasso(x, dictionary, codes, 0).item(), rel=1e-3)
    assert one["penalty"] == pytest.approx(0.1 * codes.abs().sum().item(), rel=1e-3)
    assert one["used"] == int((codes != 0).sum())
    assert {**one, "weight": 0} == {**other, "weight": 0}
    prior.fill("2")
    assert shown(canvas)["used"] < one["used"]
