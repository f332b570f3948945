"""Laws of points whose density is known exactly: mixtures of Gaussians of one width, in the plane or on a line.

A curve is a mixture too: centres along it, closer together than their width, so that no gap shows (two moons: less than
one part in 10^8). So every set of points has its exact density, cell by cell or point by point, without a special case.
"""

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.config import RepzError, short
from repz_core.datasets.splits import uniform
from repz_core.locale import _

DIGITS = 5  # decimals that points are rounded to: the same bits on every machine
DRAWN_SIDE, DRAWN_REACH = 32, 1.0  # a painted density: cells a side, and half the side's length
DRAWN_LENGTH = DRAWN_SIDE**2

Array = NDArray[np.float64]


class Mixture(NamedTuple):
    """sum_m weights[m] N(centres[m], sigma^2 I).

    centres (M, d), d = 2 or 1; weights (M,), their sum 1; labels (M,) the class of each; `modes` says that each centre
    is a mode apart from the others, which can be counted.
    """

    centres: Array
    weights: Array
    sigma: float
    labels: NDArray[np.int64]
    modes: bool

    @property
    def reach(self) -> float:
        """Half the side of a square around zero that holds all that is to be seen."""
        return float(1.15 * np.abs(self.centres).max() + 4 * self.sigma) or 1.0

    @property
    def scale(self) -> float:
        """Root mean square of a coordinate; 1 where all are zero."""
        return float(np.sqrt((self.weights @ self.centres**2).mean() + self.sigma**2)) or 1.0

    def draw(self, num: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """`num` points (num, d) and their classes (num,): a function of the seed, the same on every machine."""
        dims = self.centres.shape[1]
        which, *normals = uniform(seed, num * (1 + 2 * dims)).reshape(1 + 2 * dims, num)
        edges = np.cumsum(self.weights)
        chosen = np.minimum(np.searchsorted(edges, which * edges[-1], side="right"), len(edges) - 1)
        radius = np.sqrt(-2 * np.log1p(-np.array(normals[:dims])))  # Box and Muller 1958
        noise = (radius * np.cos(2 * np.pi * np.array(normals[dims:]))).T
        points = self.centres[chosen] + self.sigma * noise
        return np.round(points, DIGITS).astype(np.float32), self.labels[chosen]

    def log_density(self, x: NDArray[Any]) -> Array:
        """log p at points (N, d), (N,), in nats per unit of area."""
        dims = self.centres.shape[1]
        squares = ((x[:, None, :] - self.centres) ** 2).sum(-1) / self.sigma**2
        terms = np.log(self.weights) - 0.5 * squares
        top = terms.max(1)
        norm = dims * math.log(self.sigma * math.sqrt(2 * math.pi))
        return np.asarray(top + np.log(np.exp(terms - top[:, None]).sum(1)) - norm)

    def masses(self, edges: Array) -> Array:
        """Exact probabilities of the cells of a square grid in the plane with `edges` (G + 1,) on both axes, (G, G).

        Rows go upwards: [i, j] is the cell from edges[i] to edges[i + 1] in y, and in x likewise of j.
        """
        across, up = (_interval_masses(edges, self.centres[:, axis], self.sigma) for axis in (0, 1))
        return np.asarray((up * self.weights[:, None]).T @ across)


def _interval_masses(edges: Array, means: Array, sigma: float) -> Array:
    """Masses of N(means[m], sigma^2) between neighbouring edges, (M, G)."""
    below = np.vectorize(math.erf, otypes=[float])((edges - means[:, None]) / (sigma * math.sqrt(2)))
    return np.asarray(np.diff(below, axis=1) / 2)


def mixture(dataset: str) -> Mixture | None:
    """The law of a set of points, by its name or name@version; None for images."""
    name, at, version = dataset.partition("@")
    if name == "drawn":
        return drawn(version if at else HEART)
    return _known(name)


@cache
def _known(name: str) -> Mixture | None:
    turn = 2 * np.pi * np.arange(8) / 8
    match name:
        case "ring8":
            return _modes(np.stack([np.cos(turn), np.sin(turn)], 1), 0.01)
        case "grid25":
            ticks = np.arange(-4.0, 5.0, 2.0)
            return _modes(np.array([(x, y) for y in ticks for x in ticks]), 0.05)
        case "gaussians":
            return _modes(np.array([(-1.0, 0.0), (1.0, 0.0)]), 0.3)
        case "cloud":
            along = np.linspace(-1.6, 1.6, 33)  # weighted as a Gaussian is, a standard deviation of 0.7 along its axis
            law = _curves([np.stack([0.5 + 0.8 * along, 0.2 + 0.6 * along], 1)], 0.15)
            weights = np.exp(-0.5 * (along / 0.7) ** 2)
            return law._replace(weights=weights / weights.sum())
        case "arc":
            t = np.pi * (np.arange(200) + 0.5) / 200
            return _curves([np.stack([np.cos(t), np.sin(t) - 0.5], 1)], 0.05)
        case "moons":
            t = np.pi * (np.arange(200) + 0.5) / 200
            upper = np.stack([np.cos(t) - 0.5, np.sin(t) - 0.25], 1)
            return _curves([upper, -upper], 0.05)
        case "swissroll":
            t = np.pi * np.linspace(1.5, 4.5, 600)
            return _curves([np.stack([t * np.cos(t), t * np.sin(t)], 1) / (4.5 * np.pi)], 0.02)
        case "dirac":
            return _modes(np.zeros((1, 1)), 0.0)._replace(modes=False)
        case _:
            return None


def _modes(centres: Array, sigma: float) -> Mixture:
    return Mixture(centres, _even(len(centres)), sigma, np.arange(len(centres)), modes=True)


def _curves(curves: list[Array], sigma: float) -> Mixture:
    labels = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves])
    centres = np.concatenate(curves)
    return Mixture(centres, _even(len(centres)), sigma, labels, modes=False)


