"""The variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114), with beta (Higgins et al. 2017).

Bernoulli likelihood on thresholded images; q(z|x) = N(mu(x), diag sigma(x)^2), p(z) = N(0, I).
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core import nets
from repz_core.config import Recipe
from repz_core.methods.base import Method, Phase
from repz_core.objectives import bernoulli_nll, kl_standard_normal
from repz_core.recipes import vae as recipe_vae

NUM_SAMPLES = 36
SIDE = 8  # the manifold is drawn on SIDE x SIDE points


class VAE(Method):
    """x (N, n) -> mu, logvar (N, k) -> z (N, k) -> logits (N, n)."""

    name: ClassVar[str] = "vae"

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_vae.Model, recipe.model)
        self.threshold = cast(recipe_vae.Data, recipe.data).threshold
        k, width = self.config.k, self.config.width
        self.encoder: nn.Module
        self.decoder: nn.Module
        if self.config.net == "mlp":
            self.encoder = nets.mlp(self.num_inputs, width, 2 * k)
            self.decoder = nets.mlp(k, width, self.num_inputs)
        else:
            channels = max(1, width // 16)
            self.encoder = nets.conv_encoder(shape, channels, 2 * k)
            self.decoder = nets.conv_decoder(shape, channels, k)
        self.prior_draws = torch.randn(NUM_SAMPLES, k, generator=torch.Generator().manual_seed(recipe.seed))

    def prepare(self, x: Tensor) -> Tensor:
        """Thresholded to {0, 1}."""
        return (x > self.threshold).to(x.dtype)

    def encode(self, x: Tensor) -> Tensor:
        """Posterior means, (N, n) -> (N, k)."""
        return self.posterior(x)[0]

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(z|x), (N, n) -> 2 x (N, k)."""
        mu, logvar = self.encoder(x).chunk(2, 1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Pixel probabilities p(x = 1 | z), (N, k) -> (N, n)."""
        return self.decoder(z).sigmoid()

    def sample(self, num: int) -> Tensor:
        """Pixel probabilities at `num` draws from the prior, (num, n)."""
        return self.decode(torch.randn(num, self.config.k, generator=self.noise))

    def terms(self, x: Tensor, noise: torch.Generator) -> tuple[Tensor, Tensor]:
        """Reconstruction -log p(x|z) at one draw z ~ q(z|x), and KL(q(z|x) || p(z)); (N, n) -> 2 x (N,), nats."""
        mu, logvar = self.posterior(x)
        epsilon = torch.randn(mu.shape, generator=noise)
        z = mu + (0.5 * logvar).exp() * epsilon
        return bernoulli_nll(self.decoder(z), x), kl_standard_normal(mu, logvar)

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """-ELBO with the KL weighted by beta, means over the batch."""
        recon, kl = (term.mean() for term in self.terms(x, self.noise))
        return {"loss": recon + self.config.beta * kl, "recon": recon, "kl": kl}

    def phases(self) -> list[Phase]:
        return [Phase("vae", list(self.parameters()), self.loss, self.recipe.training.lr)]

    def observe(self, x: Tensor) -> dict[str, Tensor]:
        """Samples from fixed z, codes of all probe images, reconstructions of the first, the manifold where k = 2."""
        codes = self.encode(x)
        arrays = {
            "samples": self.decode(self.prior_draws),
            "codes": codes,
            "reconstructions": self.decode(codes[:8]),
        }
        if self.config.k == 2:
            arrays["manifold"] = self.decode(plane(SIDE, recipe_vae.REACH))
        return arrays

    def evaluate(self, x: Tensor) -> dict[str, float]:
        """recon, kl and elbo in nats per image, one draw of z an image from a fixed seed."""
        recon, kl = (term.mean().item() for term in self.terms(x, torch.Generator().manual_seed(0)))
        return {"recon": recon, "kl": kl, "elbo": -recon - kl}


def plane(side: int, reach: float) -> Tensor:
    """A square grid over the latent plane, top row first, (side^2, 2): cell centres of [-reach, reach]^2."""
    ticks = (torch.arange(side) + 0.5) * (2 * reach / side) - reach
    rows, columns = torch.meshgrid(-ticks, ticks, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], 1)


METHOD = VAE
