"""Sparse coding (Olshausen & Field 1996; Mairal et al. 2009): few atoms of a learned dictionary make each image.

Codes are exact: the lasso's minimum for the dictionary as it stands. The dictionary takes a gradient step on them, and
its atoms are brought back to norm one. Without that constraint the penalty melts away, as on the homework sheet.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core import sparsity
from repz_core.config import Recipe
from repz_core.locale import N_
from repz_core.methods.base import Examples, Method, Phase, num_atoms
from repz_core.objectives import lasso
from repz_core.recipes import sparse_coding as recipe_sparse
from repz_core.solvers import sparse_encode

ENOUGH = 1e-3  # relative duality gap of the codes in a training step; elsewhere they are exact
NUM_RECONSTRUCTED = 10  # of the test images
NUM_COUNTED = 2000  # training images on which units are counted


class SparseCoding(Method):
    """x (N, n) -> u = argmin 1/2 ||x - u D||^2 + l1 ||u||_1 (N, K) -> u D (N, n)."""

    name: ClassVar[str] = "sparse_coding"
    remedy: ClassVar[str] = N_("a smaller learning rate")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_sparse.Model, recipe.model)
        self.dictionary = nn.Parameter(torch.randn(self.config.units, self.num_inputs))
        self._normalise()

    def encode(self, x: Tensor) -> Tensor:
        """Exact codes, (N, n) -> (N, K)."""
        return sparse_encode(x, self.dictionary, self.config.l1)[0].to(x.dtype)

    def decode(self, codes: Tensor) -> Tensor:
        """Sums of atoms, (N, K) -> (N, n)."""
        return codes @ self.dictionary

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """The lasso objective of a batch at its codes, which count as given: the envelope theorem makes its gradient
        that of the minimum over codes.
        """
        codes = sparse_encode(x, self.dictionary, self.config.l1, ENOUGH)[0].to(x.dtype)
        penalty = self.config.l1 * codes.abs().sum(1).mean()
        return {
            "loss": lasso(x, self.dictionary, codes, self.config.l1).mean(),
            "penalty": penalty,
            "l0": (codes != 0).sum(1).to(x.dtype).mean(),
            "norm": self.dictionary.detach().norm(dim=1).mean(),
        }

    def phases(self) -> list[Phase]:
        project = self._normalise if self.config.constraint else None
        return [Phase("sparse_coding", [self.dictionary], self.loss, self.recipe.training.lr, after=project,
                      schedule=self.schedule)]  # fmt: skip

    @torch.no_grad()
    def _normalise(self) -> None:
        self.dictionary.div_(self.dictionary.norm(dim=1, keepdim=True).clamp_min(1e-30))

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """The images that the codes are of."""
        return {"probe_images": examples.probes}

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """The first atoms, codes of the probes, how often each unit is in use, and what codes keep of test images."""
        return {
            "atoms": self.dictionary[: num_atoms(self)],
            "codes": self.encode(examples.probes),
            "density": sparsity.density(self.encode(examples.train[:NUM_COUNTED])),
            "reconstructions": self.decode(self.encode(examples.inputs[:NUM_RECONSTRUCTED])),
        }

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """objective, the lasso's at its minimum, and the measures of sparsity.py."""
        codes = self.encode(x)
        objective = lasso(x, self.dictionary, codes, self.config.l1).mean().item()
        return {"objective": objective} | sparsity.measures(x, self.decode(codes), codes)


METHOD = SparseCoding
