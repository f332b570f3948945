"""A whole training step of SimCLR, batch 256 on mnist5k, against kornia's augmentation with lightly's loss.

Both: the default encoder and head, affine and elastic views, NT-Xent, Adam, two threads. What is timed is
the median step of a run. Ours: those of engine.train, rows of losses in it. Theirs: those of the usual loop with
torch.optim.Adam.
"""

import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from repz_core import datasets, engine, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import Peer
from repz_core.config import Recipe

REQUIRED = 1.5
THREADS, TEMPERATURE = 2, 0.2


def run(settings: Settings) -> Result:
    """Median steps a second of both."""
    steps, num_runs = settings.pick(2, 30, 60), settings.pick(1, 5, 11)
    asked = recipe(settings.images)
    for _turn in range(settings.pick(0, 1, 1)):
        ours_in(asked, steps)  # warms up
    if settings.peers is None:
        ours, theirs = interleave(num_runs, lambda i: ours_in(asked, steps), None)
    else:
        with tempfile.TemporaryDirectory() as folder, Peer(settings.peers, "contrastive") as peer:
            path = Path(folder) / "x.npy"
            np.save(path, datasets.load("mnist5k").part("train").x.reshape(-1, 1, 28, 28))
            arguments = {"batch_size": asked.training.batch_size, "temperature": TEMPERATURE, "lr": asked.training.lr}
            ours, theirs = interleave(
                num_runs,
                lambda i: ours_in(asked, steps),
                lambda i: 1 / statistics.median(
                    peer.ask("step", x=str(path), threads=THREADS, repeats=steps, **arguments)["seconds"]
                ),
            )  # fmt: skip
    name = "kornia 0.9.0 with lightly 1.6.0"
    return Result.of("simclr_step", "steps/s", ours, theirs, peer_name=name, required=REQUIRED)


def recipe(dataset: str) -> Recipe:
    """The default; it is told to stop early, so that no last look at what was learned is in the time."""
    changes = {"training.steps": 200_000, "training.num_frames": 2, "training.batch_size": 256, "threads": THREADS}
    return recipes.default("simclr", dataset).replace(**{"model.temperature": TEMPERATURE}, **changes)


def ours_in(asked: Recipe, steps: int) -> float:
    """Steps a second: one over the median step."""
    times: list[float] = []

    def proceed(step: int) -> bool:
        times.append(time.perf_counter())
        return step <= steps

    for _event in engine.train(asked, proceed=proceed):
        pass
    return 1 / statistics.median(later - earlier for earlier, later in pairwise(times))
