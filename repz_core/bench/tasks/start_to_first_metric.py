"""Seconds from asking for a new run to its first logged row: a warm supervisor against a fresh interpreter.

Ours: from RunStore.submit to the first whole line of the run's events.jsonl, the supervisor of that run root having
worked on a run before. The peer: from starting `python -m repz_core train` on the same recipe to that same line.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from repz_core import recipes, supervisor
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import ROOT
from repz_core.config import Recipe, RepzError
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED

LIMIT = 0.3  # seconds
STEPS = 20
PATIENCE = 60.0  # seconds


def run(settings: Settings) -> Result:
    """Median seconds of both, each time for a recipe that was never asked for before."""
    num_runs = settings.pick(1, 10, 20)
    with tempfile.TemporaryDirectory() as folder, warm_supervisor(Path(folder)) as store:
        ours, peer = interleave(num_runs, lambda i: submitted(store, recipe(i)), lambda i: fresh(recipe(i), folder))
    return Result.of(
        "start_to_first_metric", "s", ours, peer, peer_name="fresh interpreter", less_is_better=True, limit=LIMIT
    )


def recipe(seed: int) -> Recipe:
    """A short VAE run."""
    return recipes.default("vae", "digits").replace(seed=seed, **{"training.steps": STEPS})


@contextmanager
def warm_supervisor(root: Path) -> Iterator[RunStore]:
    """A store whose supervisor has worked on a run already; afterwards no process of it is left."""
    try:
        with supervisor.ensure(root):
            store = RunStore(root)
            submitted(store, recipe(2**31 - 1))
            yield store
    finally:
        _end_group(_supervisor_id(root))


def submitted(store: RunStore, asked: Recipe) -> float:
    """Seconds from submitting `asked` to its first row; returns once the run has ended and the worker is free."""
    start = time.perf_counter()
    new = store.submit(asked)
    _wait(lambda: _first_row(new.folder))
    seconds = time.perf_counter() - start
    _wait(lambda: _ended(new))
    return seconds


def fresh(asked: Recipe, folder: str) -> float:
    """Seconds from starting an interpreter that trains `asked` to its first row; returns once it has ended."""
    out = Path(folder) / f"fresh-{asked.seed}"
    settings = ["--dataset", asked.dataset, "--steps", str(asked.training.steps), "--seed", str(asked.seed)]
    command = [sys.executable, "-m", "repz_core", "train", asked.method, *settings, "--out", str(out), "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(lambda: _first_row(out) or process.poll() is not None)
            seconds = time.perf_counter() - start
            process.wait(PATIENCE)
        finally:
            process.kill()
    if process.returncode != 0:
        raise RepzError(f"A fresh interpreter's run ended with exit code {process.returncode}.")
    return seconds


def _first_row(folder: Path) -> bool:
    with suppress(OSError):
        return b"\n" in (folder / "events.jsonl").read_bytes()
    return False


def _ended(run: Run) -> bool:
    """Done, and let go of by its worker."""
    return run.status.state in ENDED and not run.locked()


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RepzError(f"Nothing came within {PATIENCE:.0f} s.")
        time.sleep(0.001)


def _supervisor_id(root: Path) -> int:
    """Its process id, which is that of its process group too: it was started as a session of its own."""
    _wait((root / "supervisor.json").exists)
    id: int = json.loads((root / "supervisor.json").read_text())["pid"]
    return id


def _end_group(group: int) -> None:
    """Ask the supervisor to leave and wait for it, its fork server and workers; by force where that takes long."""
    with suppress(ProcessLookupError):
        os.kill(group, signal.SIGTERM)
        if not _gone(group, 15):
            os.killpg(group, signal.SIGKILL)
            _gone(group, 5)


def _gone(group: int, patience: float) -> bool:
    """Whether no process of the group is left before `patience` seconds are over."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with suppress(ChildProcessError):  # reaped already
            os.waitpid(group, os.WNOHANG)
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
