"""The sparse autoencoder: one layer in, one layer out, and few active units between, by one of four means.

relu: ReLU units and an L1 penalty, the lasso objective with codes from an encoder in place of a solver. topk: the
largest activations of an image alone are kept (Makhzani & Frey 2013; Gao et al. 2024, arXiv:2406.04093). batch_topk:
the largest of a whole batch, so that a plain image takes fewer units and a rich one more; afterwards those above a
threshold (Bussmann et al. 2024, arXiv:2412.06410). kl: sigmoid units whose mean activation is drawn to a rate (Ng,
CS294A lecture notes). The decoder's rows have norm one, or a penalty on codes would only move size from codes to
weights.
"""

import math
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core import augment, sparsity
from repz_core.config import Recipe
from repz_core.locale import N_
from repz_core.methods.base import Examples, Method, Phase, num_atoms
from repz_core.objectives import kl_bernoulli, lasso
from repz_core.recipes import sparse_ae as recipe_sparse
from repz_core.solvers import sparse_encode

NUM_RECONSTRUCTED = 10  # of the test images
PATIENCE = 20  # steps without activity, after which a unit helps to explain what is missing
HELPERS = 64  # of such units at the most
AUXILIARY = 0.3  # weight of what they explain (Gao et al. 2024, appendix A, where it is 1/32 of another scale)
FORGETTING = 0.01  # of the threshold, a step
FLOOR = 0.01  # of the learning rate, once it has fallen
NEW_SIZE = 0.2  # of a unit that begins anew, in those of the others (Bricken et al. 2023)


