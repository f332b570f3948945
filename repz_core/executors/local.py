"""Worker processes of this machine, forked from a server that has torch imported: 0.05 s from start to first metric."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

from repz_core.config import RepzError
from repz_core.limits import Limits, cap_memory

PRELOAD = ["torch", "torch.optim", "torch._dynamo", "repz_core.executors.work"]  # the optimiser imports _dynamo


class Local:
    """Starts one process a run. Needs a supervisor without torch around it: the fork server inherits nothing."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOAD)
        ensure_running()

    def start(self, folder: Path) -> BaseProcess:
        """A worker on that run folder, already going."""
        process = self.context.Process(target=_main, args=(folder, self.limits), daemon=False, name=folder.name)
        with _without_program():
            process.start()
        return process


@contextmanager
def _without_program() -> Iterator[None]:
    """A worker needs nothing of the program that starts it, and would run a script without a guard again to have it."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _main(folder: Path, limits: Limits) -> None:
    """A worker's whole life. SIGTERM asks it to keep a state and leave the run queued.

    Exit code EX_IOERR says that the run's folder took nothing more, not even why.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s worker %(message)s")
    leave = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_signal: leave.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is the server's business
    from repz_core.executors.work import work
    from repz_core.run import Run

    cap_memory(limits.memory)
    try:
        work(Run(folder), seconds=limits.seconds, interrupted=lambda: "queued" if leave.is_set() else None)
    except BlockingIOError:
        logging.info("run %s is held by another worker", folder.name)
    except (RepzError, OSError) as error:
        logging.error("run %s: %s", folder.name, error)
        sys.exit(os.EX_IOERR)
