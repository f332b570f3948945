"""One process a run root that sees to it that queued runs are worked on. Itself without torch, single-threaded.

Started by the web server (`ensure`), woken by a pipe in the root when a run is submitted, it restarts a worker that
died, adopts what it finds, and ends a while after the last run and the last server.
"""

import fcntl
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path

from repz_core import executors
from repz_core.config import RepzError
from repz_core.locale import _
from repz_core.run import ENDED, Run, write_json
from repz_core.runs import RunStore

LINGER = 60.0  # seconds to stay without runs and servers
SCAN = 2.0  # seconds between two looks at the root when nobody wakes us
SOURCE = Path(__file__).resolve().parent.parent
MAX_RESTARTS = 3  # deaths of a worker without a step of progress

log = logging.getLogger("supervisor")


class Supervisor:
    """The schedule: at most `limit` workers, oldest queued run first."""

    def __init__(self, store: RunStore, executor: executors.Executor, limit: int) -> None:
        self.store, self.limit = store, limit
        self.workers: dict[str, executors.Worker] = {}
        self.progress: dict[str, int] = {}
        self.leaving = False
        self.busy_at = time.monotonic()
        with suppress(FileExistsError):
            os.mkfifo(store.root / "wake", 0o600)
        self.pipe = os.open(store.root / "wake", os.O_RDWR | os.O_NONBLOCK)  # O_RDWR: never at its end
        self.executor = executor

    def serve(self) -> None:
        """Work until told to leave, or until nobody needs us."""
        while not self.leaving:
            self._reap()
            waiting = self._schedule()
            if waiting or self.workers or _servers_alive(self.store.root):
                self.busy_at = time.monotonic()
            elif time.monotonic() - self.busy_at > LINGER:
                break
            wait([self.pipe, *(worker.sentinel for worker in self.workers.values())], timeout=SCAN)
            with suppress(BlockingIOError):
                os.read(self.pipe, 4096)
        for worker in self.workers.values():
            worker.terminate()
        for worker in self.workers.values():
            worker.join(10)

    def _schedule(self) -> int:
        """Start what may start; how many runs are still to be worked on by somebody."""
        pending = [run for run in self.store.list() if run.folder.parent == self.store.root and self._pending(run)]
        for run in reversed(pending):  # the list is newest first
            try:
                self._take_up(run)
            except RepzError as error:  # its control.json, say, is damaged
                self._settle(run, "failed", str(error))
            except OSError as error:  # it was deleted while we looked
                log.warning("passing over %s: %s", run.id, error)
        return sum(run.id in self.workers or run.status.state != "paused" for run in pending)

    def _take_up(self, run: Run) -> None:
        """Start a worker on a run that has none, if there is room; a paused worker takes none."""
        if run.id in self.workers or run.locked():
            return
        paused = sum(self.store.open(id).status.state == "paused" for id in self.workers)
        if run.control.desired == "stop":
            self._settle(run, "stopped", "")
        elif len(self.workers) - paused < self.limit:
            log.info("starting %s", run.id)
            self.workers[run.id] = self.executor.start(run.folder)

    def _pending(self, run: Run) -> bool:
        with suppress(RepzError):
            return run.status.state not in ENDED
        return False

    def _reap(self) -> None:
        """Look at workers that ended; one that died leaves its run to be taken up again, within reason."""
        for id, worker in list(self.workers.items()):
            if not worker.is_alive():
                worker.join()
                del self.workers[id]
                run = Run(self.store.root / id)
                if run.folder.exists() and self._pending(run) and not self.leaving:
                    self._count_death(run, worker.exitcode)

    def _count_death(self, run: Run, code: int | None) -> None:
        """Note that a worker died; after too many deaths at one step, the run has failed."""
        log.warning("worker of %s died with exit code %s", run.id, code)
        status = run.status
        restarts = 1 if status.step > self.progress.get(run.id, -1) else status.restarts + 1
        self.progress[run.id] = status.step
        if restarts > MAX_RESTARTS:
            fault = _("The worker died {count} times at step {step} (exit code {code}); see supervisor.log.")
            self._settle(run, "failed", fault.format(count=restarts, step=status.step, code=code))
        else:
            self._write(run, restarts=restarts)

    def _settle(self, run: Run, state: str, message: str) -> None:
        """End a run that has no worker."""
        self._write(run, state=state, message=message)

    def _write(self, run: Run, **changes: object) -> None:
        """Change the status of a run that nobody holds; if somebody does, it is his to tell."""
        with suppress(BlockingIOError, OSError), run.lock():
            write_json(run.folder / "status.json", run.status.replace(**changes).model_dump())

    def leave(self, *_signal: object) -> None:
        """Hand the runs over: workers keep their state, and the next supervisor goes on."""
        self.leaving = True
        os.write(self.pipe, b"!")


@contextmanager
def ensure(root: Path) -> Iterator[None]:
    """Be a server of `root`: have a supervisor of this code's version there for as long as the context lasts.

    One of other code is asked to leave, one that died is followed by the next.
    """
    root.mkdir(parents=True, exist_ok=True)
    over = threading.Event()
    with open(root / "servers.lock", "ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)  # the supervisor counts those who hold it
        _dismiss_old_code(root)
        threading.Thread(target=_keep, args=(root, over), daemon=True, name="keeps a supervisor").start()
        try:
            yield
        finally:
            over.set()


def _keep(root: Path, over: threading.Event) -> None:
    """Start a supervisor whenever there is none; one that finds another at work ends at once."""
    while not over.is_set():
        if not _held(root / "supervisor.lock"):
            with open(root / "supervisor.log", "ab") as out:
                command = [sys.executable, "-m", "repz_core.supervisor", str(root)]
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=SOURCE
                ).wait()
        over.wait(SCAN)


def _dismiss_old_code(root: Path) -> None:
    """Ask a supervisor of other code to hand over, and wait until it has."""
    with suppress(OSError, ValueError, KeyError):
        here = json.loads((root / "supervisor.json").read_text())
        if not _held(root / "supervisor.lock") or here["code"] == code_version():
            return
        os.kill(here["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 15
        while _held(root / "supervisor.lock") and time.monotonic() < deadline:
            time.sleep(0.05)


def code_version() -> str:
    """A fingerprint of repz_core's source: a supervisor of other code is replaced."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _held(path: Path) -> bool:
    try:
        with open(path, "ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True


def _servers_alive(root: Path) -> bool:
    return _held(root / "servers.lock")


def main(root: Path) -> None:
    """Supervise `root`; at once done where somebody else does."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "supervisor.lock", "ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        write_json(root / "supervisor.json", {"pid": os.getpid(), "code": code_version()})
        executor = executors.chosen()
        limit = int(os.environ.get("REPZ_WORKERS", executor.limit))
        supervisor = Supervisor(RunStore(root), executor, limit)
        signal.signal(signal.SIGTERM, supervisor.leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.serve()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
