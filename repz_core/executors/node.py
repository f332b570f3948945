"""The far end: what happens on the nodes of a Ray cluster. cluster.py sends it there."""

import asyncio
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from repz_core.executors.local import PRELOAD
from repz_core.executors.parcel import Change, Outbox, apply, unpack
from repz_core.limits import Limits, cap_memory

TICK = 0.1  # seconds between two looks at what is new
QUIET = 1.0  # seconds a paused run says nothing before it gives its processor to others
PATIENCE = 1.0  # seconds to wait for a word before asking again


class Board:
    """An actor beside the lab: the newest control.json of each run under way, None where it is to be handed back."""

    def __init__(self) -> None:
        self.words: dict[str, tuple[int, bytes | None]] = {}
        self.news = asyncio.Condition()

    async def write(self, key: str, control: bytes | None) -> None:
        """Put a word there for all who wait."""
        async with self.news:
            self.words[key] = self.words.get(key, (0, None))[0] + 1, control
            self.news.notify_all()

    async def read(self, key: str, seen: int) -> tuple[int, bytes | None]:
        """The newest word and its number, once it is another than `seen`, or after PATIENCE seconds."""
        async with self.news:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait_for(lambda: self.words[key][0] != seen), PATIENCE)
            return self.words[key]

    async def wipe(self, key: str) -> None:
        """That run is over."""
        async with self.news:
            self.words.pop(key, None)
            self.news.notify_all()


def warm_up() -> None:
    """A Ray task: load what training needs, so that the next run of this process starts at once."""
    for name in PRELOAD:
        import_module(name)


def train(
    key: str, id: str, files: dict[str, bytes], data: dict[str, list[Any]], board: Any, limits: Limits
) -> Iterator[Any]:
    """A Ray task: train a run in a copy of its folder. First comes the node's id, then lists of Changes.

    The very same `work` as on the lab's machine, in a thread; in its folder control.json follows the board's word.
    """
    import ray

    from repz_core.executors.work import work
    from repz_core.run import Run

    yield ray.get_runtime_context().get_node_id()
    _bring(data)
    cap_memory(limits.memory)  # of the process, which has one run at a time
    with tempfile.TemporaryDirectory(prefix="repz-") as scratch, ThreadPoolExecutor(1) as pool:
        run = Run(Path(scratch) / id)
        unpack(files, run.folder)
        outbox, word = Outbox(run.folder), _Word(board, key, run.folder)
        threading.Thread(target=word.follow, daemon=True, name="follows the board").start()
        try:
            end = pool.submit(work, run, seconds=limits.seconds, interrupted=lambda: "queued" if word.leave else None)
            spoke = time.monotonic()
            while not wait([end], TICK).done:
                if changes := outbox.collect():
                    spoke = time.monotonic()
                    yield changes
                elif time.monotonic() - spoke > QUIET and run.status.state == "paused" and word.changes():
                    spoke = time.monotonic()
            end.result()
            yield outbox.collect()
        finally:
            word.leave = True


class _Word:
    """The board's newest word on a run, kept in its control.json."""

    def __init__(self, board: Any, key: str, folder: Path) -> None:
        self.board, self.key, self.folder = board, key, folder
        self.number, self.leave = 0, False

    def follow(self) -> None:
        """Until the run is over, or the board is gone: then it is to be handed back."""
        import ray

        try:
            while not self.leave:
                number, control = ray.get(self.board.read.remote(self.key, self.number))
                if control is None:
                    break
                if number != self.number:
                    apply(self.folder, [Change("control.json", control)])
                self.number = number
        except (ray.exceptions.RayError, KeyError, OSError):
            pass  # wiped, dead, or the folder is gone
        self.leave = True

    def changes(self) -> bool:
        """Wait a while for another word. Ray lends the processor of a task whose main thread waits to others."""
        import ray

        before = self.number
        return bool(ray.get(self.board.read.remote(self.key, before))[0] != before)


def _bring(data: dict[str, list[Any]]) -> None:
    """Put data set files that are not here yet into the cache; they are fetched only then."""
    import ray

    from repz_core.datasets import cache_folder

    for name, (reference,) in data.items():
        path = cache_folder() / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
            draft.write_bytes(ray.get(reference))
            os.replace(draft, path)
