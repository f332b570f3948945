"""How near one set of samples is to another: pure functions of two matrices of features, computed in float64."""

import torch
from torch import Tensor

_CHUNK = 500  # rows compared at a time with all others: 500 x 10,000 distances take 40 MB


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Squared 2-Wasserstein distance of the Gaussians fitted to `real` (N, d) and `fake` (M, d), in squared units.

    |mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) with N - 1 in the covariances (FID: Heusel et al. 2017,
    arXiv:1706.08500). With the rows' deviations factored as Q R, S = R^T R and tr (S1 S2)^(1/2) is the sum of the
    singular values of R1 R2^T: no covariance is formed, none need have full rank. Few rows bias it upwards.
    Raises ValueError for fewer than two rows, for unlike widths and for values that are not finite.
    """
    real, fake = _checked(real, fake, least=2)
    shift = (real.mean(0) - fake.mean(0)).square().sum()
    root1, root2 = _root(real), _root(fake)
    shared = torch.linalg.svdvals(root1 @ root2.T).sum()
    return max(0.0, float(shift + root1.square().sum() + root2.square().sum() - 2 * shared))


def _root(features: Tensor) -> Tensor:
    """R (min(N, d), d) with R^T R = the covariance of the rows of (N, d)."""
    deviations = (features - features.mean(0)) / (len(features) - 1) ** 0.5
    return torch.linalg.qr(deviations, mode="r").R


def precision_recall(real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    """Precision: the share of `fake` (M, d) that lies among `real` (N, d); recall: of `real` among `fake`.

    Among a set: no farther from some row of it than that row's own k-th nearest neighbour in the set
    (Kynkaanniemi et al. 2019, arXiv:1904.06991). Both lie in [0, 1]; memory grows with N + M, not with N M.
    Raises ValueError for fewer than k + 1 rows, for unlike widths and for values that are not finite.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1; got {k}")
    real, fake = _checked(real, fake, least=k + 1)
    return _share_among(fake, real, k), _share_among(real, fake, k)


def _share_among(points: Tensor, rows: Tensor, k: int) -> float:
    """The share of `points` (M, d) in at least one of the balls about `rows` (N, d)."""
    # k + 1: among the rows, the nearest to each is itself
    radii = torch.cat([_distances(part, rows).kthvalue(k + 1).values for part in rows.split(_CHUNK)])
    inside = [(_distances(part, rows) <= radii).any(1) for part in points.split(_CHUNK)]
    return float(torch.cat(inside).double().mean())


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (N, M), by differences: equal rows are exactly 0 apart, as a collapsed set's balls ask."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _checked(real: Tensor, fake: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """Both in float64, detached. Raises ValueError where they cannot be compared."""
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"features must be two matrices of one width; got shapes {tuple(real.shape)} and {tuple(fake.shape)}"
        )
    if min(len(real), len(fake)) < least:
        raise ValueError(f"each set needs at least {least} rows; got {len(real)} and {len(fake)}")
    real, fake = real.detach().double(), fake.detach().double()
    if not (real.isfinite().all() and fake.isfinite().all()):
        raise ValueError("features must be finite; got NaN or infinity")
    return real, fake
