"""One process a run root that sees to it that queued runs are worked on. Itself without torch, single-threaded.

Started by a web server (`ensure`), woken by a pipe in the root when a run is submitted. What it does when:

- a worker dies: its run is queued again and goes on from its last state; after some deaths without progress it failed;
- the supervisor dies: workers live on, each holding its run's lock, and the next supervisor leaves those runs to them;
- a run's folder takes no more (disk full, read-only): it waits until the folder does, and our card says why;
- two supervisors meet on one root: the second ends at once;
- the last server is gone: it ends a while after the last run.

No decision depends on the wall clock.
"""

import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Set
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path

from repz_core import executors
from repz_core.config import RepzError
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.presence import SCAN, code_version, held
from repz_core.presence import ensure as ensure
from repz_core.run import Run, write_json
from repz_core.runs import RunStore
from repz_core.status import ENDED, Condition

LINGER = 60.0  # seconds to stay without runs and servers
ORPHANS = 0.2  # seconds between two looks while a worker of somebody else's is at a run: nothing tells of its death
MAX_RESTARTS = 3  # deaths of a worker without progress

log = logging.getLogger("supervisor")


class Supervisor:
    """The schedule: at most `limits.workers` at a time, the run that was asked for first comes first."""

    def __init__(self, store: RunStore, limits: Limits) -> None:
        self.store, self.limits = store, limits
        self.workers: dict[str, executors.Worker] = {}
        self.deaths: dict[str, tuple[int, int]] = {}  # of a run's workers: at which kept step, how many there
        self.blocked: dict[str, str] = {}  # runs whose folder takes no more, and why
        self.orphans = False
        self.code = code_version()  # now, of what was imported: the files may change later
        self.leaving = False
        self.busy_at = time.monotonic()
        with suppress(FileExistsError):
            os.mkfifo(store.root / "wake", 0o600)
        self.pipe = os.open(store.root / "wake", os.O_RDWR | os.O_NONBLOCK)  # O_RDWR: never at its end
        self.executor = executors.chosen(limits)
        self._show_card()

    def serve(self) -> None:
        """Work until told to leave, or until nobody needs us."""
        while not self.leaving:
            self._reap()
            if self._schedule() or _servers_alive(self.store.root):
                self.busy_at = time.monotonic()
            elif time.monotonic() - self.busy_at > LINGER:
                break
            sentinels = [worker.sentinel for worker in self.workers.values()]
            wait([self.pipe, *sentinels], timeout=ORPHANS if self.orphans else SCAN)
            with suppress(BlockingIOError):
                os.read(self.pipe, 4096)
        for worker in self.workers.values():
            worker.terminate()
        for worker in self.workers.values():
            worker.join(10)

    def _schedule(self) -> bool:
        """Start what may start; whether anything is left to be worked on."""
        pending = self.store.pending()
        ids = {run.id for run in pending}
        self._unblock(ids)
        self.deaths = {id: death for id, death in self.deaths.items() if id in ids}
        going = {run.id for run in pending if self._has_worker(run)}
        self.orphans = bool(going - self.workers.keys())
        waiting = [run for run in pending if run.id not in going and self._startable(run)]
        busy = sum(run.id in going and not _paused(run) for run in pending)
        room = max(0, self.limits.workers - busy)
        for run in waiting[:room]:
            self._start(run)
        for place, run in enumerate(waiting[room:], 1):
            message = _("queued, number {place} of {count}").format(place=place, count=len(waiting) - room)
            if run.status.message != message:
                self._move(run, "queued", message=message)
        return any(run.id in going or not _paused(run) for run in pending)

    def _has_worker(self, run: Run) -> bool:
        """Whether a worker holds the run: ours, one of a supervisor that died, or the command line."""
        try:
            return run.id in self.workers or run.locked()
        except OSError as error:
            self._block(run, error)
            return False

    def _startable(self, run: Run) -> bool:
        """Whether a worker may take it up. One that is to be stopped, or cannot be steered, ends here."""
        try:
            if run.control.desired == "stop":
                self._move(run, "stopped", message="")
                return False
        except RepzError as error:
            self._move(run, "failed", message=str(error))
            return False
        return run.id not in self.blocked or self._move(run, "queued")

    def _start(self, run: Run) -> None:
        log.info("starting %s", run.id)
        try:
            self.workers[run.id] = self.executor.start(run.folder)
        except OSError as error:  # no more processes, say
            self._block(run, error)

    def _reap(self) -> None:
        """Look at workers that ended; one that died leaves its run to be taken up again, within reason."""
        for id, worker in list(self.workers.items()):
            if not worker.is_alive():
                worker.join()
                del self.workers[id]
                run = Run(self.store.root / id)
                if not self.leaving and any(run.id == other.id for other in self.store.pending()):
                    self._count_death(run, worker.exitcode)

    def _count_death(self, run: Run, code: int | None) -> None:
        """Queue the run of a worker that died; after too many deaths without a newer state in between it has failed."""
        step = run.kept_step()
        before, count = self.deaths.get(run.id, (step, 0))
        count = count + 1 if step == before else 1
        self.deaths[run.id] = step, count
        log.warning("worker of %s died with exit code %s, the last state is of step %d", run.id, code, step)
        if count > MAX_RESTARTS:
            fault = _("The worker died {count} times at step {step} (exit code {code}); see supervisor.log.")
            self._move(run, "failed", message=fault.format(count=count, step=max(step, 0), code=code), restarts=count)
        else:
            self._move(run, "queued", restarts=count)

    def _move(self, run: Run, state: Condition, **changes: object) -> bool:
        """Change the status of a run that nobody holds; if somebody does, it is his to tell. Whether it was changed."""
        try:
            with run.lock():
                status = run.status
                if status.state in ENDED:
                    return False
                run.tell(status.replace(state=state, **changes))
        except BlockingIOError:
            return False
        except OSError as error:
            self._block(run, error)
            return False
        self._unblock(self.blocked.keys() - {run.id})
        return True

    def _block(self, run: Run, error: OSError) -> None:
        """Leave the run alone until its folder takes something again."""
        if run.folder.exists() and self.blocked.get(run.id) != (why := str(run.unwritable(error))):
            log.warning(why)
            self.blocked[run.id] = why
            self._show_card()

    def _unblock(self, still: Set[str]) -> None:
        if gone := self.blocked.keys() - still:
            log.info("no longer blocked: %s", ", ".join(gone))
            self.blocked = {id: why for id, why in self.blocked.items() if id in still}
            self._show_card()

    def _show_card(self) -> None:
        """Say who we are, for servers and `doctor`; a full disk is no reason to end."""
        card = {"pid": os.getpid(), "code": self.code, "blocked": self.blocked}
        with suppress(OSError):
            write_json(self.store.root / "supervisor.json", card)

    def leave(self, *_signal: object) -> None:
        """Hand the runs over: workers keep their state, and the next supervisor goes on."""
        self.leaving = True
        os.write(self.pipe, b"!")


def _paused(run: Run) -> bool:
    with suppress(RepzError):
        return run.status.state == "paused"
    return False


def _servers_alive(root: Path) -> bool:
    return held(root / "servers.lock")


def main(root: Path) -> None:
    """Supervise `root`; at once done where somebody else does."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "supervisor.lock", "ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        supervisor = Supervisor(RunStore(root), _limits())
        signal.signal(signal.SIGTERM, supervisor.leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.serve()


def _limits() -> Limits:
    try:
        return Limits.from_environment()
    except RepzError as error:  # the pages tell it to whoever presses Start
        log.warning("%s The defaults hold.", error)
        return Limits()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
