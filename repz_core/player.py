"""Runs as one HTML file that plays without a server: their pictures and losses over time, under one scrubber."""

import base64
import gzip
import html
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from repz_core import recipes
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.events import Snapshot
from repz_core.locale import N_, _, language
from repz_core.run import Run

MOST_BYTES = 9_000_000  # of the file; of longer runs it has fewer frames
MOST_RUNS = 4
PAGE = Path(__file__).with_name("player.html")

# What is shown of a run over time, whichever of it there is, in this order: images, and points in the plane.
IMAGES = {
    "samples": N_("samples"),
    "atoms": N_("atoms"),
    "reconstructions": N_("test images, reconstructed"),
    "manifold": N_("what the decoder makes of each place"),
    "singular_vectors": N_("singular vectors"),
}
POINTS = {
    "fakes": N_("real and generated points"),
    "projections": N_("points and their reconstructions"),
    "codes": N_("codes by class"),
    "sphere": N_("directions by class"),
    "embeddings_h": N_("representations by class, first two axes"),
}


def player(runs: Sequence[Run]) -> str:
    """The page of one run, or of some side by side. Raises RepzError where a run has no frames yet."""
    if len(runs) > MOST_RUNS:
        raise RepzError(_("A player shows at most {most} runs; got {count}.").format(most=MOST_RUNS, count=len(runs)))
    for most in (1000, 40, 20, 10, 5, 2):
        page = _page([_told(run, most) for run in runs])
        if len(page) <= MOST_BYTES:
            break
    return page


def _page(told: list[dict[str, Any]]) -> str:
    text = {
        "play": _("Play"), "hold": _("Hold"), "time": _("Time: which snapshot is in view"), "step": _("step"),
        "picture": _("picture"), "curve": _("curve"), "recipe": _("recipe"),
        "about": _("Trained by the repz lab; this file needs no server."),
    }  # fmt: skip
    data = json.dumps({"runs": told, "text": text}, separators=(",", ":"))
    title = " | ".join(run["title"] for run in told)
    words = {"__LANGUAGE__": language().replace("_", "-"), "__TITLE__": html.escape(title)}
    page = PAGE.read_text()
    for mark, word in words.items():
        page = page.replace(mark, word)
    return page.replace("__DATA__", data.replace("<", "\\u003c"))  # last: what runs say is not looked into


def _told(run: Run, most: int) -> dict[str, Any]:
    """All that the page knows of a run, with at most about so many of its frames."""
    steps, recipe = run.frames(), run.recipe
    if not steps:
        raise RepzError(_("Run {id} has no pictures yet; wait for its first snapshot.").format(id=run.id))
    apart = math.ceil(len(steps) / most)
    steps = [*steps[:-1:apart], steps[-1]]
    module, first = recipes.family(recipe.method), run.snapshot(steps[0])
    card, known = catalogue.card(recipe.dataset), run.status.metrics
    return {
        "id": run.id,
        "title": f"{_(module.TITLE)} · {module.describe(recipe)} · {_(card.title)}",
        "recipe": recipe.plain(),
        "metrics": {name: known[name] for name in module.METRICS if name in known},
        "rows": run.events(),
        "steps": steps,
        "views": _views(first, [run.snapshot(step) for step in steps]),
    }


def _views(first: Snapshot, frames: list[Snapshot]) -> list[dict[str, Any]]:
    """What there is to look at: {name, words, kind, shape of a frame, frames}, with what never changes."""
    found = []
    for name in [*IMAGES, *POINTS]:
        arrays = [frame.arrays[name] for frame in frames if name in frame.arrays]
        if len(arrays) < len(frames):
            continue
        view = _images(name, first, arrays) if name in IMAGES else _points(name, first, arrays)
        if view:
            found.append({"name": name} | view)
    return found


def _images(name: str, first: Snapshot, arrays: list[Any]) -> dict[str, Any]:
    columns = math.isqrt(len(arrays[0]) - 1) + 1
    if name == "reconstructions" and "inputs" in first.arrays:
        columns = len(arrays[0])
        arrays = [np.concatenate([first.arrays["inputs"][:columns], array]) for array in arrays]
    look = {"words": _(IMAGES[name]), "kind": "images", "columns": columns, "gap": int(name != "manifold")}
    return look | _packed(np.stack(arrays).astype(np.uint8))


def _points(name: str, first: Snapshot, arrays: list[Any]) -> dict[str, Any] | None:
    """Points on two axes; with their classes, or beside the real ones."""
    if arrays[0].ndim != 2 or arrays[0].shape[1] < 2:
        return None
    points = np.stack(arrays)[:, :, :2].astype(np.float32)
    labels = first.arrays.get("labels")
    look: dict[str, Any] = {"words": _(POINTS[name]), "kind": "points"}
    most = np.abs(points[-1]).max()
    if name in ("fakes", "projections"):
        real = first.arrays["real"][:, :2].astype(float)
        look["real"], most = real.round(3).tolist(), max(most, np.abs(real).max())
    elif labels is not None and len(labels) == points.shape[1]:
        look["labels"] = labels.tolist()
    look["reach"] = 1.1 * float(most) or 1.0  # far strays of the first moments may leave the picture
    return look | _packed(points)


def _packed(frames: Any) -> dict[str, Any]:
    """Frames of one shape as gzipped bytes in base64."""
    packed = gzip.compress(np.ascontiguousarray(frames).tobytes(), 6, mtime=0)
    return {"shape": list(frames.shape[1:]), "frames": base64.b64encode(packed).decode()}
