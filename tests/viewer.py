"""One viewer of a live run, without a browser, that does what a browser does on the VAE page: it loads the page and its
parts, speaks Streamlit's protobuf WebSocket, reads the run's event stream and fetches its frames. 127.0.0.1 only.
"""

import asyncio
import gzip
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import lru_cache

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

HOST = "127.0.0.1"
AWAY = 2.0  # seconds that a viewer who lost the network is away
PARTS = re.compile(rb"/repz/(?:assets|plotly)/[\w./-]+?\.js")
IMPORTS = re.compile(rb"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[\w./-]+\.js)["']""")
STATIC = re.compile(rb"""(?:src|href)="\.(/static/[^"]+)""")


class Http:
    """GET over one kept connection, as a browser has several of. Raises OSError or EOFError where it breaks."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """The body at `path`, as sent. Raises ValueError for any answer but 200."""
        try:
            return b"".join([chunk async for chunk in self.chunks(path)])
        except (ConnectionError, EOFError):  # the server ends connections that were idle for a while
            self.close()
            return b"".join([chunk async for chunk in self.chunks(path)])

    async def chunks(self, path: str, **headers: str) -> AsyncIterator[bytes]:
        """The body piece by piece as it comes; forever, where it has no end."""
        reader, writer = self.streams = self.streams or await asyncio.open_connection(HOST, self.port)
        lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{self.port}", "Accept-Encoding: gzip"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        status, _, head = (await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n")
        if " 200 " not in status:
            raise ValueError(f"{path}: {status}")
        if length := re.search(r"(?im)^content-length: (\d+)", head):
            yield await reader.readexactly(int(length[1]))
            return
        while size := int(await reader.readline(), 16):
            yield (await reader.readexactly(size + 2))[:-2]
        await reader.readline()

    def close(self) -> None:
        """Hang up."""
        if self.streams:
            self.streams[1].close()
        self.streams = None


class Viewer:
    """One browser. `offset` is the last event's id, `digest` of all rows so far, `script` how long the first one took."""

    def __init__(self, port: int, run: str) -> None:
        self.port, self.run = port, run
        self.path = f"/vae?run={run}"
        self.session = ""
        self.script: float | None = None
        self.offset, self.digest, self.state = 0, hashlib.sha256(), ""
        self.updates = self.rows = self.frames = self.returns = self.bytes = 0
        self.wanted: asyncio.Queue[int] = asyncio.Queue()
        self.tasks: list[asyncio.Task[None]] = []

    async def arrive(self, cold: bool = True) -> None:
        """Open the page, wait for its first script, and stay: what follows goes on by itself."""
        http = Http(self.port)
        if cold:
            for path in STATIC.findall(await self.fetch(http, self.path)):
                await self.fetch(http, path.decode())
        parts: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        self.tasks = [asyncio.create_task(self.page(parts)), asyncio.create_task(self.load_frames())]
        await asyncio.wait([parts, self.tasks[0]], return_when=asyncio.FIRST_COMPLETED)
        if cold and parts.done():
            await self.load_parts(http, parts.result())
        http.close()
        self.tasks.append(asyncio.create_task(self.listen()))

    async def return_after_a_break(self) -> None:
        """Lose all connections, in the middle of whatever came, and come back with the session's id and the last event's."""
        self.tasks[0].cancel()
        self.tasks.pop().cancel()
        await asyncio.sleep(AWAY)
        self.returns += 1
        again: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        self.tasks[0] = asyncio.create_task(self.page(again))
        self.tasks.append(asyncio.create_task(self.listen()))

    async def leave(self) -> None:
        """Close everything. Raises what went wrong meanwhile."""
        for task in self.tasks:
            task.cancel()
        for fault in await asyncio.gather(*self.tasks, return_exceptions=True):
            if isinstance(fault, Exception):
                raise fault

    async def fetch(self, http: Http, path: str) -> bytes:
        """A file, its bytes counted."""
        body = await http.get(path)
        self.bytes += len(body)
        return body

    async def page(self, parts: "asyncio.Future[set[str]]") -> None:
        """Ask for the page's script and take what it sends; `parts` are the modules that its first run names."""
        url, start = f"ws://{HOST}:{self.port}/_stcore/stream", time.monotonic()
        names = [Subprotocol(name) for name in (["streamlit", "none", self.session] if self.session else ["streamlit"])]
        origin = Origin(f"http://{HOST}:{self.port}")
        async with connect(url, subprotocols=names, origin=origin, compression=None, max_size=None, ping_interval=None, proxy=None) as socket:
            ask = BackMsg()
            ask.rerun_script.query_string = f"run={self.run}"
            ask.rerun_script.page_name = "vae"
            await socket.send(ask.SerializeToString())
            named: set[str] = set()
            async for message in socket:
                assert isinstance(message, bytes)
                self.bytes += len(message)
                forward = ForwardMsg.FromString(message)
                kind = forward.WhichOneof("type")
                if kind == "new_session":
                    self.session = forward.new_session.initialize.session_id
                elif kind == "script_finished" and not parts.done():
                    self.script = self.script or time.monotonic() - start
                    parts.set_result(named)
                elif not parts.done():
                    named |= {path.decode() for path in PARTS.findall(message)}

    async def load_parts(self, http: Http, wanted: set[str]) -> None:
        """Fetch modules and what they import, each once."""
        waiting, seen = list(wanted), set(wanted)
        while waiting:
            path = waiting.pop()
            for found in modules_of(path, await self.fetch(http, path)) - seen:
                waiting.append(found)
                seen.add(found)

    async def listen(self) -> None:
        """Read the event stream from the last event's id on."""
        http = Http(self.port)
        try:
            async with aclosing(http.chunks(f"/repz/runs/{self.run}/events", Last_Event_ID=str(self.offset))) as chunks:
                rest = b""
                async for chunk in chunks:
                    *events, rest = (rest + chunk).split(b"\n\n")
                    for event in events:
                        self.take(event)
        finally:
            http.close()

    def take(self, event: bytes) -> None:
        """One server-sent event, whole."""
        fields = dict(line.split(b": ", 1) for line in event.splitlines() if not line.startswith(b":"))
        if b"event" in fields:
            self.state = json.loads(fields[b"data"])["state"]
        elif b"data" in fields:
            self.updates += 1
            self.offset = int(fields[b"id"])
            self.digest.update(fields[b"data"][1:-1] + b",")
            lines = json.loads(fields[b"data"])
            self.rows += sum("step" in line for line in lines)
            for line in lines:
                if "frame" in line:
                    self.wanted.put_nowait(line["frame"])

    async def load_frames(self) -> None:
        """Fetch every frame that the stream tells of."""
        http = Http(self.port)
        try:
            while True:
                await self.fetch(http, f"/repz/runs/{self.run}/frames/{await self.wanted.get()}")
                self.frames += 1
        finally:
            http.close()


@lru_cache(200)
def modules_of(path: str, text: bytes) -> set[str]:
    """Paths of the modules that a module of ours imports; plotly.js imports none."""
    if "/assets/" not in path:
        return set()
    found = set()
    source = gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text
    for name in IMPORTS.findall(source):
        parts = path.split("/")[:-1]
        for piece in name.decode().split("/"):
            parts = parts[:-1] if piece == ".." else parts if piece == "." else [*parts, piece]
        found.add("/".join(parts))
    return found