def _even(num: int) -> Array:
    return np.full(num, 1 / num)


@cache
def drawn(picture: str) -> Mixture:
    """The law of a painted density: 1,024 hex digits, the brightness of 32 x 32 cells over [-1, 1]^2, top row first.

    Raises RepzError for a text of another form, and for an empty picture.
    """
    if len(picture) != DRAWN_LENGTH or not set(picture) <= set("0123456789abcdefABCDEF"):
        raise RepzError(
            _("A drawn density is {length} hex digits, 32 rows of 32 cells; got {given}.").format(
                length=DRAWN_LENGTH, given=short(picture)
            )
        )
    levels = np.array([int(digit, 16) for digit in picture], float)
    if not levels.any():
        raise RepzError(_("The drawn density is empty: paint at least one cell, then start."))
    ticks = (np.arange(DRAWN_SIDE) + 0.5) * (2 * DRAWN_REACH / DRAWN_SIDE) - DRAWN_REACH
    rows, columns = np.divmod(np.flatnonzero(levels), DRAWN_SIDE)
    centres = np.stack([ticks[columns], -ticks[rows]], 1)
    weights = levels[levels > 0] / levels.sum()
    return Mixture(centres, weights, DRAWN_REACH / DRAWN_SIDE, np.zeros(len(centres), np.int64), modes=False)


def _heart() -> str:
    """The outline of a heart, painted before anybody has painted: cells within 0.09 of the curve."""
    t = np.linspace(0, 2 * np.pi, 400)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t) + 2.5
    ticks = (np.arange(DRAWN_SIDE) + 0.5) * (2 / DRAWN_SIDE) - 1
    columns, rows = np.meshgrid(ticks, -ticks)
    squares = (columns[..., None] - x / 19) ** 2 + (rows[..., None] - y / 19) ** 2
    return "".join("f" if near else "0" for near in (squares.min(-1) < 0.09**2).flatten())


HEART = _heart()
