"""Modes found, share of high-quality samples and spread on the ring of 8 and the grid of 25, over seeds.

By PacGAN's protocol (Lin et al. 2018, arXiv:1712.04086): 2,500 samples, high quality within three standard deviations
of a mode, a mode is found if one sample is. The recipes are the presets of the GAN page; all seeds of one are trained
together. "spread" is the standard deviation within a mode over the true one. Seconds are of training, a seed's share.
`make bench-full` trains ten seeds to the presets' ends; the 2,000 steps of `make bench` are far from these and show the
pace alone.
"""

import statistics
import time

from repz_core import ensemble, recipes
from repz_core.bench.measure import Result, Settings
from repz_core.methods.gan import GAN
from repz_core.modes import Coverage, coverage

LIMIT = 60.0  # seconds a seed
THREADS = 2
PRESETS = ("Ring of 8", "Grid of 25")


def run(settings: Settings) -> Result:
    """Median seconds a seed of both presets, and the table: a row a preset, over its seeds."""
    seeds, steps = range(settings.pick(2, 3, 10)), settings.pick(10, 2000, 0)
    table, seconds = [], []
    for name in PRESETS:
        asked = recipes.preset("gan", name).replace(threads=THREADS)
        if steps:
            asked = asked.replace(**{"training.steps": steps})
        start = time.perf_counter()
        members = ensemble.train_seeds(asked, seeds)
        seconds.append((time.perf_counter() - start) / len(seeds))
        found = [counted(gan) for gan in members]
        setting = {"data": asked.dataset, "steps": asked.training.steps, "seconds a seed": seconds[-1]}
        table.append(setting | summary(found))
    return Result.of("gan_modes", "s", seconds, [], limit=LIMIT, table=table)


def counted(gan: GAN) -> Coverage:
    """By the protocol, from draws of its own."""
    assert gan.law
    return coverage(gan.sample(2500).detach().numpy(), gan.law)


def summary(found: list[Coverage]) -> dict[str, float]:
    """Mean and worst seed of each number."""
    return {
        "seeds": len(found),
        "modes": statistics.mean(one.modes for one in found),
        "fewest modes": min(one.modes for one in found),
        "high quality": statistics.mean(one.high_quality for one in found),
        "least high quality": min(one.high_quality for one in found),
        "spread": statistics.mean(one.spread for one in found),
        "least spread": min(one.spread for one in found),
        "most spread": max(one.spread for one in found),
    }
