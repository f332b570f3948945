"""Where a run executes: in a worker process of this machine (local), or on a node of a Ray cluster (ray)."""

from pathlib import Path
from typing import Protocol

from repz_core.limits import Limits


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

    def start(self, folder: Path) -> Worker:
        """A worker on that run folder, already going. Raises OSError where there can be none."""


def chosen(limits: Limits) -> Executor:
    """The executor that REPZ_EXECUTOR asks for, ready to start workers."""
    if limits.executor == "ray":
        from repz_core.executors.ray import Ray

        return Ray(limits)
    from repz_core.executors.local import Local

    return Local(limits)
