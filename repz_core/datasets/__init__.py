"""Data sets by name: `load("mnist5k")`. Built once, then read from a cache of plain arrays."""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.config import RepzError
from repz_core.datasets import shelf
from repz_core.datasets.catalogue import CARDS, Card, card, identity
from repz_core.datasets.sources import Raw, build
from repz_core.datasets.splits import PARTS
from repz_core.home import cache_folder as cache_folder
from repz_core.locale import _


class Data(NamedTuple):
    """Images, or points, and what is known of them.

    x (N, n) float32, n = C H W: images in [0, 1], flattened channel by channel, patches likewise with signed values;
    points of n coordinates as they are, of shape (n, 1, 1). y (N,) int64 classes; shape (C, H, W);
    factors (N,) each, the true ones where they are known; split (N,) uint8: 0 training, 1 validation, 2 test.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]
    shape: tuple[int, int, int]
    factors: dict[str, NDArray[Any]]
    split: NDArray[np.uint8]

    def part(self, part: str) -> "Data":
        """The rows for "train", "validation" or "test"; views where the rows are neighbours. Raises RepzError else."""
        if part not in PARTS:
            raise RepzError(
                _("There is no part '{part}'; there are {known}.").format(part=part, known=", ".join(PARTS))
            )
        rows: Any = np.flatnonzero(self.split == PARTS.index(part))
        if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
            rows = slice(rows[0], rows[-1] + 1)
        factors = {name: values[rows] for name, values in self.factors.items()}
        return Data(self.x[rows], self.y[rows], self.shape, factors, self.split[rows])


def load(dataset: str) -> Data:
    """The data set `dataset` (name or name@version), from the cache, or built and put there.

    Raises RepzError for an unknown name, another version, or a source that is missing or out of reach.
    """
    wanted = card(dataset)
    if wanted.own:
        raw = Raw(**shelf.read(wanted), white=255 if wanted.kind == "images" else 1, factors={})
    elif wanted.kind == "points":
        raw = build(wanted, cache_folder())  # as quick as reading them
    else:
        path = cache_folder() / f"{identity(wanted.name)}.npz"
        found = _read(path, wanted)
        raw = found or build(wanted, cache_folder())
        if not found:
            _write(path, raw)
    x = np.divide(raw.x, np.float32(raw.white), dtype=np.float32)
    return Data(x, raw.y, wanted.shape, raw.factors, raw.split)


def download(dataset: str) -> Path | None:
    """The file of a data set that comes over the network, fetched now where it is missing, or is the user's own; None
    for one that any machine can make, and where nothing can be kept. Raises RepzError as `load` does.
    """
    wanted = card(dataset)
    if wanted.own:
        return shelf.path_of(wanted)
    path = cache_folder() / f"{identity(wanted.name)}.npz"
    if wanted.network and not path.exists():
        load(dataset)
    return path if wanted.network and path.exists() else None


def prepare() -> Iterator[str]:
    """Load every set of images that needs no network, so that later loads are quick; a line to show for each."""
    for wanted in CARDS.values():
        if not wanted.network and wanted.kind != "points":
            start = time.perf_counter()
            num_images = len(load(wanted.name).x)
            yield _("{dataset}: {num_images:,} images, {seconds:.1f} s").format(
                dataset=identity(wanted.name), num_images=num_images, seconds=time.perf_counter() - start
            )


def cached(dataset: str) -> bool:
    """Whether the cache has that data set, whole."""
    wanted = card(dataset)
    return _read(cache_folder() / f"{identity(wanted.name)}.npz", wanted) is not None


def _read(path: Path, wanted: Card) -> Raw | None:
    """The arrays in the cache file, or None where there is no such file or it does not hold what it should."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            factors = {name[7:]: arrays[name] for name in arrays.files if name.startswith("factor_")}
            raw = Raw(arrays["x"], arrays["y"], arrays["split"], int(arrays["white"]), factors)
    except Exception:  # a damaged file can fail in any way, and the cure is the same
        return None
    pixel = np.int8 if wanted.kind == "patches" else np.uint8
    kinds = (raw.x.dtype, raw.y.dtype, raw.split.dtype) == (pixel, np.int64, np.uint8)
    sizes = raw.x.shape[1:] == (np.prod(wanted.shape),) and raw.y.shape == raw.split.shape == raw.x.shape[:1]
    if not (kinds and sizes and (wanted.network or raw.fingerprint() == wanted.version)):
        return None
    return raw


def _write(path: Path, raw: Raw) -> None:
    """Put `raw` at `path` in one move. A cache that cannot be written only costs time: no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.tmp")
        try:
            with temporary.open("wb") as file:
                arrays = {f"factor_{name}": values for name, values in raw.factors.items()}
                np.savez(
                    file, allow_pickle=False, x=raw.x, y=raw.y, split=raw.split, white=np.array(raw.white), **arrays
                )
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
