"""Seconds from killing a run's worker (SIGKILL, at a random moment) to new progress, and whether anything is lost.

Each run is killed twice at moments anywhere between its start and its end, start-up, writing and last metrics included.
`ours`: until the log has a row it did not have, or the run has ended. `quality_ours`: the share of runs whose rows,
frames and weights are at last bit for bit those of the undisturbed run; anything but 1 is an error. Needs Linux.
"""

import hashlib
import os
import random
import signal
import tempfile
import time
from pathlib import Path

from repz_core import recipes
from repz_core.bench.live import ended, wait, warm_supervisor, worked, worker_id
from repz_core.bench.measure import Result, Settings
from repz_core.config import Recipe, RepzError
from repz_core.run import Run
from repz_core.runs import RunStore

LIMIT = 2.0  # seconds
KILLS = 2  # a run


def run(settings: Settings) -> Result:
    """Median seconds of all kills."""
    random_moment = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, warm_supervisor(Path(folder)) as store:
        start = time.monotonic()
        recipe = asked(settings.pick(50, 600, 600))
        plain = worked(store, recipe)
        lasts, expected = time.monotonic() - start, fingerprint(plain)
        seconds: list[float] = []
        equal: list[bool] = []
        while len(seconds) < settings.pick(2, 10, 200):
            store.delete(plain)
            moments = sorted(random_moment.uniform(0, lasts) for _kill in range(KILLS))
            disturbed, waited = killed(store, recipe, moments)
            seconds += waited
            equal.append(fingerprint(disturbed) == expected)
    if not all(equal):
        raise RepzError(f"{equal.count(False)} of {len(equal)} runs ended differently after their worker was killed.")
    table = [{"kills": len(seconds), "slowest": max(seconds), "undisturbed": lasts}]
    return Result.of("worker_kills", "s", seconds, [], limit=LIMIT, quality_ours=sum(equal) / len(equal), table=table)


def asked(steps: int) -> Recipe:
    """A VAE on digits whose run has frames, states in between and last metrics."""
    return recipes.default("vae", "digits").replace(**{"training.steps": steps, "training.num_frames": 20})


def killed(store: RunStore, recipe: Recipe, moments: list[float]) -> tuple[Run, list[float]]:
    """The run of `recipe`, whose workers were killed so long after its submission; seconds to the next progress each.

    A run that ended before its moment is left in peace, and the kill is not counted.
    """
    start, waited = time.monotonic(), []
    run = store.submit(recipe)
    for moment in moments:
        while time.monotonic() - start < moment and not ended(run):
            time.sleep(0.001)
        wait(lambda: ended(run) or worker_id(run))
        if worker := worker_id(run):
            os.kill(worker, signal.SIGKILL)
            waited.append(_until_it_goes_on(run))
    wait(lambda: ended(run))
    if run.status.state != "done":
        raise RepzError(f"A run whose worker was killed ended as {run.status.state}: {run.status.message}")
    return run, waited


def _until_it_goes_on(run: Run) -> float:
    """Seconds until the log is longer than now, or the run has ended."""
    start, size = time.monotonic(), run.log_size()
    wait(lambda: run.log_size() > size or ended(run))
    return time.monotonic() - start


def fingerprint(run: Run) -> str:
    """A hash of all that a finished run came to: rows without their times, frames, weights, metrics."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in run.events()]
    status = run.status
    digest = hashlib.sha256(repr((rows, run.frames(), status.state, status.metrics, status.validation)).encode())
    for path in [*sorted((run.folder / "snapshots").iterdir()), run.folder / "weights.safetensors"]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
