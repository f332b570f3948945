"""How far a generator's law is from one that is known: densities over the cells of a grid, and divergences of them.

p is known exactly (datasets/mixtures.py); that of a generator has no closed form and is estimated from samples.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.datasets.mixtures import Mixture

BANDWIDTH = 0.25  # of the kernels, in standard deviations of the law's Gaussians
CELLS = (128, 640)  # a side: at least and at most

Array = NDArray[np.float64]


class Divergences(NamedTuple):
    """Of the law p of the data and the law q of a generator, in nats: estimates, over cells."""

    js: float
    kl_data_model: float
    kl_model_data: float


def edges(law: Mixture, cells: int | None = None) -> Array:
    """Borders of `cells` cells a side (as many as make a cell half a standard deviation wide) that cover what is to be
    seen, (cells + 1,).
    """
    fine = min(max(math.ceil(4 * law.reach / law.sigma), CELLS[0]), CELLS[1])
    return np.linspace(-law.reach, law.reach, (cells or fine) + 1)


def kernel_masses(points: NDArray[np.floating], borders: Array, bandwidth: float) -> Array:
    """Probabilities of cells, (G, G), rows upwards, by a Gaussian kernel of that standard deviation on each of the
    points (N, 2). They sum to less than one where points lie outside.

    Points are first counted in cells and the kernel then integrated from cell to cell: the work does not grow with N.
    """
    cells, width = len(borders) - 1, borders[1] - borders[0]
    places = np.floor((points - borders[0]) / width)
    inside = ((places >= 0) & (places < cells)).all(1)  # false for what is not finite, too
    columns, rows = places[inside].astype(np.int64).T
    flat = rows * cells + columns
    counts = np.bincount(flat, minlength=cells * cells).reshape(cells, cells) / len(points)
    steps = np.arange(cells)[:, None] - np.arange(cells)  # from centre to centre
    offsets = (np.arange(-cells, cells + 1) + np.array([[-0.5], [0.5]])) * width
    below = np.vectorize(math.erf)(offsets / (bandwidth * math.sqrt(2)))
    spread = ((below[1] - below[0]) / 2)[steps + cells]
    return np.asarray(spread @ counts @ spread.T)


def divergences(p: Array, q: Array, num: int) -> Divergences:
    """Of cell probabilities p and q (any shape); what lies outside the cells is one more cell.

    Both laws are mixed with one part in `num` + 1 of the uniform one (num: samples that q was estimated from), so that
    a cell that no sample fell into costs much, but not infinitely much.
    """
    p, q = (_smoothed(np.append(law, max(0.0, 1 - law.sum())), num) for law in (p, q))
    middle = (p + q) / 2
    return Divergences((_kl(p, middle) + _kl(q, middle)) / 2, _kl(p, q), _kl(q, p))


def _smoothed(law: Array, num: int) -> Array:
    return np.asarray((law / law.sum() * num + 1 / law.size) / (num + 1))


def _kl(p: Array, q: Array) -> float:
    return float((p * np.log(p / q)).sum())


def best_judge(p: Array, q: Array, num: int) -> Array:
    """D* = p / (p + q) in each cell; NaN where both laws together expect less than half of one of `num` samples."""
    total = p + q
    return np.where(total > 0.5 / num, p / np.maximum(total, 1e-300), np.nan)
