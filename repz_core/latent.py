"""Walks through a latent space: grids, straight lines and great circles."""

import math

import torch
from torch import Tensor


def plane(side: int, reach: float) -> Tensor:
    """A square grid over the latent plane, top row first, (side^2, 2): cell centres of [-reach, reach]^2."""
    ticks = (torch.arange(side) + 0.5) * (2 * reach / side) - reach
    rows, columns = torch.meshgrid(-ticks, ticks, indexing="ij")
    return torch.stack([columns.flatten(), rows.flatten()], 1)


def lerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """The straight line from a to b, ends included, (k,), (k,) -> (steps, k)."""
    t = torch.linspace(0, 1, steps, dtype=a.dtype).unsqueeze(1)
    return (1 - t) * a + t * b


def slerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Along the great circle from a's direction to b's, the norm evenly from |a| to |b|, (k,), (k,) -> (steps, k).

    Of the directions: sin((1-t) omega)/sin(omega) a + sin(t omega)/sin(omega) b (Shoemake 1985; White 2016,
    arXiv:1609.04468). Where they agree, are opposite or have no meaning (a zero vector), the line.
    """
    one, other = a.norm(), b.norm()
    omega = torch.arccos(((a @ b) / (one * other)).clamp(-1, 1))
    if not 1e-4 < omega < math.pi - 1e-4:  # as is true of NaN, the angle to nothing
        return lerp(a, b, steps)
    t = torch.linspace(0, 1, steps, dtype=a.dtype).unsqueeze(1)
    direction = (((1 - t) * omega).sin() * (a / one) + (t * omega).sin() * (b / other)) / omega.sin()
    return ((1 - t) * one + t * other) * direction


def principal_plane(codes: Tensor) -> Tensor:
    """Codes on their first two principal axes, (N, k) -> (N, 2), k >= 2."""
    return principal_axes(codes, 2)


def principal_axes(codes: Tensor, num: int) -> Tensor:
    """Codes on their first principal axes, (N, k) -> (N, min(num, k)); each axis points where its largest weight is
    positive, so that pictures over training do not flip without need.
    """
    centred = codes - codes.mean(0)
    _values, axes = torch.linalg.eigh(centred.T.double() @ centred.double())
    axes = axes.flip(1)[:, :num]
    largest = axes.abs().argmax(0)
    return (centred.double() @ (axes * axes.gather(0, largest.unsqueeze(0)).sign())).to(codes.dtype)
