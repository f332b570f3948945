"""The optimum of every linear autoencoder: principal components (Baldi & Hornik 1989), and how far from it one is.

All in float64 and of a given set of examples, with 1/N in the covariance (scikit-learn's explained variance has N - 1).
"""

from typing import NamedTuple

import torch
from torch import Tensor

RANK = 1e-10  # of the largest eigenvalue: smaller ones are rounding


class PCA(NamedTuple):
    """Of N centred examples: variances (r,), largest first, and their directions, the rows of (r, n), r = min(N, n).

    Along directions that are not among them the examples do not differ.
    """

    variances: Tensor
    directions: Tensor

    @classmethod
    def of(cls, x: Tensor) -> "PCA":
        """x (N, n)."""
        centred = x.double() - x.double().mean(0)
        if len(x) < x.shape[1]:  # a small matrix rather than one of n x n
            _left, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
            return cls(sizes.square() / len(x), directions)
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(x))
        return cls(values.flip(0).clamp_min(0), vectors.flip(1).T.contiguous())

    @property
    def rank(self) -> int:
        """Directions along which the examples differ at all."""
        return int((self.variances > RANK * self.variances[0]).sum()) if self.variances[0] > 0 else 0

    def floor(self, k: int) -> float:
        """The least squared error an example that a linear code of k numbers can reach: the variances left out."""
        return float(self.variances[min(k, self.rank) :][: max(0, self.rank - k)].sum())

    def loss(self, decoder: Tensor, encoder: Tensor) -> float:
        """Squared error an example of x_hat = D E x, (n, k) and (k, n), of the centred examples."""
        return float((self.variances * self._missing(decoder, encoder)).sum())

    def captured(self, decoder: Tensor, encoder: Tensor) -> Tensor:
        """By how much x_hat = D E x, (n, k) and (k, n), lowers the squared error of the part of centred examples along
        each direction, (r,): all of its variance where that part is kept as it is; zero where it is made worse.
        """
        return (self.variances * (1 - self._missing(decoder, encoder))).clamp_min(0)

    def _missing(self, decoder: Tensor, encoder: Tensor) -> Tensor:
        """||v - D E v||^2 of each direction v, (r,)."""
        kept = (self.directions @ encoder.double().T) @ decoder.double().T
        return (self.directions - kept).square().sum(1)

    def largest_angle(self, decoder: Tensor, k: int) -> float:
        """Between the first k directions (those there are) and the span of the columns of (n, k), in radians.

        The largest principal angle: its sine is the norm of what the span leaves of the directions, which is exact
        where the angle is small (Bjorck & Golub 1973).
        """
        mine, span = self.directions[: max(1, min(k, self.rank))], basis(decoder)
        left = mine - (mine @ span) @ span.T
        return float(torch.linalg.matrix_norm(left, 2).clamp(max=1).asin())

    def mean_angle(self, vectors: Tensor, k: int) -> float:
        """Of the columns of (n, m) with that of the first k directions each is nearest to, sign apart, in radians."""
        unit = vectors.double() / vectors.double().norm(dim=0).clamp_min(1e-300)
        return float((self.directions[:k] @ unit).abs().amax(0).clamp(max=1).acos().mean())


def basis(matrix: Tensor) -> Tensor:
    """Orthonormal columns (n, r) with the span of those of (n, k), in float64; columns of rounding are left out."""
    left, sizes, _right = torch.linalg.svd(matrix.double(), full_matrices=False)
    return left[:, sizes > 1e-9 * sizes[0].clamp_min(1e-300)]


def left_singular_vectors(matrix: Tensor) -> Tensor:
    """Of (n, k), by falling singular value, as columns (n, k)."""
    return torch.linalg.svd(matrix.double(), full_matrices=False)[0]
