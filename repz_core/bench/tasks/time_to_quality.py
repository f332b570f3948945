"""Seconds of training until a default run is good: a VAE's nll, SimCLR's probe, all modes of the ring.

Timed from the first step to the frame that says so, all looks on the way included, on validation images; with frames so
dense that hardly any time passes between the moment and its frame. A goal that is never reached is an error.
"""

import statistics
import time
from typing import Any, NamedTuple

from repz_core import engine, recipes
from repz_core.bench.measure import Result, Settings
from repz_core.config import RepzError
from repz_core.events import Step


class Goal(NamedTuple):
    """A run is good once the metric is above `level`, or below it where less is better."""

    method: str
    dataset: str
    metric: str
    level: float
    less: bool
    frames: int
    steps: int = 0  # 0: as many as the default recipe has


GOALS = (
    Goal("vae", "mnist5k", "val_nll", 110.0, True, 120),
    Goal("simclr", "mnist5k", "val_probe_h", 0.97, False, 30),
    Goal("gan", "ring8", "val_modes", 7.5, False, 60),
)
TINY = (  # for the form: reached by the first frame after a step
    Goal("vae", "digits", "val_nll", 1e6, True, 2, 5),
    Goal("gan", "ring8", "val_modes", -1.0, False, 2, 5),
)


def run(settings: Settings) -> Result:
    """Median seconds of the first goal; all of them in the table."""
    goals, seeds = (TINY, 1) if settings.size == "quick" else (GOALS, settings.pick(1, 1, 3))
    found = [[reached(goal, seed) for seed in range(seeds)] for goal in goals]
    table = [_row(goal, times) for goal, times in zip(goals, found, strict=True)]
    return Result.of("time_to_quality", "s", [seconds for seconds, _step in found[0]], [], table=table)


def reached(goal: Goal, seed: int) -> tuple[float, int]:
    """Seconds and steps to the goal."""
    asked = recipes.default(goal.method, goal.dataset).replace(seed=seed, **{"training.num_frames": goal.frames})
    asked = asked.replace(**{"training.steps": goal.steps or asked.training.steps})
    start: list[float] = []

    def proceed(step: int) -> bool:
        start.append(time.perf_counter())
        return True

    for event in engine.train(asked, proceed=proceed):
        if isinstance(event, Step) and start and goal.metric in event.values:
            value = event.values[goal.metric]
            if value < goal.level if goal.less else value > goal.level:
                return time.perf_counter() - start[0], event.step
    raise RepzError(f"{goal.method} on {goal.dataset} never came to {goal.metric} of {goal.level:g}.")


def _row(goal: Goal, times: list[tuple[float, int]]) -> dict[str, Any]:
    sign = "<" if goal.less else ">"
    return {
        "run": f"{goal.method} on {goal.dataset}",
        "goal": f"{goal.metric.removeprefix('val_')} {sign} {goal.level:g}",
        "seconds": statistics.median(seconds for seconds, _step in times),
        "steps": statistics.median(step for _seconds, step in times),
    }
