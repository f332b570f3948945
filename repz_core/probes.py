"""How much of the classes a representation holds: linear probes and nearest neighbours. Pure functions of tensors.

A probe is trained on some rows and their classes, and judged on others; all numbers are shares of one.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

NEIGHBOURS = 5
_TOLERANCE, _STEPS = 1e-3, 500  # of the largest slope of the sum over rows; iterations
_BEND = 0.03  # of the likelihood along a feature, a row: p (1 - p), once most rows are known


class LinearProbe:
    """Multinomial logistic regression on standardised features: sum of -log p(y) plus |W|^2 / 2, biases free.

    The optimum that scikit-learn's LogisticRegression has by default, found by L-BFGS in float64.
    """

    def __init__(self, features: Tensor, classes: Tensor, num_classes: int) -> None:
        """features (N, d), classes (N,) of 0..num_classes - 1. A feature that never varies counts for nothing."""
        x = features.double()
        spread, self.mean = torch.std_mean(x, 0, correction=0)
        self.scale = torch.where(spread > 1e-9 * spread.max().clamp_min(1e-30), 1 / spread, 0)
        self.weights = _logistic((x - self.mean) * self.scale, classes, num_classes)

    def classify(self, features: Tensor) -> Tensor:
        """The likeliest class of each row, (M, d) -> (M,)."""
        return (_with_ones((features.double() - self.mean) * self.scale) @ self.weights).argmax(1)

    def accuracy(self, features: Tensor, classes: Tensor) -> float:
        """The share of rows put in the right class."""
        return float((self.classify(features) == classes).double().mean())


def _with_ones(x: Tensor) -> Tensor:
    return F.pad(x, (0, 1), value=1.0)


def _logistic(x: Tensor, classes: Tensor, num_classes: int) -> Tensor:
    """The optimal weights, biases in the last row, (N, d), (N,) -> (d + 1, classes).

    They lie in the span of the rows: where there are fewer rows than features, that is where they are sought. The
    search goes in coordinates in which the sum bends about as much along any direction: the same optimum in a third of
    the steps.
    """
    if len(x) < x.shape[1]:
        span, coordinates = torch.linalg.qr(x.T)
        found = _logistic(coordinates.T, classes, num_classes)
        return torch.cat([span @ found[:-1], found[-1:]])
    from scipy.optimize import minimize  # scikit-learn's choice too; a third of a second to import
    from threadpoolctl import threadpool_limits

    # |W|^2 is by the bend's Cholesky factor the coordinates' own square less _BEND |logits|^2: no further product
    factor = torch.linalg.cholesky(torch.addmm(torch.eye(x.shape[1], dtype=x.dtype), x.T, x, alpha=_BEND))
    level = (_BEND * len(x)) ** -0.5  # of the column that the biases multiply
    x = F.pad(torch.linalg.solve_triangular(factor, x.T, upper=False).T, (0, 1), value=level)
    targets = F.one_hot(classes, num_classes).double().T.contiguous()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = torch.from_numpy(flat).view(num_classes, -1)  # a class a row: these products take a third of the time
        logits = weights @ x.T
        logs = logits.log_softmax(0)
        slope = torch.addmm(weights, logs.exp().sub_(targets).sub_(logits, alpha=_BEND), x)
        penalty = weights.square().sum() - _BEND * logits.square().sum()
        return float(penalty / 2 - (logs * targets).sum()), slope.flatten().numpy()

    start = np.zeros(x.shape[1] * num_classes)
    with threadpool_limits(1, "blas"):  # its vectors are short, and threads that wait for each other take a core each
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "gtol": _TOLERANCE})
    weights = torch.from_numpy(found.x).view(num_classes, -1).T
    return torch.cat([torch.linalg.solve_triangular(factor.T, weights[:-1], upper=True), level * weights[-1:]])


def nearest(features: Tensor, classes: Tensor, held_out: Tensor, num_classes: int) -> Tensor:
    """Each held-out row's class by vote of its NEIGHBOURS nearest rows in angle, (N, d), (N,), (M, d) -> (M,).

    Closer neighbours weigh a little more, which decides a tie.
    """
    found = (F.normalize(held_out) @ F.normalize(features).T).topk(min(NEIGHBOURS, len(features)), 1)
    votes = torch.zeros(len(held_out), num_classes)
    return votes.scatter_add_(1, classes[found.indices], 1 + 1e-3 * found.values).argmax(1)


def draws(classes: Tensor, count: int, num: int) -> Iterator[Tensor]:
    """`num` times the places of `count` rows of each class, drawn anew, the same draws each time.

    A class with fewer rows gives all it has.
    """
    noise = torch.Generator().manual_seed(count)
    members = [(classes == label).nonzero().flatten() for label in classes.unique()]
    for _draw in range(num):
        yield torch.cat([rows[torch.randperm(len(rows), generator=noise)[:count]] for rows in members])


class Judge:
    """Representations judged by the same classes: of the rows that a probe learns from, (N,), and of others, (M,)."""

    def __init__(self, classes: Tensor, truth: Tensor) -> None:
        self.classes, self.truth = classes, truth
        self.num_classes = int(torch.cat([classes, truth]).max()) + 1

    def linear(self, features: Tensor, held_out: Tensor, count: int = 0, num: int = 1) -> Tensor:
        """Accuracies on held_out (M, d) of probes on `count` rows a class of (N, d), drawn `num` times, (num,); all
        rows where `count` is 0, once, repeated.
        """
        if count == 0:
            return torch.tensor([self._accuracy(features, self.classes, held_out)]).expand(num)
        places = draws(self.classes, count, num)
        return torch.tensor([self._accuracy(features[rows], self.classes[rows], held_out) for rows in places])

    def _accuracy(self, features: Tensor, classes: Tensor, held_out: Tensor) -> float:
        return LinearProbe(features, classes, self.num_classes).accuracy(held_out, self.truth)

    def neighbours(self, features: Tensor, held_out: Tensor) -> float:
        """The share of held-out rows whose neighbours among (N, d) know their class."""
        return float((nearest(features, self.classes, held_out, self.num_classes) == self.truth).double().mean())
