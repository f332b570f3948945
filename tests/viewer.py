"""One viewer of a live run, without a browser, that does what a browser does on the VAE page: it loads the page and its
parts, speaks Streamlit's protobuf WebSocket, reads the run's event stream and the stage's, and fetches the run's
frames. 127.0.0.1 only.
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
    """One browser. `offset` is the last event's id, `digest` of all rows so far, `script` the first one's seconds."""

    def __init__(self, port: int, run: str) -> None:
        self.port, self.run = port, run
        self.session, self.parts, self.ready = "", set[str](), asyncio.Event()
        self.script: float | None = None
        self.offset, self.digest, self.state = 0, hashlib.sha256(), ""
        self.updates = self.rows = self.told = self.frames = self.returns = self.bytes = self.heard = 0
        self.wanted: asyncio.Queue[int] = asyncio.Queue()
        self.tasks: list[asyncio.Task[None]] = []

    async def arrive(self) -> None:
        """Open the page with an empty cache, wait for its first script, and stay: the rest goes on by itself."""
        http = Http(self.port)
        for path in STATIC.findall(await self.fetch(http, f"/vae?run={self.run}")):
            await self.fetch(http, path.decode())
        page, ready = asyncio.create_task(self.page()), asyncio.create_task(self.ready.wait())
        self.tasks = [asyncio.create_task(self.load_frames()), page]
        await asyncio.wait([page, ready], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        await self.load_parts(http, self.parts)
        http.close()
        self.tasks += [asyncio.create_task(self.listen()), asyncio.create_task(self.follow_stage())]

    async def return_after_a_break(self) -> None:
        """Lose page and stream in the middle of whatever came; come back with the session's and the last event's id."""
        frames, *connected = self.tasks
        for connection in connected:
            connection.cancel()
        await asyncio.sleep(AWAY)
        self.returns += 1
        again = (self.page(), self.listen(), self.follow_stage())
        self.tasks = [frames, *(asyncio.create_task(connection) for connection in again)]

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

    async def page(self) -> None:
        """Ask for the page's script and take what it sends, and note the modules that its first run names."""
        start = time.monotonic()
        names = ["streamlit", "none", self.session] if self.session else ["streamlit"]
        async with connect(
            f"ws://{HOST}:{self.port}/_stcore/stream",
            subprotocols=[Subprotocol(name) for name in names],
            origin=Origin(f"http://{HOST}:{self.port}"),
            compression=None,
            max_size=None,
            open_timeout=None,  # a browser waits, and what it waits is measured
            ping_interval=None,
            proxy=None,
        ) as socket:
            ask = BackMsg()
            ask.rerun_script.query_string = f"run={self.run}"
            ask.rerun_script.page_name = "vae"
            await socket.send(ask.SerializeToString())
            async for message in socket:
                assert isinstance(message, bytes)
                self.bytes += len(message)
                forward = ForwardMsg.FromString(message)
                kind = forward.WhichOneof("type")
                if kind == "new_session":
                    self.session = forward.new_session.initialize.session_id
                elif kind == "page_not_found" or forward.delta.new_element.HasField("exception"):
                    raise ValueError(f"the page's script sent {forward}")
                elif not self.ready.is_set():
                    self.parts |= {path.decode() for path in PARTS.findall(message)}
                    if kind == "script_finished":
                        self.script = time.monotonic() - start
                        self.ready.set()
        raise EOFError("the server closed the page's socket")

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
            raise EOFError("the server closed the event stream")
        finally:
            http.close()

    async def follow_stage(self) -> None:
        """Hear what a presenter shows, if anybody does."""
        http = Http(self.port)
        try:
            async with aclosing(http.chunks("/repz/stage")) as chunks:
                async for chunk in chunks:
                    self.heard += chunk.count(b"data: ")
            raise EOFError("the server closed the stage's stream")
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
                    self.told += 1
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
