"""The nets and the views of contrastive learning in the browser: what torch gives, and what the core does to images."""

from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from pages.parts.assets import VERSION
from repz_core import methods, recipes
from repz_core.augment import Strengths, change
from repz_core.datasets import catalogue
from repz_core.methods.simclr import SimCLR
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
NETS = """async ({ assets, model, tensors, x, g }) => {
  const { net, simclr } = await import(`${assets}/shared/net.js`);
  for (const tensor of Object.values(tensors)) tensor.data = Float32Array.from(tensor.data);
  const made = simclr(model, tensors), ex = Float32Array.from(x), h = made.encode(ex);
  const vjp = net(model.layers.encoder, tensors, "encoder").vjp(ex, Float32Array.from(g));
  return { h: [...h], z: [...made.project(h)], vjp: [...vjp] };
}"""


@pytest.mark.parametrize(
    ("dataset", "depth", "objective"),
    [("digits", 2, "nt_xent"), ("sprites", 1, "nt_xent"), ("digits", 0, "nt_xent"), ("digits", 2, "simsiam")],
)
def test_h_and_z_are_those_of_torch(page: Page, lab: Lab, dataset: str, depth: int, objective: str) -> None:
    changes: dict[str, Any] = {"model.width": 3, "model.h": 9, "model.size": 5, "model.depth": depth}
    changes["model.objective"] = objective
    recipe = recipes.default("simclr", dataset).replace(**changes)
    model = methods.build(recipe, catalogue.card(dataset).shape)
    assert isinstance(model, SimCLR)
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith(("bias", "running_mean")):
                value.copy_(0.2 * torch.randn(value.shape, generator=noise))
            elif name.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=noise))
    model.eval()
    x = torch.rand(1, model.num_inputs, generator=noise, requires_grad=True)
    g = torch.randn(1, 9, generator=noise)
    h = model.encode(x)
    (vjp,) = torch.autograd.grad((g * h).sum(), x)
    tensors = {name: {"data": value.flatten().tolist()} for name, value in model.state_dict().items()}
    page.goto(lab.bare)
    ask = {"model": recipes.family("simclr").browser(recipe), "tensors": tensors, "x": x[0].tolist()}
    found = page.evaluate(NETS, ask | {"g": g[0].tolist(), "assets": f"/repz/assets/{VERSION}"})
    for name, value in {"h": h, "z": model.project(h), "vjp": vjp}.items():
        np.testing.assert_allclose(found[name], value[0].detach(), rtol=1e-4, atol=1e-4, err_msg=name)


VIEWS = """async ({ assets, image, shape, by, numbers }) => {
  const { view } = await import(`${assets}/shared/views.js`);
  let taken = 0;
  const next = (n) => Float32Array.from(numbers.slice(taken, (taken += n)));
  const found = view(Float32Array.from(image), shape, by, () => ({ uniform: next, normal: next }));
  return { view: [...found], taken };
}"""


@pytest.mark.parametrize(
    "by",
    [
        {"crop": 0.5, "affine": 0.3, "shift": 0.2, "elastic": 0.1, "flip": 0.5},
        {"affine": 0.2, "flip": 1.0},
        {"jitter": 0.8, "grey": 0.0},
        {"jitter": 0.5, "grey": 1.0},
        {"blur": 2.0},
        {"noise": 0.5},
        {"erase": 0.7},
        {"crop": 0.2, "elastic": 0.05, "jitter": 0.3, "grey": 0.2, "blur": 1.0, "noise": 0.2, "erase": 0.4},
    ],
    ids=lambda by: " ".join(by),
)
def test_a_view_is_that_of_the_core(
    page: Page, lab: Lab, by: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the core's random numbers in the order in which it asks for them."""
    numbers: list[float] = []

    def noting(draw: Any) -> Any:
        def drawn(*sizes: Any, **named: Any) -> torch.Tensor:
            found: torch.Tensor = draw(*sizes, **named)
            numbers.extend(found.flatten().tolist())
            return found

        return drawn

    shape = (3, 9, 12)
    x = torch.rand(1, 324, generator=torch.Generator().manual_seed(3))
    with monkeypatch.context() as patch:
        patch.setattr(torch, "rand", noting(torch.rand))
        patch.setattr(torch, "randn", noting(torch.randn))
        expected = change(x, shape, Strengths(**by), torch.Generator().manual_seed(4))
    page.goto(lab.bare)
    ask = {"image": x[0].tolist(), "shape": shape, "by": Strengths(**by)._asdict(), "numbers": numbers}
    found = page.evaluate(VIEWS, ask | {"assets": f"/repz/assets/{VERSION}"})
    assert found["taken"] == len(numbers)
    np.testing.assert_allclose(found["view"], expected[0], atol=2e-5)
