"""A run's folder as an event stream, one reader a run, however many watch: what is new is read and encoded once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

from repz_core.config import RepzError
from repz_core.run import Run

LOOK = 0.05  # seconds between two looks at a quiet run
PACE = 0.5  # seconds between two blocks of a busy one
KEEP_ALIVE = 15.0
STILL_HERE = b": still here\n\n"


class Tail:
    """What the viewers of one run share. With the `serial`-th news the log reached from byte `before` to `offset`."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.serial, self.before, self.offset = 0, 0, 0
        self.news, self.status = b"", b""
        self.stamps: list[tuple[int, int, int]] = []
        self.told = asyncio.Event()
        self.viewers = 0
        self.task: asyncio.Task[None] | None = None

    async def poll(self) -> None:
        """Look at the folder as long as there are viewers, and tell them."""
        said = time.monotonic()
        while self.viewers:
            reached = self.offset
            if self._look() or time.monotonic() - said > KEEP_ALIVE:
                said = time.monotonic()
                told, self.told = self.told, asyncio.Event()
                told.set()
            await asyncio.sleep(PACE if self.offset > reached else LOOK)

    def _look(self) -> bool:
        """Read what changed since the last look; whether anything did. A quiet run costs three stats."""
        stamps = [stamp(self.run.folder / name) for name in ("status.json", "control.json", "events.jsonl")]
        if stamps == self.stamps:
            return False
        self.stamps = stamps
        status = status_message(self.run)
        if self.run.log_size() < self.offset:
            self.offset = 0
        block = self.read(self.offset)
        self.before, self.offset = self.offset, self.offset + len(block)
        self.news = encode(block, self.offset) + (status if status != self.status else b"")
        self.status = status
        self.serial += bool(self.news)
        return bool(self.news)

    def read(self, start: int) -> bytes:
        """Whole lines from `start` on; a torn last line waits for its end."""
        try:
            block = self.run.log(start)
        except OSError:  # no more
            return b""
        return block[: block.rfind(b"\n") + 1]

    async def follow(self, start: int) -> AsyncIterator[bytes]:
        """Catch up from byte `start`, then what comes; `start` is a client's Last-Event-ID: no gap and no double."""
        self.viewers += 1
        try:
            if self.task is None or self.task.done():
                self._look()
                self.task = asyncio.create_task(self.poll())
            serial = -1
            while start <= self.offset:
                told = self.told
                if (serial, start) == (self.serial - 1, self.before):  # as nearly always: the same bytes for everybody
                    found = self.news
                elif serial < self.serial:
                    found = encode(self.read(start)[: self.offset - start], self.offset) + self.status
                else:
                    found = STILL_HERE
                serial, start = self.serial, self.offset
                yield found
                await told.wait()
            yield self.status  # the run was deleted, and perhaps begun anew: this stream is at its end
        finally:
            self.viewers -= 1


def stamp(path: Path) -> tuple[int, int, int]:
    """What tells a file from its next version; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size


def encode(block: bytes, offset: int) -> bytes:
    """A server-sent event of whole JSON lines, nothing for none; its id is the byte offset behind them."""
    return b"id: %d\ndata: [%s]\n\n" % (offset, b",".join(block.splitlines())) if block else b""


def status_message(run: Run) -> bytes:
    """The run's status and its user's wish as a server-sent event."""
    try:
        control = run.control
        status = run.status.model_dump() | {"desired": control.desired, "pace": control.pace}
    except RepzError as error:
        status = {"state": "failed", "message": str(error)}
    if not run.folder.exists():
        status = {"state": "gone"}
    return b"event: status\ndata: %s\n\n" % json.dumps(status).encode()
