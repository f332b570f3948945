"""Read-only GET routes: a run's event stream, its frames (immutable), and the browser parts' own files.

Nothing here writes; a run is steered through the page's script.
"""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from pathlib import Path

import plotly
from safetensors.numpy import save
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from pages.parts.assets import COMPONENTS, VERSION
from pages.parts.languages import SPEAK, asked_by
from pages.stage import stage
from pages.tail import Tail, stamp
from repz_core.comparison import opened
from repz_core.config import RepzError
from repz_core.locale import LANGUAGES, _, language, use_language
from repz_core.locale.retold import retell
from repz_core.player import MOST_RUNS, player
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.script import script

IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}

Handler = Callable[[Request], Awaitable[Response]]


def sentence_on_fault(handler: Handler) -> Handler:
    """A RepzError becomes 404 with its one sentence."""

    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except RepzError as error:
            return PlainTextResponse(str(error), 404)

    return guarded


tails: dict[str, Tail] = {}  # of the runs that are watched


def run_of(request: Request) -> Run:
    """The run that is asked for; one that is watched is open already. Raises RepzError where there is none."""
    id = request.path_params["id"]
    tail = tails.get(id)
    return tail.run if tail and tail.run.folder.exists() else RunStore().open(id)


@lru_cache(128)
def kept(path: Path, _stamp: tuple[int, int, int], pack: bool = False) -> bytes:
    """A small file, read (and gzipped) once for all who ask for it. Raises OSError."""
    return gzip.compress(path.read_bytes()) if pack else path.read_bytes()


@lru_cache(4)
def packed_weights(folder: Path, _stamp: tuple[int, int, int]) -> tuple[int, bytes]:
    """After how many steps the newest weights are, and they as gzipped safetensors. Raises RepzError."""
    step, tensors = Run(folder).weights()
    return step, gzip.compress(save(tensors), 1)


@sentence_on_fault
async def events(request: Request) -> Response:
    """A run's rows, frames and status as they come."""
    run = run_of(request)
    last = request.headers.get("last-event-id", "0")
    start = int(last) if last.isdecimal() and len(last) < 12 else 0
    for id in [id for id, tail in tails.items() if not tail.viewers and id != run.id]:
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
    path = run_of(request).snapshot_file(request.path_params["step"])
    try:
        body = kept(path, stamp(path))
    except OSError:
        raise RepzError(_("Run {id} has no frame at step {step}.").format(**request.path_params)) from None
    return Response(body, media_type="application/octet-stream", headers=IMMUTABLE | {"Content-Encoding": "gzip"})


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
    run = run_of(request)
    step, body = await asyncio.to_thread(packed_weights, run.folder, stamp(run.folder / "states"))
    headers = {"Cache-Control": "no-cache", "X-Repz-Step": str(step), "Content-Encoding": "gzip"}
    return Response(body, media_type="application/octet-stream", headers=headers)


@sentence_on_fault
async def comparison(request: Request) -> Response:
    """What there is to look at of a comparison, gzipped safetensors as it lies on disk."""
    path = opened(RunStore(), request.path_params["id"]).path
    headers = {"Cache-Control": "no-cache", "Content-Encoding": "gzip"}
    return Response(kept(path, stamp(path)), media_type="application/octet-stream", headers=headers)


@sentence_on_fault
async def as_script(request: Request) -> Response:
    """The Python script that trains a run again, as a file."""
    run = run_of(request)
    return _file(script(run.recipe).encode(), "text/x-python", f"{run.id}.py")


@sentence_on_fault
async def as_player(request: Request) -> Response:
    """A run, and those named by `with` beside it, as one HTML file that plays without a server."""
    runs = [run_of(request), *map(RunStore().open, request.query_params.getlist("with"))]
    use_language(SPEAK[asked_by(request.cookies, request.headers.get("accept-language", ""))][0])
    told = tuple((run.folder, run.log_size()) for run in runs)
    body = await asyncio.to_thread(packed_player, told, language())
    return _file(
        body, "text/html", f"{'-'.join(run.id for run in runs[:MOST_RUNS])}.html", {"Content-Encoding": "gzip"}
    )


@lru_cache(4)
def packed_player(runs: tuple[tuple[Path, int], ...], _language: str) -> bytes:
    """The page that plays runs, told by folder and size of log, gzipped; made once for all. Raises RepzError."""
    return gzip.compress(player([Run(folder) for folder, _log_size in runs]).encode(), 1)


def _file(body: bytes, media_type: str, name: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that a browser saves and does not show."""
    own = {"Cache-Control": "no-cache", "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=own | (headers or {}))


@sentence_on_fault
async def asset(request: Request) -> Response:
    """A browser part's file. The URL carries the version of all of them, so that a browser may keep it."""
    name = request.path_params["name"]
    path = (COMPONENTS / name).resolve()
    if not path.is_relative_to(COMPONENTS) or path.suffix not in MEDIA_TYPES or not path.is_file():
        raise RepzError(_("There is no file {name!r}.").format(name=name))
    headers = IMMUTABLE if request.path_params["version"] == VERSION else {"Cache-Control": "no-store"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=headers)
    headers = headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(kept(path, stamp(path), pack=True), media_type=MEDIA_TYPES[path.suffix], headers=headers)


async def said(request: Request) -> Response:
    """What a run's status says in English, in the language asked for."""
    wanted, text = request.path_params["language"], request.query_params.get("text", "")
    words = retell(text, wanted) if wanted in LANGUAGES else text
    return PlainTextResponse(words, headers={"Cache-Control": "public, max-age=3600"})


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
    Route("/repz/runs/{id}/script", as_script),
    Route("/repz/runs/{id}/player", as_player),
    Route("/repz/comparisons/{id}", comparison),
    Route("/repz/said/{language}", said),
    Route("/repz/assets/{version}/{name:path}", asset),
    Route("/repz/plotly/{version}.js", plotly_js),
]
