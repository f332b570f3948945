"""Does a generator find all modes? Counted as in PacGAN (Lin et al. 2018, arXiv:1712.04086, section 4.1)."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.datasets.mixtures import Mixture

RADIUS = 3.0  # standard deviations within which a sample is of high quality
# What a Gaussian in the plane keeps within that radius: its share, and its standard deviation on each axis over sigma.
SHARE = 1 - math.exp(-(RADIUS**2) / 2)
KEPT_STD = math.sqrt((1 - math.exp(-(RADIUS**2) / 2) * (1 + RADIUS**2 / 2)) / SHARE)


class Coverage(NamedTuple):
    """`modes`: with at least one sample within 3 standard deviations; `high_quality`: the share of samples that are so
    near a mode (the truth: 98.9 %); `spread`: standard deviation of the samples within a mode over the truth's, mean
    over the modes with two and more; `shares` (M,): of all samples, those near each mode.
    """

    modes: int
    high_quality: float
    spread: float
    shares: NDArray[np.float64]


def coverage(points: NDArray[np.floating], law: Mixture) -> Coverage:
    """Of samples (N, 2) against a law whose centres are modes."""
    squares = ((points[:, None, :] - law.centres) ** 2).sum(-1)
    nearest = squares.argmin(1)
    near = squares[np.arange(len(points)), nearest] < (RADIUS * law.sigma) ** 2
    counts = np.bincount(nearest[near], minlength=len(law.centres))
    stds = [
        math.sqrt(points[near & (nearest == mode)].var(0, ddof=1).mean()) / (KEPT_STD * law.sigma)
        for mode in np.flatnonzero(counts > 1)
    ]
    spread = float(np.mean(stds)) if stds else 0.0
    return Coverage(int((counts > 0).sum()), float(near.mean()), spread, counts / len(points))
