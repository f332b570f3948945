"""What measurements of live runs share: a warm supervisor of its own, waiting, and which process works on a run."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from repz_core import recipes, supervisor
from repz_core.config import Recipe, RepzError
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED

PATIENCE = 60.0  # seconds
UNASKED = 2**31 - 1  # a seed that no measurement asks for: a run that is known would be replayed


@contextmanager
def warm_supervisor(root: Path) -> Iterator[RunStore]:
    """A store whose supervisor has worked on a run already; afterwards no process of it is left."""
    try:
        with supervisor.ensure(root):
            store = RunStore(root)
            worked(store, recipes.default("vae", "digits").replace(seed=UNASKED, **{"training.steps": 20}))
            yield store
    finally:
        _end_group(_supervisor_id(root))


def worked(store: RunStore, asked: Recipe) -> Run:
    """The run of `asked`, trained to its end."""
    run = store.submit(asked)
    wait(lambda: ended(run))
    return run


def ended(run: Run) -> bool:
    """Done, and let go of by its worker."""
    return run.status.state in ENDED and not run.locked()


def wait(done: Callable[[], object]) -> None:
    """Return as soon as `done`. Raises RepzError where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RepzError(f"Nothing came within {PATIENCE:.0f} s.")
        time.sleep(0.001)


def worker_id(run: Run) -> int | None:
    """The process that holds the run's lock, by Linux's list of locks; None where nobody does."""
    held = f":{(run.folder / 'lock').stat().st_ino}" if (run.folder / "lock").exists() else None
    for line in Path("/proc/locks").read_text().splitlines():
        _number, *rest = line.split()
        if held and rest[0] == "FLOCK" and rest[4].endswith(held):
            return int(rest[3])
    return None


def _supervisor_id(root: Path) -> int:
    """Its process id, which is that of its process group too: it was started as a session of its own."""
    wait((root / "supervisor.json").exists)
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
