"""A UMAP of 5,000 images' pixels against umap-learn as called by default.

Ours: embed.flat_map, with all distances in place of an approximate search, seeded and so on one thread. The peer:
umap.UMAP().fit_transform, unseeded, which may use all threads. In one process; a first call of each, which compiles or
loads what was compiled, is in the table alone. Quality is trustworthiness.
"""

import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from repz_core import datasets, embed
from repz_core.bench.measure import Result, Settings, interleave

NUM_POINTS = 5000


def run(settings: Settings) -> Result:
    """Median seconds of both."""
    x = datasets.load("mnist5k").x[: settings.pick(60, NUM_POINTS, NUM_POINTS)]
    first = [timed(ours_of, x)[0], timed(theirs_of, x)[0]]
    once = [partial(timed, side, x) for side in (ours_of, theirs_of)]
    ours, theirs = interleave(settings.pick(1, 1, 5), lambda i: once[0](), lambda i: once[1]())
    quality = [min(embed.trustworthiness(x, places) for _seconds, places in side) for side in (ours, theirs)]
    return Result.of(
        "umap_map", "s", [seconds for seconds, _places in ours], [seconds for seconds, _places in theirs],
        peer_name="umap-learn UMAP()", less_is_better=True, quality_ours=quality[0], quality_peer=quality[1],
        table=[{"first call, s": first[0], "the peer's": first[1], "points": len(x)}],
    )  # fmt: skip


def ours_of(x: np.ndarray) -> np.ndarray:
    """Places (N, 2)."""
    return embed.flat_map(torch.from_numpy(x)).numpy()


def theirs_of(x: np.ndarray) -> np.ndarray:
    """The same of umap-learn's."""
    import umap

    places: np.ndarray = umap.UMAP().fit_transform(x)
    return places


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds, and what came out; umap's warnings are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        found = work(*arguments)
    return time.perf_counter() - start, found
