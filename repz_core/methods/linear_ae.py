"""The linear autoencoder, whose optimum is known: x_hat = D E (x - mean) + mean spans the principal components.

Weights: tied with orthonormal columns, tied, or untied; L2 on them brings the components out one by one, as the
decoder's left singular vectors (Kunin et al. 2019, arXiv:1901.08168; Plaut 2018, arXiv:1804.10253).
"""

import math
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core.config import Recipe
from repz_core.locale import N_
from repz_core.methods.base import Examples, Method, Phase
from repz_core.pca import PCA, left_singular_vectors
from repz_core.recipes import linear_ae as recipe_linear

NUM_RECONSTRUCTED = 10  # of the test images
NUM_SHOWN = 12  # atoms, and directions beside them
SPECTRUM = 40  # principal directions whose variance is shown


class LinearAE(Method):
    """x (N, n) -> h = E (x - mean) (N, k) -> D h + mean (N, n)."""

    name: ClassVar[str] = "linear_ae"
    remedy: ClassVar[str] = N_("a smaller learning rate")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_linear.Model, recipe.model)
        n, k = self.num_inputs, self.config.k
        start = torch.randn(n, k) / (10 * math.sqrt(n))  # small: directions come one after the other
        if self.config.weights == "orthonormal":
            start = torch.linalg.qr(start)[0].contiguous()
        self.decoder = nn.Parameter(start)  # (n, k)
        if self.config.weights == "untied":
            self.own_encoder = nn.Parameter(torch.randn(k, n) / (10 * math.sqrt(n)))
        self.register_buffer("mean", torch.zeros(n))
        self.mean: Tensor
        self.pca: PCA | None = None

    def meet(self, train: Tensor) -> None:
        """Take the mean of the training images, and their principal components to be held against."""
        self.mean.copy_(train.double().mean(0))
        self.pca = PCA.of(train)

    @property
    def encoder(self) -> Tensor:
        """E, (k, n)."""
        return self.own_encoder if self.config.weights == "untied" else self.decoder.T

    def encode(self, x: Tensor) -> Tensor:
        """Codes, (N, n) -> (N, k)."""
        return (x - self.mean) @ self.encoder.T

    def decode(self, h: Tensor) -> Tensor:
        """Images, in [0, 1] but for the error, (N, k) -> (N, n)."""
        return h @ self.decoder.T + self.mean

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """Squared error an image, or the sheet's objective, and the L2 penalty; `recon` is the error in any case."""
        h = self.encode(x)
        recon = (self.decode(h) - x).square().sum(1).mean()
        aim = recon if self.config.objective == "reconstruction" else self._sheet(x - self.mean, h)
        if not self.config.l2:
            return {"loss": aim, "recon": recon}
        penalty = self.config.l2 * (self.decoder.square().sum() + self.encoder.square().sum())
        return {"loss": aim + penalty, "recon": recon, "penalty": penalty}

    def _sheet(self, centred: Tensor, h: Tensor) -> Tensor:
        """||C - W W^T||^2 of the batch's covariance C, without a matrix of n x n: three traces."""
        own = (centred @ centred.T).square().sum() / len(h) ** 2
        gram = self.decoder.T @ self.decoder
        return own - 2 * h.square().sum() / len(h) + gram.square().sum()

    def phases(self) -> list[Phase]:
        project = self._orthonormalise if self.config.weights == "orthonormal" else None
        params, lr = list(self.parameters()), self.recipe.training.lr
        return [Phase("linear_ae", params, self.loss, lr, after=project, schedule=self.schedule)]

    def schedule(self) -> float:
        """A quarter of a wave, from 1 to 0: what noise of the batches leaves in the weights goes with the rate."""
        return math.cos(math.pi / 2 * self.step / self.recipe.training.steps)

    @torch.no_grad()
    def _orthonormalise(self) -> None:
        """The decoder's columns brought back to orthonormal ones of the same span, each as near as QR leaves it."""
        q, r = torch.linalg.qr(self.decoder)
        self.decoder.copy_(q * r.diagonal().sign())

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """The spectrum of the training images, their first principal components, and what PCA makes of test images."""
        pca, k = self._pca(examples), self.config.k
        first = pca.directions[:k].to(self.mean.dtype)
        centred = examples.inputs[:NUM_RECONSTRUCTED] - self.mean
        return {
            "spectrum": pca.variances[:SPECTRUM],
            "components": _as_images(first[:NUM_SHOWN].T),
            "pca_reconstructions": (centred @ first.T @ first + self.mean).clamp(0, 1),
        }

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """What it makes of test images, its weights as images, their singular vectors, the variance they hold."""
        pca = self._pca(examples)
        found = left_singular_vectors(self.decoder)[:, :NUM_SHOWN]
        place = (pca.directions[: self.config.k] @ found).abs().argmax(0)
        sign = (pca.directions[place] * found.T).sum(1).sign()
        return {
            "reconstructions": self.decode(self.encode(examples.inputs[:NUM_RECONSTRUCTED])).clamp(0, 1),
            "atoms": _as_images(self.decoder[:, :NUM_SHOWN]),
            "singular_vectors": _as_images((found * sign).to(self.mean.dtype)),
            "captured": pca.captured(self.decoder)[:SPECTRUM],
        }

    def _pca(self, examples: Examples) -> PCA:
        return self.pca or PCA.of(examples.train)

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """recon: squared error of held-out images. Of the training images, where it has met them: loss_over_floor and
        the excess over 1; principal_angle; atom_angle and singular_angle, the mean angle of atoms and of the decoder's
        left singular vectors with the nearest principal direction. Angles are in radians.
        """
        metrics = {"recon": (self.decode(self.encode(x)) - x).square().sum(1).mean().item()}
        if self.pca is None:
            return metrics
        k, decoder = self.config.k, self.decoder.detach()
        metrics["principal_angle"] = self.pca.largest_angle(decoder, k)
        metrics["atom_angle"] = self.pca.mean_angle(decoder, k)
        metrics["singular_angle"] = self.pca.mean_angle(left_singular_vectors(decoder), k)
        if (floor := self.pca.floor(k)) > 0:
            metrics["loss_over_floor"] = self.pca.loss(decoder, self.encoder.detach()) / floor
            metrics["excess"] = max(metrics["loss_over_floor"] - 1, 1e-12)
        return metrics


def _as_images(columns: Tensor) -> Tensor:
    """Columns (n, m) of any sign as images (m, n) in [0, 1]: zero is grey, the largest value of each black or white."""
    rows = columns.T
    return 0.5 + rows / (2 * rows.abs().amax(1, keepdim=True).clamp_min(1e-30))


METHOD = LinearAE
