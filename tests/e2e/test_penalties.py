"""Sparse codes in the browser are those of the core, and the panels about penalties and laws."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from pages.parts.assets import VERSION
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
    page.goto(lab.url)
    return f"/repz/assets/{VERSION}"


@pytest.mark.parametrize(("units", "size", "l1", "signed"), [(20, 9, 0.05, True), (100, 64, 0.2, False)])
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
