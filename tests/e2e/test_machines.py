"""Models of every family in the browser: its codes and images are those of torch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from pages.parts.assets import VERSION
from repz_core import methods, recipes
from repz_core.datasets import catalogue
from repz_core.methods.base import Method
from repz_core.run import SHIPPED, Run
from tests.e2e.conftest import Lab

pytestmark = pytest.mark.e2e
FRESH: dict[str, tuple[str, str, dict[str, Any]]] = {
    "vae": ("vae", "digits", {"model.k": 3, "model.width": 32}),
    "gaussian vae": ("vae", "digits", {"model.likelihood": "gaussian", "model.width": 32}),
    "gan": ("gan", "digits", {"model.size": 8, "model.k": 5, "model.channels": 4}),
    "tied": ("linear_ae", "digits", {"model.k": 7}),
    "untied": ("linear_ae", "digits", {"model.k": 7, "model.weights": "untied"}),
    "bent": ("linear_ae", "digits", {"model.k": 5, "model.hidden": 12}),
    "linear of patches": ("linear_ae", "patches12", {"model.k": 5}),
    "coding": ("sparse_coding", "digits", {"model.units": 40, "model.l1": 0.3}),
    "free norms": ("sparse_coding", "digits", {"model.units": 40, "model.l1": 0.3, "model.constraint": False}),
    "coding of patches": ("sparse_coding", "patches12", {"model.units": 60, "model.l1": 1.0}),
    "relu": ("sparse_ae", "digits", {"model.units": 40}),
    "topk": ("sparse_ae", "digits", {"model.units": 40, "model.variant": "topk", "model.active": 5}),
    "batch topk": ("sparse_ae", "digits", {"model.units": 40, "model.variant": "batch_topk"}),
    "kl": ("sparse_ae", "patches12", {"model.units": 40, "model.variant": "kl"}),
}
# Of VAEs, test_net.py sees to every shipped one.
SHIPPED_RUNS = sorted(
    path
    for path in SHIPPED.iterdir()
    if path.name.startswith(("linear_ae-", "sparse_", "gan-"))
    and catalogue.card(Run(path).recipe.dataset).kind != "points"
)
BOTH_WAYS = """async ({ assets, model, tensors, weights, images, codes }) => {
  const { machine } = await import(`${assets}/shared/machine.js`);
  const { parse } = await import(`${assets}/shared/safetensors.js`);
  for (const tensor of Object.values(tensors ?? {})) tensor.data = Float32Array.from(tensor.data);
  tensors ??= parse(await (await fetch(weights)).arrayBuffer());
  const made = machine(model, tensors);
  const each = (act, rows) => rows.map((row) => [...act(Float32Array.from(row))]);
  return { size: made.size, codes: made.encode && each(made.encode, images), images: each(made.decode, codes) };
}"""


def fresh(method: str, dataset: str, changes: dict[str, Any]) -> Method:
    """A model nobody has trained, of weights large enough to matter, biases and mean included."""
    model = methods.build(recipes.default(method, dataset).replace(**changes), catalogue.card(dataset).shape)
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("bias") or name == "mean":
                value.copy_(0.2 * torch.randn(value.shape, generator=noise))
            elif name == "threshold":
                value.fill_(0.4)
            elif name == "dictionary" and not changes.get("model.constraint", True):
                value.mul_(1 + torch.rand(len(value), 1, generator=noise))
    return model.eval()


@pytest.mark.parametrize("which", FRESH)
def test_a_model_in_the_browser_is_that_of_torch(page: Page, lab: Lab, which: str) -> None:
    model = fresh(*FRESH[which])
    tensors = {
        name: {"shape": list(value.shape), "data": value.flatten().tolist()}
        for name, value in model.state_dict().items()
    }
    agree(page, lab, model, tensors=tensors)


@pytest.mark.parametrize("folder", SHIPPED_RUNS, ids=lambda path: path.name)
def test_a_shipped_model_in_the_browser_is_that_of_torch(page: Page, lab: Lab, folder: Path) -> None:
    run = Run(folder)
    agree(page, lab, run.model(), weights=f"/repz/runs/{run.id}/weights")


def agree(page: Page, lab: Lab, model: Method, **given: Any) -> None:
    """Codes of four images, and images of four codes, are the same there and here."""
    recipe, known = model.recipe, recipes.family(model.recipe.method).browser(model.recipe)
    black, white = catalogue.card(recipe.dataset).span
    noise = torch.Generator().manual_seed(2)
    images = torch.rand(4, model.num_inputs, generator=noise)
    x = model.prepare(black + images * (white - black))
    with torch.no_grad():
        codes: torch.Tensor = torch.randn(4, known["k"], generator=noise)
        pixels = ((model.decode(codes) - black) / (white - black)).clamp(0, 1)  # type: ignore[operator]
        expected = model.encode(x) if known["kind"] != "gan" else None  # type: ignore[operator]
    page.goto(lab.bare)
    shades = ((x - black) / (white - black)).tolist()
    ask = {"model": known, "images": shades, "codes": codes.tolist(), "assets": f"/repz/assets/{VERSION}"}
    found = page.evaluate(BOTH_WAYS, ask | given)
    assert found["size"] == known["k"]
    np.testing.assert_allclose(found["images"], pixels, rtol=1e-4, atol=1e-4)
    assert (found["codes"] is None) == (expected is None)
    if expected is not None:
        assert expected.abs().max() > 1e-2
        np.testing.assert_allclose(found["codes"], expected, rtol=1e-4, atol=1e-4)
