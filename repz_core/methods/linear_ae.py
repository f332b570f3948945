"""The linear autoencoder, whose optimum is known: x_hat = D E (x - mean) + mean spans the principal components
(Baldi & Hornik 1989).

Weights: tied with orthonormal columns, tied, or untied; L2 on them brings the components out one by one, as the
decoder's left singular vectors (Kunin et al. 2019, arXiv:1901.08168; Plaut 2018, arXiv:1804.10253). With hidden units
a net each is added to code and reconstruction: no longer linear, it can follow what is curved.
"""

import math
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core import latent, nets
from repz_core.config import Recipe
from repz_core.locale import N_
from repz_core.methods.base import Examples, Method, Phase
from repz_core.pca import PCA, left_singular_vectors
from repz_core.recipes import linear_ae as recipe_linear

NUM_RECONSTRUCTED = 10  # of the test images
NUM_SHOWN = 12  # atoms, and directions beside them
SPECTRUM = 40  # principal directions whose variance is shown
POINTS = 200  # of a curve in the plane


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
        for name, layers in recipe_linear.layers(self.config, n).items():  # bend_encoder and bend_decoder
            self.add_module(name, nets.build(layers))
        self.register_buffer("mean", torch.zeros(n))
        self.bend_encoder: nn.Module
        self.bend_decoder: nn.Module
        self.mean: Tensor
        self.pca: PCA | None = None
        self.train_images: Tensor | None = None

    def meet(self, train: Tensor) -> None:
        """Take the mean of the training images, and their principal components to be held against."""
        self.mean.copy_(train.double().mean(0))
        self.pca, self.train_images = PCA.of(train), train

    @property
    def encoder(self) -> Tensor:
        """E, (k, n)."""
        return self.own_encoder if self.config.weights == "untied" else self.decoder.T

    def encode(self, x: Tensor) -> Tensor:
        """Codes, (N, n) -> (N, k)."""
        centred = x - self.mean
        h = centred @ self.encoder.T
        return h + self.bend_encoder(centred) if self.config.hidden else h

    def decode(self, h: Tensor) -> Tensor:
        """Images, (N, k) -> (N, n)."""
        x_hat = h @ self.decoder.T + self.mean
        return x_hat + self.bend_decoder(h) if self.config.hidden else x_hat

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
        params, training = list(self.parameters()), cast(recipe_linear.Training, self.recipe.training)
        betas = (0.9, 0.999) if training.optimiser == "adam" else None
        return [Phase("linear_ae", params, self.loss, training.lr, after=project, betas=betas, schedule=self.schedule)]

    @torch.no_grad()
    def _orthonormalise(self) -> None:
        """The decoder's columns brought back to orthonormal ones of the same span, each as near as QR leaves it."""
        q, r = torch.linalg.qr(self.decoder)
        self.decoder.copy_(q * r.diagonal().sign())

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """The spectrum of the training images, their first principal components, and what PCA makes of test images;
        of points those and the first axis.
        """
        pca, k = self._pca(examples), self.config.k
        first = pca.directions[:k].to(self.mean.dtype)
        fixed = {"spectrum": pca.variances[:SPECTRUM], "rank": torch.tensor([pca.rank])}
        if self._points:
            reach = 1.1 * examples.probes.abs().max().clamp_min(1e-3)
            ends = self.mean + 2 * reach * torch.tensor([[-1.0], [1.0]]) * first[:1]
            return fixed | {"real": examples.probes, "pca_line": ends, "reach": reach.view(1)}
        centred = examples.inputs[:NUM_RECONSTRUCTED] - self.mean
        return fixed | {
            "components": first[:NUM_SHOWN],
            "pca_reconstructions": centred @ first.T @ first + self.mean,
        }

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """What it makes of test images, its weights as images, their singular vectors, the variance they hold; of
        points where it puts them, and the curve that it can reach.
        """
        pca = self._pca(examples)
        codes = self.encode(examples.probes)
        found = {"captured": pca.captured(self.decoder, self.encoder)[:SPECTRUM]}
        if self._points:
            found["projections"] = self.decode(codes)
            if self.config.k == 1:
                middle, half = (codes.max() + codes.min()) / 2, 2 * (codes.max() - codes.min())
                found["curve"] = self.decode(latent.lerp(middle - half, middle + half, POINTS))
            return found
        vectors = left_singular_vectors(self.decoder)[:, :NUM_SHOWN]
        place = (pca.directions[: self.config.k] @ vectors).abs().argmax(0)
        sign = (pca.directions[place] * vectors.T).sum(1).sign()
        return found | {
            "reconstructions": self.decode(self.encode(examples.inputs[:NUM_RECONSTRUCTED])),
            "atoms": self.decoder[:, :NUM_SHOWN].T,
            "singular_vectors": (vectors * sign).to(self.mean.dtype).T,
        }

    @property
    def _points(self) -> bool:
        return self.shape[1:] == (1, 1)

    def _pca(self, examples: Examples) -> PCA:
        return self.pca or PCA.of(examples.train)

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """recon: squared error of held-out images. Of the training images, where it has met them: loss_over_floor and
        the excess over 1; principal_angle; atom_angle and singular_angle, the mean angle of atoms and of the decoder's
        left singular vectors with the nearest principal direction. Angles are in radians.
        """
        metrics = {"recon": self._error(x)}
        if self.pca is None or self.train_images is None:
            return metrics
        k, decoder, floor = self.config.k, self.decoder.detach(), self.pca.floor(self.config.k)
        if self.config.hidden:  # what angles a curve has with a line means nothing
            return metrics | ({"loss_over_floor": self._error(self.train_images) / floor} if floor > 0 else {})
        metrics["principal_angle"] = self.pca.largest_angle(decoder, k)
        metrics["atom_angle"] = self.pca.mean_angle(decoder, k)
        metrics["singular_angle"] = self.pca.mean_angle(left_singular_vectors(decoder), k)
        if floor > 0:
            metrics["loss_over_floor"] = self.pca.loss(decoder, self.encoder.detach()) / floor
            metrics["excess"] = max(metrics["loss_over_floor"] - 1, 1e-12)
        return metrics

    def _error(self, x: Tensor) -> float:
        """Mean squared error of an example."""
        return (self.decode(self.encode(x)) - x).square().sum(1).mean().item()


METHOD = LinearAE
