"""Losses under their papers' names: pure functions of tensors, each held against a slow reference by a test.

Shapes: N examples, n data dimensions, k latent dimensions; leading dimensions (draws) broadcast. Units are nats.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

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
