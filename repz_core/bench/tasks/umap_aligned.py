"""Aligned maps of a run's frames against umap-learn's AlignedUMAP as called by default.

Both get the embeddings of the same points in frames of the shipped SimCLR run on MNIST. Ours begins each map where the
next one ended, goes on in small strides and turns it upon that; theirs joins all of them by relations. In one process,
after a first call of each on few points. Quality is trustworthiness, mean over frames; the table has how far a point
goes between two frames, in standard deviations of the map, and how far when one frame stands three times: what moves
then means nothing. For the form alone the peer is left out: each process compiles it anew, for ten seconds.
"""

import statistics
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from repz_core import embed, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.tasks.umap_map import timed
from repz_core.config import RepzError
from repz_core.runs import RunStore

SOURCE = "MNIST, h of 128 numbers"


def run(settings: Settings) -> Result:
    """Median seconds of both."""
    frames = frames_of(settings.pick(2, 6, 14), settings.pick(60, 400, 400))
    few = [frame[:40] for frame in frames[:2]]
    sides = {"ours": embed.aligned_maps} | ({} if settings.size == "quick" else {"the peer's": theirs_of})
    for side in sides.values():
        timed(side, few)  # compiles
    turns = [lambda i, side=side: timed(side, frames) for side in sides.values()]
    values = interleave(settings.pick(1, 1, 5), *turns)
    maps = {name: found[0][1] for name, found in zip(sides, values, strict=True)}
    quality = [_trust(frames, places) for places in maps.values()]
    still = {name: side(frames[-1:] * 3) for name, side in sides.items()}
    table = [
        {"maps": name, "frames": len(frames), "points": len(frames[0]), "moves": moves(maps[name]),
         "moves of a still frame": moves(still[name])}
        for name in sides
    ]  # fmt: skip
    ours, theirs = [*([seconds for seconds, _maps in found] for found in values), []][:2]
    return Result.of(
        "umap_aligned", "s", ours, theirs, peer_name="umap-learn AlignedUMAP()", less_is_better=True,
        quality_ours=quality[0], quality_peer=quality[1] if theirs else None, table=table,
    )  # fmt: skip


def frames_of(num_frames: int, num_points: int) -> list[np.ndarray]:
    """Embeddings h (N, d) of the shipped run's last frames."""
    found = RunStore().find(recipes.preset("simclr", SOURCE))
    if found is None:
        raise RepzError(f"The shipped run '{SOURCE}' is missing; `make checkpoints` trains it.")
    steps = found.frames()[-num_frames:]
    return [found.snapshot(step).arrays["embeddings_h"][:num_points].astype(np.float32) for step in steps]


def theirs_of(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Maps (N, 2) by AlignedUMAP, each point related to itself in the next frame."""
    import umap

    same = {i: i for i in range(len(frames[0]))}
    fitted = umap.AlignedUMAP().fit(frames, relations=[same] * (len(frames) - 1))
    return [np.asarray(places) for places in fitted.embeddings_]


def moves(maps: Sequence[np.ndarray] | np.ndarray) -> float:
    """Root mean square of a point's way from one map (N, 2) to the next, over the map's standard deviation."""
    ways = [np.sqrt(np.square(b - a).sum(1).mean()) / b.std() for a, b in pairwise(maps)]
    return float(statistics.mean(ways))


def _trust(frames: list[np.ndarray], maps: list[np.ndarray]) -> float:
    return statistics.mean(embed.trustworthiness(frame, places) for frame, places in zip(frames, maps, strict=True))
