"""Between the lab and a Ray cluster: one process, a thread a run. It holds the run's lock, sends the folder to a node,
applies what comes back, and puts control.json on the board where the node reads it.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any

from repz_core.config import RepzError
from repz_core.executors import parcel
from repz_core.executors.cluster import Cluster
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.run import Run
from repz_core.status import Condition

GLANCE = 0.05  # seconds between two looks at control files

log = logging.getLogger("courier")
_numbers = count()


def main(door: Connection, limits: Limits) -> None:
    """Carry runs until the supervisor is gone and none is left."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C at the terminal is the server's business
    cluster, way, doors = Cluster(limits), list[Delivery](), [door]
    threading.Thread(target=cluster.warm_up, daemon=True).start()
    while doors or way:
        for _ready in connection.wait(doors, GLANCE if way else None):
            try:
                folder = Path(door.recv_bytes().decode())
                way.append(Delivery(Run(folder), Connection(recv_handle(door)), cluster))
            except (EOFError, OSError):  # the supervisor is gone
                doors = []
        for delivery in way:
            delivery.glance()
        way = [delivery for delivery in way if not delivery.over()]
    cluster.leave()


class Delivery:
    """One run under way, on its node or waiting for one. Its thread does the work; `glance` and `over` are asked by
    the main thread.
    """

    def __init__(self, run: Run, link: Connection, cluster: Cluster) -> None:
        self.run, self.link, self.cluster = run, link, cluster
        self.key = f"{run.id}/{next(_numbers)}"  # a run may be sent again
        self.stream: Any = None  # once it is handed over
        self.begun = self.leaving = self.cancelled = False
        self.stamp, self.code = 0, 1
        self.thread = threading.Thread(target=self._carry, daemon=True, name=run.id)
        self.thread.start()

    def glance(self) -> None:
        """Pass on what the supervisor and the user want."""
        with suppress(EOFError, OSError):  # a supervisor that is gone wants nothing more
            self.leaving |= self.link.poll() and self.link.recv_bytes() == b"leave"
        if self.stream and not self.cancelled:
            self._tell()
            if not self.begun and (self.leaving or self._unwanted()):
                self.cluster.cancel(self.stream)
                self.cancelled = True

    def over(self) -> bool:
        """Whether the thread has ended; if so, the supervisor is told how."""
        if self.thread.is_alive():
            return False
        self.cluster.wipe(self.key)
        with suppress(OSError):
            self.link.send_bytes(b"%d" % self.code)
        self.link.close()
        return True

    def _tell(self) -> None:
        with suppress(OSError):
            stamp = -1 if self.leaving else (self.run.folder / "control.json").stat().st_mtime_ns
            if stamp != self.stamp:
                self.stamp = stamp
                control = (self.run.folder / "control.json").read_bytes()
                self.cluster.tell(self.key, None if self.leaving else control)

    def _unwanted(self) -> bool:
        with suppress(RepzError):
            return self.run.control.desired == "stop"
        return False

    def _carry(self) -> None:
        try:
            with self.run.lock():
                self.code = self._deliver()
        except BlockingIOError:
            log.info("run %s is held by another worker", self.run.id)
        except Exception:
            log.exception("run %s", self.run.id)

    def _deliver(self) -> int:
        """The whole way; 0 where the run's status says how it ended, 1 where its node was lost, EX_IOERR as Local's."""
        try:
            for changes in self._news():
                parcel.apply(self.run.folder, changes)
        except RepzError as error:
            self._settle("failed", str(error))
        except self.cluster.faults() as error:
            if not self.cancelled:
                log.warning("run %s lost its node: %s", self.run.id, error)
                return 1
            self._settle("stopped" if self._unwanted() else "queued", "")
        except OSError as error:
            log.error("%s", self.run.unwritable(error))
            return os.EX_IOERR
        return 0

    def _news(self) -> Iterator[list[parcel.Change]]:
        """What the node sends, from the moment it has begun."""
        waiting = _("waiting for the cluster (processors it takes: {threads})")
        self._settle("queued", waiting.format(threads=self.run.recipe.threads))
        self.cluster.connect()
        self.stream = self.cluster.train(self.key, self.run)
        node = self.cluster.next(self.stream)
        self.begun = True
        log.info("run %s is on node %s", self.run.id, node)
        while (changes := self.cluster.next(self.stream)) is not None:
            yield changes

    def _settle(self, state: Condition, message: str) -> None:
        """Say how a run stands that no node has."""
        self.run.tell(self.run.status.replace(state=state, message=message))
