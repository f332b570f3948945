"""Training with a hall of viewers on the run's page, against training with nobody there.

The lab is started as its user starts it, a default VAE trains, and tests/viewers.py, a process of its own, has so many
browsers join its page one by one, with empty caches, and stay: page, browser parts, WebSocket, event stream, frames.
Runs with and without viewers alternate: the same recipe, another seed, the same seconds after its start.

What is compared: steps a second while all viewers are connected. The table has the rest: steps a second while they
join, what they cost the lab's process (supervisor, workers and viewers left out), how long a first script takes, from
opening the WebSocket to the script's end, and how many viewers lack a row of the log or have one twice, breaks and all.
"""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from repz_core import recipes
from repz_core.bench.lab import Lab, lab, report, wait
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.config import Recipe
from repz_core.runs import RunStore
from repz_core.status import ENDED

REQUIRED = 0.95
LIMITS = {"server_share_of_a_core": 0.15, "server_megabytes": 300.0, "first_script_p95": 3.0, "viewers_not_whole": 0.0}
STEPS = 40_000  # more than anybody waits for; about five rows a second


class Plan(NamedTuple):
    """How many viewers join over how many seconds, and for how many all of them stay."""

    viewers: int
    join: int
    stay: int


def run(settings: Settings) -> Result:
    """Median steps a second of both, and what the viewers cost."""
    plan = Plan(settings.pick(3, 60, 500), settings.pick(1, 20, 60), settings.pick(2, 20, 60))
    asked = recipe(settings.images)
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as served:
        watched, alone = interleave(
            settings.pick(1, 1, 2),
            lambda i: watch(served, asked.replace(seed=2 * i), plan),
            lambda i: watch(served, asked.replace(seed=2 * i + 1), plan._replace(viewers=0)),
        )
    return Result.of(
        "many_viewers",
        "steps/s",
        [seen["connected"]["steps_per_second"] for seen in watched],
        [seen["connected"]["steps_per_second"] for seen in alone],
        peer_name="the same with no viewer",
        required=REQUIRED,
        table=table(watched, alone),
    )


def recipe(dataset: str) -> Recipe:
    """The default VAE, training for longer than the measurement takes."""
    return recipes.default("vae", dataset).replace(**{"training.steps": STEPS})


def table(watched: list[dict[str, Any]], alone: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Medians over the runs with viewers, a figure a row, with its limit where there is one."""

    def median(get: Callable[[dict[str, Any]], float], runs: list[dict[str, Any]] = watched) -> float:
        return statistics.median(get(seen) for seen in runs)

    found = {
        "viewers": median(lambda seen: seen["viewers"]),
        "scripts_finished": median(lambda seen: seen["scripts"]),
        "updates_a_second": median(lambda seen: seen["updates_a_second"]),
        "server_share_of_a_core": median(lambda seen: seen["connected"]["server"]),
        "server_share_while_joining": median(lambda seen: seen["joining"]["server"]),
        "server_megabytes": median(lambda seen: seen["memory"]["peak"]),
        "first_script_p50": median(lambda seen: seen["first_script"]["p50"]),
        "first_script_p95": median(lambda seen: seen["first_script"]["p95"]),
        "viewers_not_whole": median(lambda seen: seen["behind"] + seen["wrong"] + len(seen["faults"])),
        "viewers_returned": median(lambda seen: seen["returned"]),
        "steps_a_second_while_joining": median(lambda seen: seen["joining"]["steps_per_second"]),
        "the_same_with_no_viewer": median(lambda seen: seen["joining"]["steps_per_second"], alone),
    }
    return [{"figure": name, "ours": value, "limit": LIMITS.get(name)} for name, value in found.items()]


def watch(served: Lab, asked: Recipe, plan: Plan) -> dict[str, Any]:
    """The report of tests/viewers.py on a new run of `asked`, which is stopped afterwards."""
    new = RunStore(served.home).submit(asked)
    wait(lambda: bool(new.frames()) and new.status.step > 0)
    options = ["--run", new.id, "--viewers", plan.viewers, "--join", plan.join, "--stay", plan.stay]
    found: dict[str, Any] = report("viewers", served, *options)
    new.steer(desired="stop")
    wait(lambda: new.status.state in ENDED and not new.locked())
    return found
