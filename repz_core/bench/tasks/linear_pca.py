"""The linear autoencoder against scikit-learn's PCA, which has its optimum in closed form: seconds to an equal error.

Ours: engine.train on the default recipe from its first step to the first frame whose loss is next to the floor, all
looks on the way included. The peer: PCA.fit at the same size, with its defaults. Both on one thread. Descent cannot win
where an eigenvalue solver exists; the line says what showing the way costs. Quality is the loss over the floor, of the
training images.
"""

import time

import numpy as np
import torch
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from repz_core import datasets, engine, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.config import Recipe, RepzError
from repz_core.events import Step

EQUAL = 1.0001  # loss over floor


def run(settings: Settings) -> Result:
    """Median seconds of both."""
    asked = recipes.default("linear_ae", settings.images)
    equal = np.inf if settings.size == "quick" else EQUAL
    x = datasets.load(asked.dataset).part("train").x
    ours, theirs = interleave(
        settings.pick(1, 3, 7), lambda i: descend(asked.replace(seed=i), equal), lambda i: solve(x, asked)
    )
    return Result.of(
        "linear_pca", "s", [seconds for seconds, _loss in ours], [seconds for seconds, _loss in theirs],
        peer_name="scikit-learn PCA", less_is_better=True, quality_ours=max(loss for _seconds, loss in ours),
        quality_peer=max(loss for _seconds, loss in theirs),
    )  # fmt: skip


def descend(asked: Recipe, equal: float) -> tuple[float, float]:
    """Seconds of training until the loss over its floor is at most `equal`, and what it is then."""
    start: list[float] = []

    def proceed(step: int) -> bool:
        start.append(time.perf_counter())
        return True

    for event in engine.train(asked, proceed=proceed):
        if isinstance(event, Step) and start and "val_loss_over_floor" in event.values:
            loss = event.values["val_loss_over_floor"]
            if loss <= equal:
                return time.perf_counter() - start[0], loss
    raise RepzError(f"Training ended at {loss:.6f} times the floor; it was to come to {equal}.")


def solve(x: np.ndarray, asked: Recipe) -> tuple[float, float]:
    """Seconds of PCA.fit, and its loss over the sum of the discarded eigenvalues, in float64."""
    k: int = asked.model.k  # type: ignore[attr-defined]
    with threadpool_limits(asked.threads):
        start = time.perf_counter()
        fitted = PCA(k).fit(x)
        seconds = time.perf_counter() - start
    centred = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    axes = fitted.components_.astype(np.float64)
    error = np.square(centred - centred @ axes.T @ axes).sum()
    eigenvalues = torch.linalg.eigvalsh(torch.from_numpy(centred.T @ centred))
    return seconds, float(error / eigenvalues[:-k].sum())
