"""The SimCLR page in a real browser, on a small run that its worker trains and maps: what is shown is the run's."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch.nn import functional as F

from repz_core import recipes
from repz_core.run import Run
from repz_core.runs import run_id
from tests.e2e.conftest import Lab
from tests.e2e.test_linear import TRACES

pytestmark = pytest.mark.e2e
SMALL: dict[str, Any] = {
    "model.width": 4, "model.h": 16, "model.size": 2, "training.steps": 60, "training.batch_size": 64,
    "training.decay": 60, "training.num_frames": 5, "threads": 1,
}  # fmt: skip


def ready(page: Page, lab: Lab, section: str, part: str) -> tuple[Run, Locator]:
    """The run, done, and the canvas of a part that shows its end."""
    run = lab.store.submit(recipes.default("simclr", "digits").replace(**SMALL))
    page.goto(f"{lab.url}/simclr?run={run.id}&show={section}")
    expect(page.locator(".run_bar")).to_have_attribute("data-state", "done", timeout=240_000)
    canvas = page.locator(f".{part} canvas").first
    expect(canvas).to_have_attribute("data-step", "60")
    return run, canvas


def test_maps_are_those_that_the_worker_laid_out(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, "map", "embedding")
    last = run.snapshot(run.frames()[-1]).arrays
    expect(canvas).to_have_attribute("data-map", "h umap")
    expect(canvas).to_have_attribute("data-points", str(len(last["maps_h"][0])))
    trust, keep = last["map_quality"][0, -1, 0]
    words = page.locator(".embedding .quality").first
    expect(words).to_contain_text(f"trustworthiness {trust:.3f}, continuity {keep:.3f}")
    reseed = page.get_by_role("button", name="reseed")
    for seed in ("1", "2", "3", "1"):
        reseed.click()
        expect(canvas).to_have_attribute("data-seed", seed)
        trust, keep = last["seeded_quality"][int(seed) - 1]
        expect(words).to_contain_text(f"trustworthiness {trust:.3f}, continuity {keep:.3f}")
    page.get_by_role("button", name="all", exact=True).click()
    expect(canvas).to_have_attribute("data-points", str(len(last["map_h"])))
    page.get_by_role("button", name="h over steps").click()
    canvas.hover()
    box = canvas.bounding_box()
    assert box
    for i in range(20):  # somewhere on the way across there is a point
        page.mouse.move(box["x"] + box["width"] * (i + 0.5) / 20, box["y"] + box["height"] / 2)
        page.wait_for_timeout(50)
        if canvas.get_attribute("data-pointed"):
            break
    place = canvas.get_attribute("data-pointed")
    assert place
    expect(page.locator(".embedding canvas").nth(2)).to_have_attribute("data-pointed", place)


def test_maps_are_coloured_by_a_factor_all_at_once(page: Page, lab: Lab) -> None:
    run = run_id(recipes.preset("simclr", "Sprites with colour jitter"))
    page.goto(f"{lab.url}/simclr?run={run}&show=map")
    maps = page.locator(".embedding canvas")
    expect(maps.nth(1)).to_have_attribute("data-map", "z umap")
    before = [maps.nth(i).evaluate("(canvas) => canvas.toDataURL()") for i in range(2)]
    page.locator(".embedding select").first.select_option("colour: hue")
    for i in range(2):
        expect(maps.nth(i)).to_have_attribute("data-factor", "hue")
        assert maps.nth(i).evaluate("(canvas) => canvas.toDataURL()") != before[i]
    page.get_by_role("button", name="all", exact=True).click()  # of training images too, whose factors are not told
    expect(maps.first).to_have_attribute("data-factor", "")
    expect(page.locator(".embedding select").first).to_be_disabled()


def test_the_softmax_of_a_row_is_that_of_the_recorded_similarities(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, "loss", "similarity")
    cosines = run.snapshot(60).arrays["similarities"].astype(np.float64)

    def expected(row: int, temperature: float) -> float:
        logits = np.delete(cosines[row], row) / temperature
        return float(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - cosines[row, row ^ 1] / temperature)

    assert float(canvas.get_attribute("data-loss") or 0) == pytest.approx(expected(0, 0.3), abs=1e-4)
    canvas.focus()
    page.keyboard.press("ArrowDown")
    expect(canvas).to_have_attribute("data-row", "1")
    slider = page.locator(".similarity input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(canvas).not_to_have_attribute("data-temperature", "0.3")
    temperature = float(canvas.get_attribute("data-temperature") or 0)
    assert float(canvas.get_attribute("data-loss") or 0) == pytest.approx(expected(1, temperature), abs=1e-4)
    rows = [row for row in run.events() if "loss" in row]
    whole = f"(count) => ({TRACES})().some((trace) => trace.name === 'NT-Xent' && trace.y.length === count)"
    page.wait_for_function(whole, arg=len(rows))
    traces = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    assert traces["chance"]["y"] == pytest.approx([np.log(2 * 64 - 1)] * 2)
    assert traces["NT-Xent"]["y"] == pytest.approx([row["loss"] for row in rows])


def test_the_drawing_and_the_bench_run_the_newest_nets(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, "views", "branches")
    expect(canvas).to_have_attribute("data-crossed", "true")
    cosine = canvas.get_attribute("data-cosine")
    page.get_by_role("button", name="draw new views").click()
    expect(canvas).to_have_attribute("data-seed", "2")
    assert canvas.get_attribute("data-cosine") != cosine
    run, canvas = ready(page, lab, "bench", "bench")
    assert min(float(value) for value in (canvas.get_attribute("data-alike") or "").split()) < 0.99999
    for name in ("affine", "elastic"):
        page.locator(".bench").get_by_role("checkbox", name=name).uncheck()
    expect(canvas).to_have_attribute("data-by", re.compile(r'"affine":0,.*"elastic":0,'))
    alike = [float(value) for value in (canvas.get_attribute("data-alike") or "").split()]
    assert alike == pytest.approx([1.0] * 10, abs=1e-5)  # without changes both views are the image
    model: Any = run.model()
    shades = run.snapshot(run.frames()[0]).arrays["inputs"][:10].reshape(10, -1)
    with torch.no_grad():
        z = F.normalize(model.project(model.encode(torch.from_numpy(shades / np.float32(255)))))
        others = (z @ z.T)[~torch.eye(10, dtype=torch.bool)].mean()
    assert float(canvas.get_attribute("data-others") or 0) == pytest.approx(float(others), abs=1e-4)


def test_what_is_learned_and_z_on_the_circle(page: Page, lab: Lab) -> None:
    run, _canvas = ready(page, lab, "spread", "sphere")
    last = run.snapshot(60).arrays
    expect(page.locator(".live_chart .watched").first).to_have_attribute("data-points", re.compile(r"^[1-9]\d*$"))
    page.wait_for_function(f"() => ({TRACES})().some((trace) => trace.name === 'z' && trace.y.length)")
    traces = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    assert traces["z"]["y"] == pytest.approx(last["singular_values"].tolist(), rel=1e-5)
    page.goto(f"{page.url.split('&')[0]}&show=learned")
    page.wait_for_function(f"() => ({TRACES})().some((trace) => trace.name === 'pixels')")
    traces = {trace["name"]: trace for trace in page.evaluate(TRACES)}
    assert traces["h"]["y"] == pytest.approx(last["probe_accuracy"][0].mean(1).tolist(), abs=1e-6)
