"""The section on reparameterisation: what the browser shows is what torch and NumPy find for the same run."""

import json
import re
import time
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from repz_core import recipes
from repz_core.methods.vae import VAE
from repz_core.run import Run
from repz_core.status import ENDED
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
GRAPHS, GRADIENTS = ".graphs .watched", ".gradients .watched"
HARDER = {
    "model.likelihood": "gaussian",
    "model.prior": "laplace",
    "model.beta": 0.5,
    "model.k": 6,
    "model.net": "conv",
}
SETTINGS = [pytest.param({}, id="bernoulli-normal"), pytest.param(HARDER, id="gaussian-laplace-conv")]


def trained(lab: Lab, **changes: Any) -> Run:
    """A short run, once it is done; the same one for the same changes."""
    short = {"seed": 31, "training.steps": 200, "training.num_frames": 4}
    run = lab.store.submit(recipes.preset("vae", "2-D map of digits").replace(**short | changes))
    end = time.monotonic() + 60
    while run.status.state not in ENDED:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert run.status.state == "done"
    return run


def visit(page: Page, lab: Lab, run: Run) -> None:
    page.goto(f"{lab.url}/vae?run={run.id}&show=gradients")
    for part in (GRAPHS, GRADIENTS):
        expect(page.locator(part)).to_have_attribute("data-shown", re.compile("{"))


def shown(page: Page, part: str) -> Any:
    """What a part shows, in all digits."""
    return json.loads(page.locator(part).get_attribute("data-shown") or "")


def written(place: Locator) -> list[float]:
    """The numbers that stand somewhere."""
    text = place.text_content() or ""
    return [
        float(number.replace("−", "-").replace(",", "")) for number in re.findall(r"−?[\d,]*\d\.?\d*(?:e−?\d+)?", text)
    ]


def autograd(run: Run, image: int, epsilon: list[float]) -> dict[str, Any]:
    """torch's values and gradients of one pass with this epsilon."""
    method = run.model()
    assert isinstance(method, VAE)
    inputs = run.snapshot(run.frames()[0]).arrays["inputs"]
    x = torch.from_numpy(inputs[image].reshape(1, -1)).float() / 255
    mu, logvar = (part.detach() for part in method.posterior(x))
    mu, sigma = mu.requires_grad_(), (0.5 * logvar).exp().requires_grad_()
    z = mu + sigma * torch.tensor([epsilon])
    recon, kl = method.recon(z, x).sum(), method.config.beta * method.kl_each(mu, 2 * sigma.log()).sum()
    (dz,) = torch.autograd.grad(recon, z, retain_graph=True)
    path = torch.autograd.grad(recon, (mu, sigma), retain_graph=True)
    weighed = torch.autograd.grad(kl, (mu, sigma))
    found = {"mu": mu, "sigma": sigma, "z": z, "dz": dz, "recon": recon, "loss": recon + kl}
    both = {"path": path, "weighed": weighed}
    plain = {name: tensor.detach().flatten().numpy() for name, tensor in found.items()}
    return plain | {
        name: {part: tensor.flatten().numpy() for part, tensor in zip(("mu", "sigma"), pair, strict=True)}
        for name, pair in both.items()
    }


