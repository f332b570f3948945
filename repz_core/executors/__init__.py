"""Where a run executes: in a worker process of this machine (local), or on a node of a Ray cluster (ray)."""

import os
from pathlib import Path
from typing import Protocol

from repz_core.config import RepzError
from repz_core.locale import _

NAMES = ("local", "ray")


class Worker(Protocol):
    """Somebody at work on a run, as multiprocessing's processes have it."""

    @property
    def sentinel(self) -> int:
        """Ready to be read once the work is over."""

    @property
    def exitcode(self) -> int | None:
        """0 where the work was seen through, None while it goes on."""

    def is_alive(self) -> bool:
        """Whether the work goes on."""

    def terminate(self) -> None:
        """Ask for the run's state to be kept and the run to be left queued."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end, at most `timeout` seconds."""


class Executor(Protocol):
    """Starts workers."""

    @property
    def limit(self) -> int:
        """How many may be at work at once, unless REPZ_WORKERS says."""

    def start(self, folder: Path) -> Worker:
        """A worker on that run folder, already going."""


def named() -> str:
    """The executor that REPZ_EXECUTOR asks for. Raises RepzError where there is no such."""
    name = os.environ.get("REPZ_EXECUTOR") or "local"
    if name not in NAMES:
        raise RepzError(_("REPZ_EXECUTOR must be {known}; got '{given}'.").format(known=" or ".join(NAMES), given=name))
    return name


def chosen() -> Executor:
    """That executor, ready to start workers."""
    if named() == "ray":
        from repz_core.executors.ray import Ray

        return Ray()
    from repz_core.executors.local import Local

    return Local()
