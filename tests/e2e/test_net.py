"""Nets in the browser give what torch gives, forward and back, and the panels that are decoded there."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from pages.parts.assets import VERSION
from repz_core import latent, recipes
from repz_core.config import Recipe
from repz_core.methods.vae import VAE
from repz_core.recipes.vae import layers
from repz_core.run import SHIPPED, Run
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
FOLDERS = sorted(path for path in SHIPPED.glob("vae-*") if (path / "weights.safetensors").exists())
FRESH = [
    (net, likelihood, shape)
    for shape in [(3, 9, 6), (1, 4, 5), (1, 7, 7)]
    for net, likelihood in [("conv", "gaussian"), ("conv", "bernoulli"), ("mlp", "gaussian"), ("linear", "bernoulli")]
]

ALL = """async ({ assets, weights, tensors, model, x, z, g, h }) => {
  const { net, vae } = await import(`${assets}/shared/net.js`);
  const { parse } = await import(`${assets}/shared/safetensors.js`);
  const fetched = weights ? parse(await (await fetch(weights)).arrayBuffer()) : {};
  for (const tensor of Object.values(tensors)) tensor.data = Float32Array.from(tensor.data);
  const held = { ...fetched, ...tensors };
  const [ex, zed, gee, aitch] = [x, z, g, h].map((values) => Float32Array.from(values));
  const machine = vae(model, held), { mu, logvar } = machine.encode(ex);
  const pull = machine.pull(zed, gee), output = machine.output(zed), decode = machine.decode(zed);
  const vjp = net(model.layers.encoder, held, "encoder").vjp(ex, aitch), twice = machine.output(zed);
  const found = { mu, logvar, output, pull, decode, vjp, twice };
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]));
}"""


@pytest.fixture
def assets(page: Page, lab: Lab) -> str:
    """Where the page, which is open now, has the modules from."""
    page.goto(lab.bare)
    return f"/repz/assets/{VERSION}"


def asked(vae: VAE) -> dict[str, Any]:
    """Inputs for `ALL` and the net they go through."""
    noise = torch.Generator().manual_seed(1)
    x = vae.prepare(torch.rand(vae.num_inputs, generator=noise))
    z, g, h = (torch.randn(n, generator=noise) for n in (vae.config.k, vae.num_inputs, 2 * vae.config.k))
    model = {"layers": layers(vae.config, vae.shape), "likelihood": vae.config.likelihood, "k": vae.config.k}
    return {"model": model} | {name: value.tolist() for name, value in zip("xzgh", (x, z, g, h), strict=True)}


def agree(found: dict[str, list[float]], vae: VAE, ask: dict[str, Any]) -> None:
    """The browser's numbers are torch's."""
    x, z, g, h = (torch.tensor(ask[name]).unsqueeze(0).requires_grad_() for name in "xzgh")
    mu, logvar = vae.posterior(x)
    output, pixels = vae.decoder(z), vae.decode(z).clamp(0, 1)
    (pull,) = torch.autograd.grad((g * output).sum(), z)
    (vjp,) = torch.autograd.grad((h * vae.encoder(x)).sum(), x)
    expected = {"mu": mu, "logvar": logvar, "output": output, "decode": pixels, "pull": pull, "vjp": vjp}
    for name, value in (expected | {"twice": output}).items():
        np.testing.assert_allclose(found[name], value[0].detach(), rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_shipped_nets_are_those_of_torch(page: Page, assets: str, folder: Any) -> None:
    run = Run(folder)
    vae = run.model()
    assert isinstance(vae, VAE)
    ask = asked(vae)
    given = {"assets": assets, "weights": f"/repz/runs/{run.id}/weights", "tensors": {}}
    agree(page.evaluate(ALL, ask | given), vae, ask)


def test_fresh_nets_of_odd_sides_are_those_of_torch(page: Page, assets: str) -> None:
    for net, likelihood, shape in FRESH:
        changes = {"model.net": net, "model.likelihood": likelihood, "model.width": 48, "model.k": 3}
        torch.manual_seed(0)
        vae = VAE(recipes.default("vae", "digits").replace(**changes), shape)
        tensors = {
            name: {"shape": list(value.shape), "data": value.flatten().tolist()}
            for name, value in vae.state_dict().items()
        }
        ask = asked(vae)
        agree(page.evaluate(ALL, ask | {"assets": assets, "weights": None, "tensors": tensors}), vae, ask)


def test_a_decode_takes_less_than_a_frame(page: Page, assets: str) -> None:
    median = page.evaluate(
        """async ({ assets, decoder }) => {
          const { vae } = await import(`${assets}/shared/net.js`);
          const random = (n) => Float32Array.from({ length: n }, () => Math.random() - 0.5), tensors = {};
          decoder.forEach(({ inputs, outputs }, i) => {
            if (!inputs) return;
            tensors[`decoder.${i}.weight`] = { data: random(inputs * outputs) };
            tensors[`decoder.${i}.bias`] = { data: random(outputs) };
          });
          const encoder = [{ kind: "flatten", inputs: 1 }];
          const machine = vae({ layers: { encoder, decoder }, likelihood: "bernoulli", k: 20 }, tensors), times = [];
          for (let i = 0; i < 100; i++) {
            const z = random(20), start = performance.now();
            for (let j = 0; j < 10; j++) machine.decode(z);
            times.push((performance.now() - start) / 10);
          }
          return times.sort((a, b) => a - b)[50];
        }""",
        {"assets": assets, "decoder": layers(recipes.default("vae", "mnist5k").model, (1, 28, 28))["decoder"]},
    )
    assert median < 16


def test_walks_are_those_of_the_core(page: Page, assets: str) -> None:
    noise = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 5, generator=noise)
    for one, other in [(a, b), (a, 2 * a), (a, -a), (a, 0 * a)]:
        found = page.evaluate(
            """async ({ assets, a, b }) => {
              const { lerp, slerp } = await import(`${assets}/shared/walks.js`);
              const [from, to] = [a, b].map((values) => Float32Array.from(values));
              return [lerp, slerp].map((walk) => walk(from, to, 7).map((z) => [...z]));
            }""",
            {"assets": assets, "a": one.tolist(), "b": other.tolist()},
        )
        np.testing.assert_allclose(found[0], latent.lerp(one, other, 7), atol=1e-5)
        np.testing.assert_allclose(found[1], latent.slerp(one, other, 7), atol=1e-5)


def trained(lab: Lab, steps: int = 300) -> Run:
    """A small run that is queued or trains, or is done if a test before asked for it."""
    changes = {"model.k": 12, "model.width": 64, "model.beta": 2.0, "training.steps": steps}
    recipe: Recipe = recipes.default("vae", "digits").replace(**changes)
    return lab.store.submit(recipe)


def picture(canvas: Locator) -> str:
    """All that a canvas shows."""
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def ready(page: Page, lab: Lab, part: str, show: str) -> tuple[Run, Locator]:
    """A run and the canvas of a part that shows its last weights."""
    run = trained(lab)
    page.goto(f"{lab.url}/vae?run={run.id}&show={show}")
    canvas = page.locator(f".{part} canvas")
    expect(canvas).to_have_attribute("data-step", str(run.recipe.training.steps), timeout=60_000)
    return run, canvas


def test_between_two_images_chosen_by_click_and_by_keyboard(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, "interpolation", "between")
    options = page.locator(".interpolation").get_by_role("option")
    expect(options).to_have_count(len(run.snapshot(0).arrays["inputs"]))
    expect(canvas).to_have_attribute("data-ends", "2 7")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"lerp.*\|z\| [\d., ]+.*slerp.*\|z\| [\d., ]+"))
    expect(page.get_by_text("weights of step 300")).to_be_visible()
    before = picture(canvas)
    options.nth(4).click()
    expect(canvas).to_have_attribute("data-ends", "4 7")
    clicked = picture(canvas)
    assert clicked != before
    page.keyboard.press("ArrowRight")
    expect(options.nth(5)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(canvas).to_have_attribute("data-ends", "4 10")
    expect(options.nth(10)).to_have_attribute("aria-selected", "true")
    expect(options.nth(7)).to_have_attribute("aria-selected", "false")
    assert picture(canvas) != clicked
    page.get_by_role("button", name="swap A and B").click()
    expect(canvas).to_have_attribute("data-ends", "10 4")
    page.get_by_role("button", name="choose image B").click()
    options.nth(0).click()
    expect(canvas).to_have_attribute("data-ends", "10 0")


def test_dimensions_in_the_order_of_what_they_cost(page: Page, lab: Lab) -> None:
    run, canvas = ready(page, lab, "traversal", "dimensions")
    kl = run.snapshot(run.frames()[-1]).arrays["kl_each"]
    order = [int(place) + 1 for place in np.argsort(-kl, kind="stable")]
    shown = canvas.get_attribute("data-rows")
    assert shown
    assert [int(place) for place in shown.split()] == order[: len(shown.split())]
    assert 7 <= len(shown.split()) <= 10
    page.locator(".traversal .rows").evaluate("rows => rows.scrollTo(0, rows.scrollHeight)")
    expect(canvas).to_have_attribute("data-rows", re.compile(rf"\b{order[-1]}$"))
    before = picture(canvas)
    page.locator(".traversal").get_by_role("option").nth(3).click()
    expect(canvas).to_have_attribute("data-chosen", "3")
    assert picture(canvas) != before


def test_weights_are_fetched_once_where_none_are_to_come_and_follow_a_training(page: Page, lab: Lab) -> None:
    fetched: list[float] = []
    page.on("request", lambda request: fetched.append(1) if request.url.endswith("/weights") else None)
    _, canvas = ready(page, lab, "interpolation", "between")
    before = len(fetched)
    page.reload()
    expect(canvas).to_have_attribute("data-step", "300")
    page.wait_for_timeout(2000)
    assert len(fetched) == before + 1
    long = trained(lab, steps=30_000)
    page.goto(f"{lab.url}/vae?run={long.id}&show=between")
    expect(canvas).to_have_attribute("data-run", long.id)
    expect(canvas).to_have_attribute("data-step", re.compile(r"^\d+$"))
    seen = canvas.get_attribute("data-step")
    expect(canvas).not_to_have_attribute("data-step", str(seen))
    long.steer(desired="stop")
    expect(page.locator(".run_bar")).to_have_attribute("data-state", re.compile("stopped|done"))
    step = long.status.step
    expect(canvas).to_have_attribute("data-step", str(step))