def close(given: Any, wanted: Any) -> bool:
    """Whether the browser's numbers are torch's, both in single precision."""
    return np.allclose(given, wanted, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("changes", SETTINGS)
def test_the_graphs_show_what_autograd_finds(page: Page, lab: Lab, changes: dict[str, Any]) -> None:
    run = trained(lab, **changes)
    visit(page, lab, run)
    page.get_by_role("button", name="next test image").click()
    expect(page.get_by_text("test image 2 of 40")).to_be_visible()
    found = shown(page, GRAPHS)
    wanted = autograd(run, 1, found["epsilon"])
    for name in ("mu", "sigma", "z", "dz", "recon", "loss"):
        assert close(found[name], wanted[name]), name
    for name in ("path", "weighed"):
        for part in ("mu", "sigma"):
            assert close(found[name][part], wanted[name][part]), (name, part)

    # What stands there is that, to three digits, and the totals are sums of their parts: of one part where it breaks.
    def agrees(selector: str, values: Any, nth: int = 0) -> None:
        numbers = written(page.locator(selector).nth(nth))
        assert numbers == pytest.approx(list(values[:2]), rel=6e-3, abs=6e-3), selector

    path, weighed = wanted["path"], wanted["weighed"]
    for nth, part in enumerate(("mu", "sigma")):
        agrees(f".outside .path-{part}", path[part])
        agrees(".outside text.number.both", path[part] + weighed[part], nth)
        agrees(".inside text.number.kl", weighed[part], nth)
        agrees(f".inside .kl-{part}", weighed[part])
    for side in (".inside", ".outside"):
        agrees(f"{side} text.number.recon", wanted["dz"])
        agrees(f"{side} .loss", wanted["loss"])


def test_only_the_way_through_the_draw_is_broken(page: Page, lab: Lab) -> None:
    visit(page, lab, trained(lab))
    inside, outside = page.locator(".inside"), page.locator(".outside")
    expect(inside.locator(".arrow.broken")).to_have_count(2)
    expect(inside.locator(".cross")).to_have_count(2)
    expect(inside.locator(".warning")).to_contain_text("no gradient")
    expect(inside.locator(".path-mu, .path-sigma")).to_have_count(0)
    expect(outside.locator(".arrow.broken, .cross, .warning")).to_have_count(0)
    forwards = outside.locator(".arrow.value").count()
    page.get_by_role("checkbox", name="gradients").uncheck()
    expect(page.locator(".graphs .arrow:not(.value), .graphs .cross, .graphs .warning")).to_have_count(0)
    expect(outside.locator(".arrow.value")).to_have_count(forwards)


def test_epsilon_is_drawn_on_request(page: Page, lab: Lab, browser: Browser) -> None:
    run = trained(lab)
    visit(page, lab, run)
    before = shown(page, GRAPHS)
    drawn = page.locator(".epsilon").text_content() or ""
    page.get_by_role("button", name="draw ε again").click()
    expect(page.locator(".epsilon")).not_to_have_text(drawn)
    after = shown(page, GRAPHS)
    assert after["epsilon"] != before["epsilon"]
    assert after["z"] != before["z"]
    assert after["mu"] == before["mu"]
    time.sleep(1.2)
    assert shown(page, GRAPHS) == after  # it is frozen
    page.get_by_role("checkbox", name="twice a second").check()
    seen = set()
    end = time.monotonic() + 10
    while len(seen) < 4 and time.monotonic() < end:
        seen.add(tuple(shown(page, GRAPHS)["epsilon"]))
        time.sleep(0.1)
    assert len(seen) == 4
    still = browser.new_page(reduced_motion="reduce")
    still.goto(page.url)
    expect(still.get_by_role("button", name="draw ε again")).to_be_visible()
    expect(still.get_by_role("checkbox", name="twice a second")).to_be_hidden()
    still.close()


def test_the_histograms_show_what_numpy_finds(page: Page, lab: Lab) -> None:
    run = trained(lab, **HARDER)
    visit(page, lab, run)
    arrays = run.snapshot(run.frames()[-1]).arrays
    draws = {name: arrays[f"gradients_{name}"].astype(float) for name in ("pathwise", "score")}
    variance = {name: found.var(0, ddof=1) for name, found in draws.items()}
    half = len(variance["score"]) // 2
    column = int(np.abs(draws["pathwise"].mean(0)[:half]).argmax())
    dimensions = arrays["gradient_dimensions"] + 1
    for _turn in range(2):
        found = shown(page, GRADIENTS)
        assert found["coordinate"] == column
        kind = "μ" if column < half else "log σ²"
        chosen = page.locator(".gradients select").evaluate("select => select.value")
        assert chosen == f"{kind}, dimension {dimensions[column % half]}"
        for name in ("pathwise", "score"):
            values = draws[name][:, column]
            error = values.std(ddof=1) / len(values) ** 0.5
            exact = [found[name][part] for part in ("mean", "error", "variance")]
            assert exact == pytest.approx([values.mean(), error, variance[name][column]], rel=1e-6)
            mean, uncertainty, spread = [
                number for cell in page.locator(f".gradients .{name} td").all() for number in written(cell)
            ]
            assert uncertainty == pytest.approx(error, rel=0.05)  # in two digits
            assert mean == pytest.approx(values.mean(), abs=0.06 * error)
            assert spread == pytest.approx(variance[name][column], rel=5e-3)  # in three
        here = variance["score"][column] / variance["pathwise"][column]
        whole = variance["score"].sum() / variance["pathwise"].sum()
        assert written(page.locator(".gradients .ratio b")) == pytest.approx([whole], rel=5e-3)
        assert written(page.locator(".gradients .ratio small")) == pytest.approx([2 * half, here], rel=5e-3)
        column = (column + 1) % (2 * half)
        page.get_by_role("button", name="next coordinate").click()
        expect(page.locator(GRADIENTS)).to_have_attribute("data-shown", re.compile(f'"coordinate":{column},'))


def test_before_the_last_snapshot_it_says_what_is_missing(page: Page, lab: Lab) -> None:
    recipe = recipes.preset("vae", "2-D map of digits").replace(**{"seed": 32, "training.steps": 100_000})
    run = lab.store.submit(recipe)
    page.goto(f"{lab.url}/vae?run={run.id}&show=gradients")
    expect(page.locator(GRADIENTS)).to_contain_text("come with the run's last snapshot")
    expect(page.locator(GRAPHS)).to_have_attribute("data-shown", re.compile("{"))  # the graphs need weights alone
    run.steer(desired="stop")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_the_drawing_fits_a_screen_and_its_text_is_large(
    browser: Browser, lab: Lab, scheme: str, width: int, height: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    visit(page, lab, trained(lab, **HARDER))
    for side in (".inside svg", ".outside svg"):
        box = page.locator(side).bounding_box()
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        heights = page.locator(f"{side} text tspan").evaluate_all(
            """spans => spans.map((span) =>
                parseFloat(getComputedStyle(span).fontSize) * span.ownerSVGElement.getScreenCTM().a)"""
        )
        assert min(heights) >= 13.9
    assert page.locator(".gradients .picture").evaluate("svg => parseFloat(getComputedStyle(svg).fontSize)") >= 15
    page.close()
