"""Losses under their papers' names: pure functions of tensors, each held against a slow reference by a test.

Shapes: N examples, n data dimensions, k latent dimensions. Units are nats.
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x | logits) per example, (N, n), (N, n) -> (N,); x in {0, 1}.

    softplus(t) - x t summed over the data dimensions: finite for any logit, unlike log(sigmoid(t) + eps).
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


def kl_standard_normal(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mu, diag exp(logvar)) || N(0, I)) per example, (N, k), (N, k) -> (N,).

    1/2 sum (mu^2 + sigma^2 - 1 - log sigma^2) (Kingma & Welling 2014, appendix B); expm1 keeps it exact near zero.
    """
    return 0.5 * (mu.square() + torch.expm1(logvar) - logvar).sum(1)
