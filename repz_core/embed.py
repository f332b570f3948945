"""Maps of embeddings: UMAP (McInnes et al. 2018, arXiv:1802.03426), its version aligned over a run's frames, and how
far a map can be believed. Always seeded; never in the web process: the first use imports for seconds.
"""

import warnings
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repz_core.events import Snapshot

NEIGHBOURS = 15
MAX_FRAMES = 16  # of an aligned map
EMBEDDINGS = {"embeddings_h": "maps_h", "embeddings_z": "maps_z"}  # of a snapshot, and their maps over a run
OTHER_SEEDS = (1, 2, 3)  # of maps of the last frame: what they do not have in common is no property of the data
_FEW = 4  # rows that a map needs at the least


@cache
def _umap() -> ModuleType:
    """The library, with the functions that it compiles in every process anew kept on disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap
        import umap.aligned_umap
    from numba.core.dispatcher import Dispatcher

    for module in (umap.umap_, umap.utils, umap.layouts, umap.distances, umap.aligned_umap):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                function.enable_caching()
    library: ModuleType = umap
    return library


def flat_map(features: Tensor, seed: int = 0) -> Tensor:
    """UMAP of rows (N, d) -> (N, 2), a function of the seed; centred, of size one."""
    if len(features) < _FEW:
        return torch.zeros(len(features), 2)
    return torch.from_numpy(_scaled(_layout(features, seed)))


def aligned_maps(frames: Sequence[NDArray[Any]], seed: int = 0) -> NDArray[np.float32]:
    """Maps of the same N points in T frames (N, d), (T, N, 2), so that a point that moves on screen has moved among the
    others: from the last frame backwards each map begins as the one after it, the last as a plain UMAP, goes on in
    small strides and is turned to lie upon what it began as.

    With UMAP's own stride the map of one and the same frame wanders by a third of its size, with this one by a tenth,
    with umap's AlignedUMAP by 7 %. That takes ten times as long, nearly all of it to compare neighbourhoods of frames
    next to each other.
    """
    num_frames, num = len(frames), len(frames[0])
    if num < _FEW or num_frames < 2:
        return np.zeros((num_frames, num, 2), np.float32)
    backwards = [torch.from_numpy(np.asarray(frame, np.float32)) for frame in reversed(frames)]
    maps = [_scaled(_layout(backwards[0], seed))]
    for features in backwards:
        places = _scaled(_layout(features, seed, maps[-1]))
        maps.append(places @ turn(places, maps[-1]))
    return np.stack(maps[:0:-1])


def _layout(features: Tensor, seed: int, start: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """UMAP's places of rows (N, d), or where it gets to from `start` in small strides.

    Its own search for neighbours is compiled anew in every process, for 20 s; all distances take a second at the most.
    """
    neighbours = min(NEIGHBOURS, len(features) - 1)
    distances, indices = torch.cdist(features, features).topk(neighbours, largest=False)
    way: dict[str, Any] = {"init": "spectral", "n_epochs": 200}
    if start is not None:
        way = {"init": 10 * start, "n_epochs": 200, "learning_rate": 0.05}  # umap's maps span about 20
    model = _umap().UMAP(
        n_neighbors=neighbours, random_state=seed, n_jobs=1, **way,
        precomputed_knn=(indices.numpy().astype(np.int32), distances.numpy()), force_approximation_algorithm=True,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        places: NDArray[np.float32] = model.fit_transform(features.numpy())
    return places


def turn(places: NDArray[np.float32], onto: NDArray[np.float32]) -> NDArray[np.float32]:
    """The turn or reflection that brings centred places (N, 2) nearest to others (Schoenemann 1966), (2, 2)."""
    left, _sizes, right = np.linalg.svd(places.T @ onto)
    return np.asarray(left @ right, np.float32)


def movie(snapshots: Sequence[Snapshot]) -> dict[str, NDArray[Any]]:
    """Aligned maps over a run's snapshots of what they embed, in the vocabulary's types, with their quality beside that
    of the first two principal axes; of the last snapshot maps from other seeds, too. Of more than MAX_FRAMES snapshots
    some are left out, evenly.
    """
    chosen = [snapshots[i] for i in np.unique(np.linspace(0, len(snapshots) - 1, MAX_FRAMES).round().astype(int))]
    arrays: dict[str, NDArray[Any]] = {"map_steps": np.array([snapshot.step for snapshot in chosen], np.int32)}
    quality = []
    for name, map_name in EMBEDDINGS.items():
        frames = [snapshot.arrays[name] for snapshot in chosen]
        maps = aligned_maps(frames)
        arrays[map_name] = maps.astype(np.float16)
        quality.append(
            [
                [_quality(ranks, places) for places in (own, frame[:, :2])]
                for frame, ranks, own in zip(frames, map(_ranks, frames), maps, strict=True)
            ]
        )
    last = np.asarray(chosen[-1].arrays["embeddings_h"], np.float32)
    seeded = [flat_map(torch.from_numpy(last), seed).numpy() for seed in OTHER_SEEDS]
    arrays["maps_seeded"] = np.stack(seeded).astype(np.float16)
    arrays["seeded_quality"] = np.array([_quality(_ranks(last), places) for places in seeded], np.float32)
    return arrays | {"map_quality": np.array(quality, np.float32)}


def trustworthiness(features: NDArray[Any], places: NDArray[Any], neighbours: int = NEIGHBOURS) -> float:
    """Whether neighbours in the map (N, 2) are neighbours in truth (N, d): 1 less the ranks by which the map's
    intruders are too far, scaled so that 0 is the worst (Venna & Kaski 2001).
    """
    return _trust(_ranks(features), _ranks(places), neighbours)


def continuity(features: NDArray[Any], places: NDArray[Any], neighbours: int = NEIGHBOURS) -> float:
    """Whether true neighbours are neighbours in the map: trustworthiness with the sides exchanged."""
    return trustworthiness(places, features, neighbours)


def _quality(true: NDArray[np.int64], places: NDArray[Any]) -> list[float]:
    """Both, of the ranks of the features and a map of them."""
    shown = _ranks(places)
    return [_trust(true, shown, NEIGHBOURS), _trust(shown, true, NEIGHBOURS)]


def _trust(ranks: NDArray[np.int64], shown: NDArray[np.int64], neighbours: int) -> float:
    num = len(ranks)
    neighbours = min(neighbours, (num - 1) // 2)
    if neighbours < 1:
        return 1.0
    intruders = (shown <= neighbours) & (ranks > neighbours)
    excess = float((ranks[intruders] - neighbours).sum())
    return 1 - 2 * excess / (num * neighbours * (2 * num - 3 * neighbours - 1))


def _ranks(points: NDArray[Any]) -> NDArray[np.int64]:
    """Of every row among the neighbours of every other, nearest 1, (N, d) -> (N, N); its own is beyond all."""
    rows = torch.from_numpy(np.asarray(points, np.float32))
    distances = torch.cdist(rows, rows).fill_diagonal_(torch.inf)
    order = distances.argsort(dim=1, stable=True)
    places = torch.arange(1, len(rows) + 1).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places).numpy()


def _scaled(places: NDArray[Any]) -> NDArray[np.float32]:
    """Centred and of size one: a map's own place and unit mean nothing."""
    flat = places.reshape(-1, 2)
    scaled: NDArray[np.float32] = ((places - flat.mean(0)) / max(flat.std(), 1e-12)).astype(np.float32)
    return scaled
