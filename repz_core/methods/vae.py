"""The variational autoencoder (Kingma & Welling 2014, arXiv:1312.6114) and its well-known relatives.

q(z|x) = N(mu(x), diag sigma(x)^2). Knobs: beta (Higgins et al. 2017), KL warm-up (Sonderby et al. 2016), free bits
(Kingma et al. 2016), the importance-weighted bound (Burda et al. 2016), a Laplace prior, both gradient estimators.
Bernoulli pixels are the images thresholded once; Gaussian pixels the images as they are, with one learned sigma.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from repz_core import augment, latent, nets, objectives
from repz_core.config import Recipe
from repz_core.estimators import gradient_draws, reparameterise, with_score
from repz_core.locale import N_
from repz_core.methods.base import Examples, Method, Phase
from repz_core.recipes import vae as recipe_vae

NUM_SAMPLES = 36
NUM_RECONSTRUCTED = 10  # of the test images
SIDE = 8  # the manifold is drawn on SIDE x SIDE points
NLL_DRAWS = 200
NLL_ROWS = 1000  # latent draws decoded at a time: their logits stay in the processor's cache
GRADIENT_DRAWS, GRADIENT_IMAGES, GRADIENT_DIMS = 1000, 32, 4
ACTIVE = 0.01  # a dimension whose posterior mean varies by more is in use (Burda et al. 2016, section 5.1)


class VAE(Method):
    """x (N, n) -> mu, logvar (N, k) -> z (draws, N, k) -> logits or means (draws, N, n)."""

    name: ClassVar[str] = "vae"
    remedy: ClassVar[str] = N_("a smaller learning rate")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_vae.Model, recipe.model)
        self.data = cast(recipe_vae.Data, recipe.data)
        layers = recipe_vae.layers(self.config, shape)
        self.encoder, self.decoder = nets.build(layers["encoder"]), nets.build(layers["decoder"])
        if self.config.likelihood == "gaussian":
            self.log_sigma = nn.Parameter(torch.tensor(-1.0))
        self.prior_draws = self._prior(NUM_SAMPLES, torch.Generator().manual_seed(recipe.seed))

    def prepare(self, x: Tensor) -> Tensor:
        """Thresholded to {0, 1} for Bernoulli pixels."""
        return (x > self.data.threshold).to(x.dtype) if self.config.likelihood == "bernoulli" else x

    @property
    def augments(self) -> bool:
        return self.data.augment > 0

    def augment(self, x: Tensor) -> Tensor:
        """Warped a little, then prepared."""
        return self.prepare(augment.warp(x, self.shape, self.data.augment, self.noise))

    def encode(self, x: Tensor) -> Tensor:
        """Posterior means, (N, n) -> (N, k)."""
        return self.posterior(x)[0]

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """mu and logvar of q(z|x), (N, n) -> 2 x (N, k)."""
        mu, logvar = self.encoder(x).chunk(2, 1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        """Means of the pixels: probabilities p(x = 1 | z), or a Gaussian's means; (N, k) -> (N, n)."""
        output: Tensor = self.decoder(z)
        return output.sigmoid() if self.config.likelihood == "bernoulli" else output

    def sample(self, num: int) -> Tensor:
        """Means of the pixels at `num` draws from the prior, (num, n)."""
        return self.decode(self._prior(num, self.noise))

    def recon(self, z: Tensor, x: Tensor) -> Tensor:
        """-log p(x|z), (..., N, k), (N, n) -> (..., N), nats."""
        output = self.decoder(z.flatten(0, -2)).view(*z.shape[:-1], -1)
        if self.config.likelihood == "bernoulli":
            return objectives.bernoulli_nll(output, x)
        return objectives.gaussian_nll(output, x, self.log_sigma)

    def kl_each(self, mu: Tensor, logvar: Tensor) -> Tensor:
        """KL(q(z|x) || p(z)) a dimension, (N, k) -> (N, k), nats."""
        if self.config.prior == "normal":
            return objectives.kl_standard_normal_each(mu, logvar)
        return objectives.kl_laplace_each(mu, logvar)

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z), (..., N, k) -> (..., N)."""
        if self.config.prior == "laplace":
            return -objectives.laplace_nll(z, objectives.LAPLACE_RATE)
        zero = torch.zeros(())
        return objectives.normal_log_density(z, zero, zero)

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """The negative bound with the KL weighted by beta (less while it warms up), means over the batch."""
        mu, logvar = self.posterior(x)
        z = reparameterise(mu, logvar, self.noise, self.config.draws)
        if self.config.estimator == "score":
            z = z.detach()
        recon, kl_each = self.recon(z, x), self.kl_each(mu, logvar)
        shown = {"recon": recon.mean(), "kl": kl_each.sum(1).mean()}
        if self.config.objective == "iwae":
            return {"loss": -self._importance_bound(z, recon, mu, logvar).mean()} | shown
        if self.config.estimator == "score":
            recon = with_score(recon, objectives.normal_log_density(z, mu, logvar))
        return {"loss": recon.mean() + self._weight() * objectives.free_bits(kl_each, self.config.free_bits)} | shown

    def _importance_bound(self, z: Tensor, recon: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        log_q = objectives.normal_log_density(z, mu, logvar)
        bound = objectives.importance_bound(self._weight() * (self.log_prior(z) - log_q) - recon)
        return with_score(bound, log_q.sum(0)) if self.config.estimator == "score" else bound

    def _weight(self) -> float:
        """Of the KL at this step: beta, reached linearly over the warm-up."""
        warmup = self.config.warmup
        return self.config.beta * (1.0 if self.step >= warmup else self.step / warmup)

    def _prior(self, num: int, noise: torch.Generator) -> Tensor:
        """Draws from p(z), (num, k)."""
        if self.config.prior == "normal":
            return torch.randn(num, self.config.k, generator=noise)
        one, other = torch.empty(2, num, self.config.k).exponential_(objectives.LAPLACE_RATE, generator=noise)
        return one - other  # which is Laplace with that rate

    def phases(self) -> list[Phase]:
        return [Phase("vae", list(self.parameters()), self.loss, self.recipe.training.lr)]

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """What the probes would take to code: their covariance's eigenvalues, the entropy of their law."""
        return {"eigenvalues": eigenvalues(examples.probes), "entropy": entropy(examples.probes)}

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """Samples from fixed z, posteriors of all probe images, what each dimension costs, the manifold where k = 2."""
        mu, logvar = self.posterior(examples.probes)
        reach = mu.abs().quantile(0.98).clamp(min=recipe_vae.REACH)
        arrays = {
            "reach": reach.view(1),
            "samples": self.decode(self.prior_draws),
            "codes": mu,
            **({"principal": latent.principal_plane(mu)} if self.config.k > 2 else {}),
            "stds": (0.5 * logvar).exp(),
            "kl_each": self.kl_each(mu, logvar).mean(0),
            "code_variance": mu.var(0),
            "reconstructions": self.decode(self.encode(examples.inputs[:NUM_RECONSTRUCTED])),
        }
        if self.config.k == 2:
            arrays["manifold"] = self.decode(latent.plane(SIDE, reach.item()))
        return arrays

    def examine(self, x: Tensor) -> dict[str, Tensor]:
        """Gradients of one batch's reconstruction term by both estimators, draw by draw: those by mu and logvar of
        the dimensions that cost most.
        """
        x = x[:GRADIENT_IMAGES]
        mu, logvar = (part.detach() for part in self.posterior(x))
        noise = torch.Generator().manual_seed(0)
        found = gradient_draws(lambda z: self.recon(z, x), mu, logvar, GRADIENT_DRAWS, noise)
        k = self.config.k
        dims = self.kl_each(mu, logvar).mean(0).topk(min(k, GRADIENT_DIMS)).indices
        columns = torch.cat([dims, k + dims])
        return {
            "gradient_dimensions": dims,
            "gradients_pathwise": found.pathwise[:, columns],
            "gradients_score": found.score[:, columns],
        }

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """recon, kl, elbo (one draw of z an image), log_prior = E_q log p(z), active_units, and unless `quick` nll."""
        noise = torch.Generator().manual_seed(0)
        mu, logvar = self.posterior(x)
        recon = self.recon(reparameterise(mu, logvar, noise), x).mean().item()
        kl = self.kl_each(mu, logvar).sum(1).mean().item()
        log_q = -0.5 * (1 + torch.log(torch.tensor(2 * torch.pi)) + logvar).sum(1).mean().item()
        metrics = {"recon": recon, "kl": kl, "elbo": -recon - kl, "log_prior": log_q - kl}
        metrics["active_units"] = float((mu.var(0) > ACTIVE).sum())
        return metrics if quick else metrics | {"nll": self.nll(x, NLL_DRAWS, noise).mean().item()}

    def nll(self, x: Tensor, draws: int, noise: torch.Generator) -> Tensor:
        """-log p(x) by importance sampling from q(z|x), (N, n) -> (N,), nats; an upper bound in expectation."""
        log_weights = []
        for part in x.split(max(1, NLL_ROWS // draws)):
            self.safepoint()
            mu, logvar = self.posterior(part)
            z = reparameterise(mu, logvar, noise, draws)
            log_q = objectives.normal_log_density(z, mu, logvar)
            log_weights.append(self.log_prior(z) - log_q - self.recon(z, part))
        return -objectives.importance_bound(torch.cat(log_weights, 1))


def eigenvalues(x: Tensor) -> Tensor:
    """Of the covariance (1/N) of x (N, n), largest first, (min(N, n, 128),).

    Those of its smaller Gram matrix are the same but for zeros.
    """
    centred = (x - x.mean(0)).double()
    gram = centred @ centred.T if len(x) <= x.shape[1] else centred.T @ centred
    return torch.linalg.eigvalsh(gram / len(x)).flip(0)[:128].clamp(min=0)


def entropy(x: Tensor) -> Tensor:
    """Of the law that gives each of the images x (N, n) the same weight, in nats, (1,): log N where all are distinct.

    Infinite where a value lies between 0 and 1: of grey pixels only a density would mean anything.
    """
    if ((x != 0) & (x != 1)).any():
        return torch.tensor([torch.inf])
    shares = x.bool().unique(dim=0, return_counts=True)[1] / len(x)
    return -(shares * shares.log()).sum(0, keepdim=True)


METHOD = VAE
