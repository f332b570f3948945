"""What share of the machine's matrix products each method's step gets, and where the rest of its time goes.

The peak is the best rate of float32 products of 1,024 x 1,024, on as many threads as the recipe has. A step's
operations are those of its matrix products and convolutions, forward and backward, as torch counts them; what else it
does counts as none, and neither does the compiled lasso solver (repz::sparse_encode). Its time is the median of
engine.train's steps. The table has each operator's share of a profiled step's time, the greatest first, and what
passes between operators.
"""

import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from repz_core import engine, recipes
from repz_core.bench.measure import Result, Settings
from repz_core.config import Recipe

CASES = (
    ("vae", "mnist5k"), ("simclr", "mnist5k"), ("linear_ae", "mnist5k"), ("sparse_ae", "mnist5k"),
    ("sparse_coding", "patches12"), ("gan", "ring8"), ("gan", "mnist5k"),
)  # fmt: skip
TINY = (("vae", "digits"), ("gan", "ring8"))
SIDE = 1024
NAMED = 6  # operators


def run(settings: Settings) -> Result:
    """The median share over all methods; each in the table."""
    cases = TINY if settings.size == "quick" else CASES
    steps = settings.pick(3, 30, 100)
    table = [case(recipe(*names), steps, peak(settings.pick(1, 10, 30))) for names in cases]
    return Result.of("peak_share", "share of the peak", [row["share"] for row in table], [], table=table)


def recipe(method: str, dataset: str) -> Recipe:
    """The default, which never comes to its end here, so that no last look is in the time."""
    return recipes.default(method, dataset).replace(**{"training.steps": 200_000, "training.num_frames": 2})


def case(asked: Recipe, steps: int, most: float) -> dict[str, Any]:
    """The row of one method."""
    seconds = statistics.median(later - earlier for earlier, later in pairwise(at_steps(asked, steps, _clock)))
    with FlopCounterMode(display=False) as counter:
        counts = at_steps(asked, 3, counter.get_total_flops)
    operations = statistics.median(later - earlier for earlier, later in pairwise(counts))
    return {
        "run": f"{asked.method} on {asked.dataset.partition('@')[0]}",
        "steps_per_second": 1 / seconds,
        "gflop_a_step": operations / 1e9,
        "share": operations / seconds / most,
        "peak_gflop_per_second": most / 1e9,
        "where": profiled(asked, steps),
    }


def at_steps(asked: Recipe, steps: int, look: Callable[[], float]) -> list[float]:
    """What `look` gives before each step, and after the last of so many."""
    found: list[float] = []

    def proceed(step: int) -> bool:
        found.append(look())
        return step <= steps

    for _event in engine.train(asked, proceed=proceed):
        pass
    return found


def peak(repeats: int) -> float:
    """Operations a second of the best of so many matrix products, on one thread, as recipes have it."""
    a, b = torch.randn(2, SIDE, SIDE)
    times = []
    with engine.numerics(recipe("vae", "digits")):
        for _repeat in range(repeats + 1):  # the first warms up
            start = time.perf_counter()
            torch.mm(a, b)
            times.append(time.perf_counter() - start)
    return 2 * SIDE**3 / min(times[1:])


def profiled(asked: Recipe, steps: int) -> dict[str, float]:
    """Shares of the time of some steps: the operators that take most, all others, and what is between them."""
    watch, clock = profile(activities=[ProfilerActivity.CPU]), []

    def proceed(step: int) -> bool:
        if step == 2:  # the first warms up
            watch.start()
            clock.append(_clock())
        if step == steps + 1:
            clock.append(_clock())
            watch.stop()
        return step <= steps

    for _event in engine.train(asked, proceed=proceed):
        pass
    total = 1e6 * (clock[1] - clock[0])
    found = {item.key: item.self_cpu_time_total / total for item in watch.key_averages()}
    largest = dict(sorted(found.items(), key=lambda item: -item[1])[:NAMED])
    others = sum(found.values()) - sum(largest.values())
    return largest | {"other operators": others, "between operators": max(0.0, 1 - sum(found.values()))}


def _clock() -> float:
    return time.perf_counter()
