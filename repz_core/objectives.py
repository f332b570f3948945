"""Losses under their papers' names: pure functions of tensors, each held against a slow reference by a test.

Shapes: N examples, n data dimensions, k latent dimensions; leading dimensions (draws) broadcast. Units are nats.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from repz_core.contrastive import nt_xent as nt_xent

LAPLACE_RATE = math.sqrt(2)  # of the Laplace prior: its variance is one, as the normal prior's


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x | logits) per example, (..., N, n), (N, n) -> (..., N); x in {0, 1}.

    softplus(t) - x t summed over the data dimensions, which for these x is softplus((1 - 2 x) t): finite for any logit,
    unlike log(sigmoid(t) + eps), and no difference of large numbers.
    """
    return F.softplus((1 - 2 * x) * logits, threshold=40).sum(-1)


def gaussian_nll(mean: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """-log N(x; mean, sigma^2 I) per example, (..., N, n), (N, n), () -> (..., N): a density, so it may be negative."""
    squares = ((x - mean) * (-log_sigma).exp()).square()
    return (0.5 * squares + log_sigma + 0.5 * math.log(2 * math.pi)).sum(-1)


def laplace_nll(h: Tensor, rate: float) -> Tensor:
    """-log prod_i (rate/2) exp(-rate |h_i|) per example, (..., N, k) -> (..., N).

    The sparse penalty and its constant (Goodfellow, Bengio & Courville 2016, ch. 14.2.1).
    """
    return (rate * h.abs() - math.log(rate / 2)).sum(-1)


def lasso(x: Tensor, dictionary: Tensor, codes: Tensor, l1: float) -> Tensor:
    """1/2 ||x - u D||^2 + l1 ||u||_1 per example, (N, n), (K, n), (N, K) -> (N,) (Mairal et al. 2009)."""
    return (x - codes @ dictionary).square().sum(-1) / 2 + l1 * codes.abs().sum(-1)


def kl_bernoulli(rate: float, activity: Tensor) -> Tensor:
    """KL(Bernoulli(rate) || Bernoulli(activity)) element by element, activity in (0, 1): what draws a unit's mean
    activation to a rate (Ng, CS294A lecture notes).
    """
    activity = activity.clamp(1e-6, 1 - 1e-6)
    return rate * (rate / activity).log() + (1 - rate) * ((1 - rate) / (1 - activity)).log()


def normal_log_density(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log N(z; mu, diag exp(logvar)) per example, (..., N, k), (N, k), (N, k) -> (..., N)."""
    squares = (z - mu).square() * (-logvar).exp()
    return -0.5 * (squares + logvar + math.log(2 * math.pi)).sum(-1)


def kl_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, diag exp(logvar)) || N(0, I)) per example, (N, k), (N, k) -> (N,).

    1/2 sum (mu^2 + sigma^2 - 1 - log sigma^2) (Kingma & Welling 2014, appendix B); expm1 keeps it exact near zero.
    """
    return kl_standard_normal_each(mu, logvar).sum(1)


def kl_standard_normal_each(mu: Tensor, logvar: Tensor) -> Tensor:
    """The same a dimension, (N, k), (N, k) -> (N, k)."""
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar)


def kl_laplace_each(mu: Tensor, logvar: Tensor, rate: float = LAPLACE_RATE) -> Tensor:
    """KL(N(mu, sigma^2) || Laplace(rate)) a dimension, (N, k), (N, k) -> (N, k), in closed form.

    E|z| is the folded normal's mean, sigma sqrt(2/pi) exp(-mu^2 / 2 sigma^2) + mu erf(mu / sigma sqrt 2).
    """
    sigma = (0.5 * logvar).exp()
    ratio = mu / sigma
    mean_abs = sigma * math.sqrt(2 / math.pi) * (-0.5 * ratio.square()).exp() + mu * torch.erf(ratio / math.sqrt(2))
    return rate * mean_abs - math.log(rate / 2) - 0.5 * (1 + math.log(2 * math.pi) + logvar)


def free_bits(kl_each: Tensor, floor: float) -> Tensor:
    """sum_j max(floor, batch mean of KL_j), (N, k) -> (): below `floor` a dimension costs nothing more.

    Kingma et al. 2016, arXiv:1606.04934, appendix C.8, with one group a dimension.
    """
    return kl_each.mean(0).clamp(min=floor).sum()


def importance_bound(log_weights: Tensor) -> Tensor:
    """log 1/K sum_k w_k per example, (K, N) -> (N,): the IWAE bound on log p(x) (Burda et al. 2016, arXiv:1509.00519).

    w_k = p(x, z_k) / q(z_k | x); rises to log p(x) in expectation as K grows.
    """
    return log_weights.logsumexp(0) - math.log(len(log_weights))


class GanLoss(NamedTuple):
    """A row of the GAN's table, functions of the logit t, elementwise: what the discriminator minimises on real
    (`real`) and generated (`fake`) examples, L_D = E f_r(D(y)) + E f_f(D(G)), and the generator, L_G = E f_g(D(G)).
    """

    real: Callable[[Tensor], Tensor]
    fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def _softplus(t: Tensor) -> Tensor:
    """log(1 + e^t), finite for any t and with a gradient that never vanishes early."""
    return F.softplus(t, threshold=40)


GAN_TABLE: dict[str, GanLoss] = {
    # Goodfellow et al. 2014, arXiv:1406.2661: the zero-sum game, and the generator's loss used in its place
    "minimax": GanLoss(lambda t: _softplus(-t), _softplus, lambda t: -_softplus(t)),
    "non_saturating": GanLoss(lambda t: _softplus(-t), _softplus, lambda t: _softplus(-t)),
    # Mao et al. 2017, arXiv:1611.04076, with a = 0 for fake, b = c = 1 for real
    "least_squares": GanLoss(lambda t: (t - 1).square() / 2, lambda t: t.square() / 2, lambda t: (t - 1).square() / 2),
    # Lim & Ye 2017, arXiv:1705.02894
    "hinge": GanLoss(lambda t: (1 - t).relu(), lambda t: (1 + t).relu(), lambda t: -t),
    # Arjovsky et al. 2017, arXiv:1701.07875: a critic, to be clipped or penalised
    "wasserstein": GanLoss(lambda t: -t, lambda t: t, lambda t: -t),
}


def _means(row: GanLoss) -> tuple[Callable[[Tensor, Tensor], Tensor], Callable[[Tensor], Tensor]]:
    def loss_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return row.real(real_logits).mean() + row.fake(fake_logits).mean()

    def loss_g(fake_logits: Tensor) -> Tensor:
        return row.generator(fake_logits).mean()

    return loss_d, loss_g


# Name -> (loss_d(real_logits, fake_logits), loss_g(fake_logits)), means over the batch.
gan_losses = {name: _means(row) for name, row in GAN_TABLE.items()}


def input_gradient(logits: Tensor, x: Tensor) -> Tensor:
    """Of each example's logit by that example, (..., N) and x (..., N, n) it was made of -> (..., N, n), to be
    differentiated again.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient


def r1_penalty(logits: Tensor, real: Tensor) -> Tensor:
    """1/2 E ||grad D(y)||^2 over real examples, (..., N), (..., N, n) -> (...) (Mescheder et al. 2018,
    arXiv:1801.04406); to be weighted by gamma.
    """
    return input_gradient(logits, real).square().sum(-1).mean(-1) / 2


def gradient_penalty(logits: Tensor, mixed: Tensor) -> Tensor:
    """E (||grad D(x~)|| - 1)^2 over mixed examples, (..., N), (..., N, n) -> (...) (Gulrajani et al. 2017,
    arXiv:1704.00028); to be weighted by 10.
    """
    return (input_gradient(logits, mixed).norm(dim=-1) - 1).square().mean(-1)
