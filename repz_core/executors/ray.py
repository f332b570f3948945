"""Runs on a Ray cluster, as the supervisor sees them: each is a worker with a sentinel, an exit code and an end.

Ray itself is loaded in one process beside the supervisor (courier.py) and nowhere else. That one process is the
cluster's one job, so that a node's warm workers, torch loaded, take one run after another.
"""

import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path

from repz_core.executors import courier
from repz_core.limits import Limits


class Ray:
    """Hands run folders to the courier, which is started anew should it have died."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.context = multiprocessing.get_context("spawn")
        self._hire()

    def _hire(self) -> None:
        self.door, theirs = self.context.Pipe()
        self.courier = self.context.Process(target=courier.main, args=(theirs, self.limits), daemon=True)
        self.courier.start()
        theirs.close()

    def start(self, folder: Path) -> "Errand":
        """A run on its way. Where the courier dies, its errands end with code 1."""
        if not self.courier.is_alive():
            self._hire()
        ours, theirs = self.context.Pipe()
        with suppress(OSError), theirs:  # it died just now: our end is closed, so the errand has failed
            self.door.send_bytes(str(folder).encode())
            send_handle(self.door, theirs.fileno(), self.courier.pid)
        return Errand(ours)


class Errand:
    """One run under way. The link carries "leave" there and an exit code back; its end is the errand's."""

    def __init__(self, link: Connection) -> None:
        self.link = link
        self.exitcode: int | None = None
        self.sentinel = link.fileno()

    def is_alive(self) -> bool:
        """Whether the run is still in the courier's hands."""
        self.join(0)
        return self.exitcode is None

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end, at most `timeout` seconds."""
        if self.exitcode is None and self.link.poll(timeout):
            try:
                self.exitcode = int(self.link.recv_bytes())
            except (EOFError, OSError):
                self.exitcode = 1

    def terminate(self) -> None:
        """Ask for the run's state to be brought home and the run to be left queued."""
        with suppress(OSError):
            self.link.send_bytes(b"leave")
