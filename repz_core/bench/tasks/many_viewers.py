"""Training with a hall of viewers on the run's page, against training with nobody there.

The lab is started as its user starts it, a default VAE trains, and tests/viewers.py, a process of its own, has so many
browsers join its page one by one, with empty caches, and stay: page, browser parts, WebSocket, event stream, frames.
Runs with and without viewers alternate: the same recipe, another seed, the same seconds after its start.

What is compared: steps a second while all viewers are connected. The table has the rest: steps a second while they
join, what they cost the lab's process (supervisor, workers and viewers left out), how long a first script takes, from
opening the WebSocket to the script's end, and how many viewers lack a row of the log or have one twice, breaks and all.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from repz_core import recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import ROOT
from repz_core.config import Recipe, RepzError
from repz_core.runs import RunStore
from repz_core.status import ENDED

REQUIRED = 0.95
LIMITS = {"server_share_of_a_core": 0.15, "server_megabytes": 300.0, "first_script_p95": 3.0, "viewers_not_whole": 0.0}
PATIENCE = 90.0  # seconds
STEPS = 40_000  # more than anybody waits for; about five rows a second


class Plan(NamedTuple):
    """How many viewers join over how many seconds, and for how many all of them stay."""

    viewers: int
    join: int
    stay: int


class Lab(NamedTuple):
    """A lab that listens on `port`, its process and its run root."""

    port: int
    pid: int
    home: Path


def run(settings: Settings) -> Result:
    """Median steps a second of both, and what the viewers cost."""
    plan = Plan(settings.pick(3, 60, 500), settings.pick(1, 20, 60), settings.pick(2, 20, 60))
    asked = recipe("digits" if settings.size == "quick" else "mnist5k")
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
    _wait(lambda: bool(new.frames()) and new.status.step > 0)
    command = [sys.executable, "-m", "tests.viewers", "--port", served.port, "--pid", served.pid, "--home", served.home]
    command += ["--run", new.id, "--viewers", plan.viewers, "--join", plan.join, "--stay", plan.stay]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RepzError(f"The viewers failed: {done.stderr[-2000:].strip()}")
    new.steer(desired="stop")
    _wait(lambda: new.status.state in ENDED and not new.locked())
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@contextmanager
def lab(home: Path) -> Iterator[Lab]:
    """The lab as its user starts it, on a free port; afterwards none of its processes is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    environment = os.environ | {"REPZ_HOME": str(home)}
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(
            [*command, f"--server.port={port}"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        _wait(lambda: _answers(port) and (home / "supervisor.json").exists())
        yield Lab(port, server.pid, home)
    finally:
        server.kill()
        server.wait()
        _end_supervisor(home)


def _answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
        return True
    return False


def _end_supervisor(home: Path) -> None:
    """End it and its workers at once."""
    with suppress(OSError, psutil.NoSuchProcess):
        chief = psutil.Process(json.loads((home / "supervisor.json").read_text())["pid"])
        family = [*chief.children(recursive=True), chief]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RepzError(f"Nothing came within {PATIENCE:.0f} s.")
        time.sleep(0.05)
