"""Ten seeds of a GAN in the plane, trained together, against the same ten one after the other.

Both sides are ours, with the same recipe; what is timed is training alone. One seed trains on one thread, as recipes do
unless told otherwise: a second gains it little (docs/architecture.md). Ten together use both.
"""

import time

from repz_core import ensemble
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.tasks.gan_training import recipe, train_ours
from repz_core.config import Recipe

REQUIRED = 2.0
THREADS = 2


def run(settings: Settings) -> Result:
    """Median seconds of both for all ten seeds; a ratio of two means half the time."""
    steps, num_runs, seeds = settings.pick(5, 300, 1000), settings.pick(1, 3, 5), range(settings.pick(2, 10, 10))
    asked = recipe(steps)
    both = asked.replace(threads=THREADS)
    together(both, seeds)  # warms up
    ours, singly = interleave(num_runs, lambda i: together(both, seeds), lambda i: one_by_one(asked, seeds))
    return Result.of(
        "gan_seeds",
        "s",
        ours,
        singly,
        peer_name="our own engine, a seed at a time",
        less_is_better=True,
        required=REQUIRED,
    )


def together(asked: Recipe, seeds: range) -> float:
    """Seconds between the first step and the last, over all seeds at once."""
    times: list[float] = []

    def proceed(step: int) -> bool:
        times.append(time.perf_counter())
        return True

    ensemble.train_seeds(asked, seeds, proceed=proceed)
    return times[-1] - times[0]


def one_by_one(asked: Recipe, seeds: range) -> float:
    """Seconds of the same steps, seed after seed."""
    return sum((asked.training.steps - 1) / train_ours(asked.replace(seed=seed)) for seed in seeds)
