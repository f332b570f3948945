"""All changes of grey images, batch 256 at 28 x 28 pixels, against kornia's counterparts one after the other.

Crop and resize, mirror, affine, elastic, blur, noise and erasing, each image its own, on one thread each. What is timed
is the change alone, the images being there; a run is the median of several calls in a row.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from repz_core import datasets, engine, recipes
from repz_core.augment import Strengths, change
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import Peer

REQUIRED = 2.0
NUM_IMAGES, SHAPE = 256, (1, 28, 28)
EVERY = Strengths(crop=0.3, affine=0.15, shift=0.05, elastic=0.04, flip=0.5, blur=1.5, noise=0.1, erase=0.4)


def run(settings: Settings) -> Result:
    """Median images a second of both."""
    repeats, num_runs = settings.pick(2, 20, 40), settings.pick(1, 5, 11)
    x = datasets.load("mnist5k").part("train").x[:NUM_IMAGES]
    if settings.peers is None:
        ours, theirs = interleave(num_runs, lambda i: ours_in(x, repeats), None)
    else:
        with tempfile.TemporaryDirectory() as folder, Peer(settings.peers, "contrastive") as peer:
            path = Path(folder) / "x.npy"
            np.save(path, x.reshape(-1, *SHAPE))
            asked = {"x": str(path), "threads": 1, "repeats": repeats}
            ours, theirs = interleave(
                num_runs,
                lambda i: ours_in(x, repeats),
                lambda i: NUM_IMAGES / statistics.median(peer.ask("augmentation", **asked)["seconds"]),
            )
    return Result.of("augmentation", "images/s", ours, theirs, peer_name="kornia 0.9.0", required=REQUIRED)


def ours_in(x: np.ndarray, repeats: int) -> float:
    """Images a second, within what a run computes in."""
    images, noise, seconds = torch.from_numpy(x), torch.Generator().manual_seed(0), []
    with engine.numerics(recipes.default("simclr", "mnist5k").replace(threads=1)):
        for _repeat in range(repeats):
            start = time.perf_counter()
            change(images, SHAPE, EVERY, noise)
            seconds.append(time.perf_counter() - start)
    return NUM_IMAGES / statistics.median(seconds)
