"""Losses on two views of each image, under their papers' names: pure functions of tensors, as in objectives.py.

Shapes: N pairs, d dimensions; row i of z1 and row i of z2 (N, d) are views of one image.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F


def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """Mean over all 2N views of -log exp(s_ij / t) / sum_{k != i} exp(s_ik / t), (N, d), (N, d) -> ().

    s is the cosine similarity, j the other view of i's image (Chen et al. 2020, arXiv:2002.05709, eq. 1). All alike,
    it is log(2N - 1). Finite for any temperature above zero; for a first derivative only.
    """
    loss: Tensor = _NTXent.apply(F.normalize(torch.cat([z1, z2])), temperature)
    return loss


class _NTXent(torch.autograd.Function):
    """Of unit rows (2N, d). One product of 2N x 2N, whose softmax P by rows serves both ways: with Q the partners'
    permutation, the gradient by z is (P + P^T - 2 Q) z / (2N t).
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, temperature: float) -> Tensor:
        """The mean loss of the rows."""
        logits = (z / temperature) @ z.T
        logs = logits.fill_diagonal_(-torch.inf).log_softmax(1)
        partners = torch.arange(len(z)).roll(len(z) // 2)
        ctx.save_for_backward(z, partners, logs)
        ctx.temperature = temperature
        return -logs.gather(1, partners[:, None]).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        """The gradient by z, in place of autograd's."""
        z, partners, logs = ctx.saved_tensors
        softmax = logs.exp()
        pulls = torch.addmm(softmax @ z, softmax.T, z).sub_(z[partners], alpha=2)
        return pulls.mul_(slope / (len(z) * ctx.temperature)), None


def nt_xent_sheet(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """NT-Xent with s_ij where its denominator must have s_ik, (N, d), (N, d) -> (): log(2N - 1), whatever z is.

    The 2N - 1 equal terms are summed in logarithms: so the gradient is zero to the last bit, and an optimiser that
    divides by the gradient's size has no rounding to enlarge.
    """
    positive = F.cosine_similarity(z1, z2) / temperature
    denominator = positive + math.log(2 * len(z1) - 1)
    return (denominator - positive).mean()


def alignment(z1: Tensor, z2: Tensor) -> Tensor:
    """Mean squared distance of the two views on the unit sphere, (N, d), (N, d) -> (): 0 where they agree, at most 4.

    Wang & Isola 2020, arXiv:2005.10242, with alpha = 2. Minimised alone it is NT-Xent without negatives.
    """
    return (F.normalize(z1) - F.normalize(z2)).square().sum(1).mean()


def uniformity(z: Tensor) -> Tensor:
    """log of the mean of exp(-2 |u - v|^2) over pairs u, v of the unit rows of (N, d) -> (): 0 where all are one point,
    lower the more evenly they cover the sphere, at least -4 (Wang & Isola 2020, with t = 2).
    """
    u = F.normalize(z)
    squares = 2 - 2 * u @ u.T
    above = torch.ones_like(squares, dtype=torch.bool).triu(1)
    return squares[above].clamp_min(0).mul(-2).exp().mean().log()


def negative_cosine(prediction: Tensor, target: Tensor) -> Tensor:
    """SimSiam's D, (N, d), (N, d) -> (), in [-1, 1]; no gradient goes through the target (Chen & He 2021,
    arXiv:2011.10566, eq. 1 and 3).
    """
    return -F.cosine_similarity(prediction, target.detach()).mean()


def vicreg_terms(z1: Tensor, z2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Invariance, variance and covariance, (N, d), (N, d) -> 3 x (); to be weighted 25, 25 and 1.

    Bardes et al. 2022, arXiv:2105.04906, algorithm 1: variance is a hinge at a standard deviation of one.
    """
    pairs = [_spread(z1), _spread(z2)]
    return F.mse_loss(z1, z2), (pairs[0][0] + pairs[1][0]) / 2, pairs[0][1] + pairs[1][1]


def _spread(z: Tensor) -> tuple[Tensor, Tensor]:
    """VICReg's variance and covariance of one batch of views, (N, d)."""
    centred = z - z.mean(0)
    covariance = centred.T @ centred / (len(z) - 1)
    variances = covariance.diagonal()
    spread = (1 - (variances + 1e-4).sqrt()).relu().mean()
    return spread, (covariance.square().sum() - variances.square().sum()) / z.shape[1]
