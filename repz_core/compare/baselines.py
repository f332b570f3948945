"""What a learned code is held against: the pixels themselves, a random projection, and principal components."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from repz_core.pca import PCA


class Projection(NamedTuple):
    """x (N, n) -> h = A (x - mean) (N, k) -> A^T h + mean: rows of A (k, n) are orthonormal, so h is the nearest."""

    mean: Tensor
    axes: Tensor

    def encode(self, x: Tensor) -> Tensor:
        """Codes, (N, n) -> (N, k)."""
        return (x - self.mean) @ self.axes.T

    def decode(self, h: Tensor) -> Tensor:
        """Images, (N, k) -> (N, n)."""
        return h @ self.axes + self.mean

    @property
    def num_weights(self) -> int:
        """Numbers it is made of, the mean apart."""
        return self.axes.numel()


class Pixels(NamedTuple):
    """The image is its own code."""

    def encode(self, x: Tensor) -> Tensor:
        """(N, n) -> (N, n)."""
        return x

    def decode(self, h: Tensor) -> Tensor:
        """(N, n) -> (N, n)."""
        return h

    @property
    def num_weights(self) -> int:
        """None."""
        return 0


def principal(train: Tensor, k: int) -> Projection:
    """Onto the first k principal components of (N, n)."""
    return Projection(train.double().mean(0).to(train.dtype), PCA.of(train).directions[:k].to(train.dtype))


def random(train: Tensor, k: int, seed: int) -> Projection:
    """Onto a random subspace of k dimensions, each as likely as any other, about the mean of (N, n).

    On average it keeps k / n of the variance.
    """
    noise = torch.Generator().manual_seed(seed)
    q, r = torch.linalg.qr(torch.randn(math.prod(train.shape[1:]), k, generator=noise, dtype=torch.float64))
    axes = (q * r.diagonal().sign()).T
    return Projection(train.double().mean(0).to(train.dtype), axes.to(train.dtype).contiguous())
