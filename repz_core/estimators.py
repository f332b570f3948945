"""Two gradients of E_q[f(z)], q = N(mu, diag sigma^2), with respect to mu and logvar: both unbiased.

Pathwise (reparameterised; Kingma & Welling 2014): z = mu + sigma eps, so the gradient is that of f(mu + sigma eps).
Score function (REINFORCE; Williams 1992): f(z) grad log q(z), which asks nothing of f but its value.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


def reparameterise(mu: Tensor, logvar: Tensor, noise: torch.Generator, draws: int = 1) -> Tensor:
    """z = mu + sigma eps with eps ~ N(0, I), (N, k), (N, k) -> (draws, N, k)."""
    epsilon = torch.randn((draws, *mu.shape), generator=noise, dtype=mu.dtype)
    return mu + (0.5 * logvar).exp() * epsilon


def with_score(value: Tensor, log_q: Tensor) -> Tensor:
    """`value` as it is, whose gradient is also pushed along that of `log_q` (of the same shape, z held fixed).

    Its gradient is grad value + value grad log_q, the score-function estimate of grad E_q[value].
    """
    return value + value.detach() * (log_q - log_q.detach())


class GradientDraws(NamedTuple):
    """Single-draw estimates of the gradient of mean_i E_q[f_i(z_i)], each (draws, 2 k): first mu's, then logvar's."""

    pathwise: Tensor
    score: Tensor


def gradient_draws(
    f: Callable[[Tensor], Tensor], mu: Tensor, logvar: Tensor, draws: int, noise: torch.Generator, chunk: int = 20
) -> GradientDraws:
    """Both estimates on the same draws. `f` maps z (D, N, k) to values (D, N); `chunk` bounds the draws at a time.

    What is estimated is the gradient that reaches the last layer's bias: that of the batch mean, added over examples.
    """
    pathwise, score = [], []
    sigma = (0.5 * logvar).exp()
    for start in range(0, draws, chunk):
        z = reparameterise(mu, logvar, noise, min(chunk, draws - start)).detach().requires_grad_()
        value = f(z)
        (slope,) = torch.autograd.grad(value.sum(), z)
        with torch.no_grad():
            epsilon, value = (z - mu) / sigma, value.unsqueeze(-1)
            pathwise.append(torch.cat([slope, 0.5 * slope * sigma * epsilon], -1).mean(1))
            score.append(torch.cat([value * epsilon / sigma, 0.5 * value * (epsilon.square() - 1)], -1).mean(1))
    return GradientDraws(torch.cat(pathwise).detach(), torch.cat(score).detach())
