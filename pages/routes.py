"""Read-only GET routes: a run's event stream, its frames (immutable), and the browser parts' own files.

Nothing here writes; a run is steered through the page's script.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from pathlib import Path

import plotly
from safetensors.numpy import save
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.parts.assets import COMPONENTS, VERSION
from pages.stage import stage
from repz_core.config import RepzError
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
LOOK = 0.05  # seconds between two looks at a quiet run
PACE = 0.4  # seconds between two blocks of a busy one
KEEP_ALIVE = 15.0

Handler = Callable[[Request], Awaitable[Response]]


def sentence_on_fault(handler: Handler) -> Handler:
    """A RepzError becomes 404 with its one sentence."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except RepzError as error:
            return PlainTextResponse(str(error), 404)

    return guarded


class Tail:
    """One reader a run, whoever watches: each block of new lines is read and encoded once, and shared as bytes."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.offset, self.block, self.size = 0, b"", 0
        self.status = b""
        self.stamps: list[tuple[int, int, int]] = []
        self.fresh = asyncio.Event()
        self.viewers = 0
        self.task: asyncio.Task[None] | None = None

    async def poll(self) -> None:
        """Look at the folder as long as there are viewers."""
        while self.viewers:
            before = self.offset
            if self._look():
                fresh, self.fresh = self.fresh, asyncio.Event()
                fresh.set()
            await asyncio.sleep(PACE if self.offset > before else LOOK)

    def _look(self) -> bool:
        """Read what changed since the last look; whether anything did. A quiet run costs three stats."""
        stamps = [_stamp(self.run.folder / name) for name in ("status.json", "control.json", "events.jsonl")]
        if stamps == self.stamps:
            return False
        self.stamps = stamps
        status = status_message(self.run)
        if self.run.log_size() < self.offset:
            self.offset, self.block, self.size = 0, b"", 0
        block = self.read(self.offset)
        if block:
            self.offset += len(block)
            self.block, self.size = encode(block, self.offset), len(block)
        changed, self.status = bool(block) or status != self.status, status
        return changed

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
        said = b""
        try:
            if self.task is None or self.task.done():
                self._look()
                self.task = asyncio.create_task(self.poll())
            while True:
                fresh = self.fresh
                if start > self.offset:  # the run was deleted, and perhaps begun anew: this stream is at its end
                    yield self.status
                    return
                if start + self.size == self.offset and self.block:
                    start = self.offset
                    yield self.block
                elif start < self.offset:
                    block = self.read(start)[: self.offset - start]
                    start += len(block)
                    yield encode(block, start)
                if self.status != said:
                    said = self.status
                    yield said
                try:
                    await asyncio.wait_for(fresh.wait(), KEEP_ALIVE)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self.viewers -= 1


def _stamp(path: Path) -> tuple[int, int, int]:
    """What tells a file from its next version; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size


def encode(block: bytes, offset: int) -> bytes:
    """A server-sent event of whole JSON lines; its id is the byte offset behind them."""
    return b"id: %d\ndata: [%s]\n\n" % (offset, b",".join(block.splitlines()))


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


tails: dict[str, Tail] = {}


@sentence_on_fault
async def events(request: Request) -> Response:
    """A run's rows, frames and status as they come."""
    run = RunStore().open(request.path_params["id"])
    last = request.headers.get("last-event-id", "0")
    start = int(last) if last.isdecimal() and len(last) < 12 else 0
    for id in [id for id, tail in tails.items() if not tail.viewers]:
        del tails[id]
    tail = tails.setdefault(run.id, Tail(run))
    start = min(start, tail.run.log_size())
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(tail.follow(start), media_type="text/event-stream", headers=headers)


async def on_stage(request: Request) -> Response:
    """What the presenter shows, as it changes."""
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stage.follow(), media_type="text/event-stream", headers=headers)


@sentence_on_fault
async def frame(request: Request) -> Response:
    """One snapshot, gzipped safetensors as it lies on disk. A run's frame never changes."""
    run = RunStore().open(request.path_params["id"])
    path = run.snapshot_file(request.path_params["step"])
    if not path.exists():
        raise RepzError(_("Run {id} has no frame at step {step}.").format(**request.path_params))
    headers = IMMUTABLE | {"Content-Encoding": "gzip"}
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


@sentence_on_fault
async def now(request: Request) -> Response:
    """The passing look at a run that is paused or slow, as a frame; the next replaces it."""
    run = RunStore().open(request.path_params["id"])
    try:
        body = await asyncio.to_thread(run.now_file().read_bytes)
    except OSError:
        raise RepzError(_("Run {id} is not paused between two frames.").format(id=run.id)) from None
    headers = {"Cache-Control": "no-store", "Content-Encoding": "gzip"}
    return Response(body, media_type="application/octet-stream", headers=headers)


@sentence_on_fault
async def weights(request: Request) -> Response:
    """A run's newest weights as safetensors, and in X-Repz-Step after how many steps they are."""
    step, tensors = await asyncio.to_thread(RunStore().open(request.path_params["id"]).weights)
    body = await asyncio.to_thread(save, tensors)
    headers = {"Cache-Control": "no-cache", "X-Repz-Step": str(step)}
    return Response(body, media_type="application/octet-stream", headers=headers)


@sentence_on_fault
async def asset(request: Request) -> Response:
    """A browser part's file. The URL carries the version of all of them, so that a browser may keep it."""
    name = request.path_params["name"]
    path = (COMPONENTS / name).resolve()
    if not path.is_relative_to(COMPONENTS) or path.suffix not in MEDIA_TYPES or not path.is_file():
        raise RepzError(_("There is no file {name!r}.").format(name=name))
    headers = IMMUTABLE if request.path_params["version"] == VERSION else {"Cache-Control": "no-store"}
    return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=headers)


@cache
def _plotly_gzipped() -> bytes:
    return gzip.compress((Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes())


async def plotly_js(request: Request) -> Response:
    """plotly.min.js out of the plotly wheel, compressed once."""
    body = await asyncio.to_thread(_plotly_gzipped)
    return Response(body, media_type="text/javascript", headers=IMMUTABLE | {"Content-Encoding": "gzip"})


ROUTES = [
    Route("/repz/stage", on_stage),
    Route("/repz/runs/{id}/events", events),
    Route("/repz/runs/{id}/frames/{step:int}", frame),
    Route("/repz/runs/{id}/now", now),
    Route("/repz/runs/{id}/weights", weights),
    Route("/repz/assets/{version}/{name:path}", asset),
    Route("/repz/plotly/{version}.js", plotly_js),
]
