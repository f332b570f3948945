"""Seconds from a press on Pause or Stop (the wish written to control.json) to the status that says so.

The usual VAE on mnist5k, asked at random moments of its training. Nothing to compare with: it must stay within a limit.
"""

import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from repz_core import recipes
from repz_core.bench.live import ended, wait, warm_supervisor
from repz_core.bench.measure import Result, Settings
from repz_core.run import Run
from repz_core.status import Condition

LIMIT = 0.5  # seconds


def run(settings: Settings) -> Result:
    """Median of both; the table has each one's median and slowest."""
    moments, pauses, stops = random.Random(0), [], []
    recipe = recipes.default("vae", settings.images)
    if settings.size == "quick":  # on digits its own steps are soon over
        recipe = recipe.replace(**{"training.steps": 100_000})
    with tempfile.TemporaryDirectory() as folder, warm_supervisor(Path(folder)) as store:
        for seed in range(settings.pick(1, 4, 10)):
            run = store.submit(recipe.replace(seed=seed))
            asked(run, "run", "running")
            for _pause in range(settings.pick(1, 4, 10)):
                time.sleep(moments.uniform(0.0, 0.5))
                pauses.append(asked(run, "pause", "paused"))
                asked(run, "run", "running")
            stops.append(asked(run, "stop", "stopped"))
            let_go(run)
    table = [_row("pause", pauses), _row("stop", stops)]
    return Result.of("pause_and_stop", "s", pauses + stops, [], limit=LIMIT, table=table)


def asked(run: Run, wish: str, state: Condition) -> float:
    """Seconds from the wish to the state."""
    start = time.monotonic()
    run.steer(desired=wish)
    wait(lambda: run.status.state == state)
    return time.monotonic() - start


def let_go(run: Run) -> None:
    """Wait until what came out of it is measured."""
    wait(lambda: ended(run))


def _row(what: str, seconds: list[float]) -> dict[str, Any]:
    return {"asked": what, "median": statistics.median(seconds), "slowest": max(seconds), "times": len(seconds)}
