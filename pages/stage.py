"""What the presenter shows, for all who follow: one stage a server process.

Page scripts tell it, the event stream /repz/stage hands it out. It is a state and no log: whoever comes late, or comes
back, gets what is shown now, and has missed nothing.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

KEEP_ALIVE = 15.0  # seconds


class Stage:
    """Who presents (`by`, "" for nobody) and what: page, run, step (None: the newest), query, knobs and the rest.

    `serial` counts the changes, and is their id on the stream.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.shown: dict[str, Any] = {"serial": 0, "by": ""}
        self.message = _message(self.shown)
        self.fresh = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def tell(self, **changes: Any) -> None:
        """Change what is shown, from any thread. Another run comes with its newest frame, unless a step is told."""
        with self.lock:
            if "run" in changes and changes["run"] != self.shown.get("run"):
                changes = {"step": None} | changes
            shown = self.shown | changes
            if shown == self.shown:
                return
            self.shown = shown | {"serial": self.shown["serial"] + 1}
            self.message = _message(self.shown)
            loop = self.loop
        if loop and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        fresh, self.fresh = self.fresh, asyncio.Event()
        fresh.set()

    async def follow(self) -> AsyncIterator[bytes]:
        """What is shown now, as a server-sent event, and again whenever it changed; who is slow skips what is past."""
        self.loop = asyncio.get_running_loop()
        said = b""
        while True:
            fresh, message = self.fresh, self.message
            if message is not said:
                said = message
                yield message
            try:
                await asyncio.wait_for(fresh.wait(), KEEP_ALIVE)
            except TimeoutError:
                yield b": still here\n\n"


def _message(shown: dict[str, Any]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (shown["serial"], json.dumps(shown).encode())


stage = Stage()
