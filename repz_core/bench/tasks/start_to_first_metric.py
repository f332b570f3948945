"""Seconds from asking for a new run to its first logged row: a warm supervisor against a fresh interpreter.

Ours: from RunStore.submit to the first whole line of the run's events.jsonl, the supervisor of that run root having
worked on a run before. The peer: from starting `python -m repz_core train` on the same recipe to that same line.
"""

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from repz_core import recipes
from repz_core.bench.live import PATIENCE, ended, wait, warm_supervisor
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import ROOT
from repz_core.config import Recipe, RepzError
from repz_core.runs import RunStore

LIMIT = 0.3  # seconds
STEPS = 20


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


def submitted(store: RunStore, asked: Recipe) -> float:
    """Seconds from submitting `asked` to its first row; returns once the run has ended and the worker is free."""
    start = time.perf_counter()
    new = store.submit(asked)
    wait(lambda: _first_row(new.folder))
    seconds = time.perf_counter() - start
    wait(lambda: ended(new))
    return seconds


def fresh(asked: Recipe, folder: str) -> float:
    """Seconds from starting an interpreter that trains `asked` to its first row; returns once it has ended."""
    out = Path(folder) / f"fresh-{asked.seed}"
    settings = ["--dataset", asked.dataset, "--steps", str(asked.training.steps), "--seed", str(asked.seed)]
    command = [sys.executable, "-m", "repz_core", "train", asked.method, *settings, "--out", str(out), "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            wait(lambda: _first_row(out) or process.poll() is not None)
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