class SparseAE(Method):
    """x (N, n) -> h = units(W (x - b) + c) (N, K) -> h D + b (N, n)."""

    name: ClassVar[str] = "sparse_ae"
    remedy: ClassVar[str] = N_("a smaller learning rate")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_sparse.Model, recipe.model)
        self.decoder = nn.Parameter(torch.randn(self.config.units, self.num_inputs))
        self._normalise()
        self.encoder = nn.Linear(self.num_inputs, self.config.units)
        with torch.no_grad():  # the decoder's mirror: hardly any unit then starts dead (Gao et al. 2024, appendix A)
            self.encoder.weight.copy_(self.decoder)
            self.encoder.bias.zero_()
        self.bias = nn.Parameter(torch.zeros(self.num_inputs))
        self.register_buffer("threshold", torch.zeros(()))  # batch_topk: what a code has to exceed
        self.register_buffer("silent", torch.zeros(self.config.units))  # steps since a unit was last active
        self.threshold: Tensor
        self.silent: Tensor
        # Of the batch under way, until its step is done: the smallest code that stayed, and which units were active.
        self.smallest, self.fired = torch.zeros(()), torch.zeros(self.config.units, dtype=torch.bool)
        self.data = cast(recipe_sparse.Data, recipe.data)
        self.train_images: Tensor | None = None

    def meet(self, train: Tensor) -> None:
        """Remember the training images: units that are active on none of them are dead. A fresh bias becomes their
        mean: from zero, all that images have in common would silence every unit that points away from it.
        """
        self.train_images = train
        with torch.no_grad():
            if not self.bias.any():
                self.bias.copy_(train.mean(0))

    @property
    def augments(self) -> bool:
        return self.data.augment > 0

    def augment(self, x: Tensor) -> Tensor:
        """Warped a little."""
        return augment.warp(x, self.shape, self.data.augment, self.noise)

    def encode(self, x: Tensor) -> Tensor:
        """Codes, (N, n) -> (N, K), none below zero."""
        before = self._before(x)
        match self.config.variant:
            case "kl":
                return before.sigmoid()
            case "topk":
                return _largest(before.relu(), self.config.active)
            case "batch_topk":
                codes = before.relu()
                return codes * (codes > self.threshold)
            case _:
                return before.relu()

    def _before(self, x: Tensor) -> Tensor:
        """What comes into the units."""
        before: Tensor = self.encoder(x - self.bias)
        return before

    def decode(self, codes: Tensor) -> Tensor:
        """Images, (N, K) -> (N, n)."""
        return codes @ self.decoder + self.bias

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """Half the squared error, and the penalty of the variant or what silent units add, means over the batch."""
        before = self._before(x)
        codes = self._whole_batch(before.relu()) if self.config.variant == "batch_topk" else self.encode(x)
        missing = x - self.decode(codes)
        recon = missing.square().sum(1).mean()
        terms = {"recon": recon, "l0": (codes != 0).sum(1).to(x.dtype).mean()}
        self.fired = (codes.detach() != 0).any(0)
        match self.config.variant:
            case "relu":
                terms["penalty"] = self.config.l1 * codes.sum(1).mean()
            case "kl":
                terms["penalty"] = self.config.pull * kl_bernoulli(self.config.rate, codes.mean(0)).sum()
            case _:
                terms["auxiliary"] = AUXILIARY * self._helped(before, missing.detach())
        return {"loss": recon / 2 + terms.get("penalty", terms.get("auxiliary", 0))} | terms

    def _whole_batch(self, codes: Tensor) -> Tensor:
        """The largest codes of all the images together, as many as there may be active on average."""
        self.smallest = codes.detach().flatten().topk(self.config.active * len(codes)).values[-1]
        return codes * (codes >= self.smallest)

    def _helped(self, before: Tensor, missing: Tensor) -> Tensor:
        """Half the squared error that units silent for long leave of what is missing: a gradient for them too."""
        silent = self.silent > PATIENCE
        count = min(int(silent.sum()), HELPERS)
        if not count:
            return missing.new_zeros(())
        codes = _largest(before.masked_fill(~silent, -torch.inf).relu(), count)
        return (missing - codes @ self.decoder).square().sum(1).mean() / 2

    def phases(self) -> list[Phase]:
        lr = self.recipe.training.lr
        return [Phase("sparse_ae", list(self.parameters()), self.loss, lr, after=self._after, schedule=self.schedule)]

    def schedule(self) -> float:
        """A quarter of a wave from 1 to a hundredth over the decay, which a limit in seconds leaves as it is."""
        training = cast(recipe_sparse.Training, self.recipe.training)
        return max(FLOOR, math.cos(math.pi / 2 * min(1.0, self.step / min(training.steps, training.decay))))

    @torch.no_grad()
    def _after(self) -> None:
        self._normalise()
        self.threshold.lerp_(self.smallest, FORGETTING)
        self.silent.add_(1).masked_fill_(self.fired, 0)
        if self.config.resample and self.step + 1 == self.config.resample:
            self._resample()

    @torch.no_grad()
    def _normalise(self) -> None:
        self.decoder.div_(self.decoder.norm(dim=1, keepdim=True).clamp_min(1e-30))

    @torch.no_grad()
    def _resample(self) -> None:
        """Dead units begin anew, in the directions of what is missing of training images, the worst most likely
        (Bricken et al. 2023, "Towards monosemanticity", appendix).
        """
        assert self.train_images is not None, "an engine lets a method meet its training images"
        codes = self.encode(self.train_images)
        dead = self._dead(codes)
        if not len(dead):
            return
        missing = self.train_images - self.decode(codes)
        worst = missing.square().sum(1).square() + 1e-12
        chosen = torch.multinomial(worst, len(dead), replacement=True, generator=self.noise)
        directions = missing[chosen] / missing[chosen].norm(dim=1, keepdim=True).clamp_min(1e-30)
        alive = (codes != 0).any(0)
        size = self.encoder.weight[alive].norm(dim=1).mean() if alive.any() else torch.ones(())
        self.decoder[dead] = directions
        self.encoder.weight[dead] = NEW_SIZE * size * directions
        self.encoder.bias[dead] = 0

    @staticmethod
    def _dead(codes: Tensor) -> Tensor:
        """Places of the units that are active on none."""
        return (~(codes != 0).any(0)).nonzero().flatten()

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """The images that the codes are of."""
        return {"probe_images": examples.probes}

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """The first atoms, codes of the probes, how often each unit is in use, and what codes keep of test images."""
        return {
            "atoms": self.decoder[: num_atoms(self)],
            "codes": self.encode(examples.probes),
            "density": sparsity.density(self.encode(examples.train)),
            "reconstructions": self.decode(self.encode(examples.inputs[:NUM_RECONSTRUCTED])),
        }

    @torch.no_grad()
    def examine(self, x: Tensor) -> dict[str, Tensor]:
        """The lasso objective of each probe's codes, and the least there is on the same dictionary."""
        mine, least = self._objectives(x)
        return {"lasso_encoder": mine, "lasso_exact": least}

    def _objectives(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of the encoder's codes and of exact ones, on the decoder's rows, (N, n) -> 2 x (N,)."""
        l1, centred = self.config.l1, (x - self.bias).double()
        exact, _gaps = sparse_encode(centred, self.decoder, l1)
        atoms = self.decoder.double()
        return lasso(centred, atoms, self.encode(x).double(), l1), lasso(centred, atoms, exact, l1)

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """The measures of sparsity.py; dead, units that are active on none of the training images it met; objective,
        the lasso's at weight l1 whatever the variant, and amortisation_gap: how much lower exact codes of any sign get
        it on the same dictionary.
        """
        codes = self.encode(x)
        metrics = sparsity.measures(x, self.decode(codes), codes)
        if self.train_images is not None:
            metrics["dead"] = float(len(self._dead(self.encode(self.train_images))))
        mine, least = (part.mean().item() for part in self._objectives(x))
        return metrics | {"objective": mine, "amortisation_gap": mine - least}


def _largest(codes: Tensor, count: int) -> Tensor:
    """Codes (N, K) with all but the `count` largest of each row set to zero."""
    kept = codes.topk(min(count, codes.shape[1]), dim=1)
    return torch.zeros_like(codes).scatter(1, kept.indices, kept.values)


METHOD = SparseAE
