"""A first look at a data set: a few of its images or points, and how many of each class are in each part.

Only that much is read, without the package that the data came with: pages look before anything is trained.
"""

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from repz_core.datasets import shelf
from repz_core.datasets.cards import Card
from repz_core.datasets.sources import build
from repz_core.datasets.splits import PARTS
from repz_core.home import cache_folder

IMAGES, POINTS = 64, 2000  # that a look shows


class Peek(NamedTuple):
    """The first training examples x, images (M, C, H, W) as shades of 255 or points (M, d), their classes (M,), and
    `counts` (parts, classes).
    """

    x: NDArray[Any]
    y: NDArray[np.int64]
    counts: NDArray[np.int64]


def peek(card: Card) -> Peek | None:
    """A look at a data set that is here; None at one that is not: it comes with its first use."""
    if card.own:
        return of_file(shelf.path_of(card), card)
    if card.kind == "points":
        raw = build(card, cache_folder())
        return _looked_at(card, raw.x, raw.y, raw.split, raw.white)
    try:
        with zipfile.ZipFile(cache_folder() / f"{card.identity}.npz") as archive:
            x, y, split, white = (
                _first(archive, "x", IMAGES),
                *(_first(archive, name) for name in ("y", "split", "white")),
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return _looked_at(card, x, y, split, float(white))


def of_file(file: Path, card: Card) -> Peek | None:
    """A look at a data set of one's own, or at the draft of one, in its file."""
    try:
        with safe_open(file, framework="numpy") as arrays:
            x = arrays.get_slice("x")[: min(card.size, POINTS if card.kind == "points" else IMAGES)]
            return _looked_at(card, x, arrays.get_tensor("y"), arrays.get_tensor("split"), 255)
    except (OSError, SafetensorError):
        return None


def _first(archive: zipfile.ZipFile, name: str, most: int | None = None) -> NDArray[Any]:
    """The first `most` rows of an array in an npz file, or all of it; what comes after them is not read."""
    with archive.open(f"{name}.npy") as file:
        np.lib.format.read_magic(file)
        shape, _by_columns, dtype = np.lib.format.read_array_header_1_0(file)
        kept = shape if most is None else (min(most, shape[0]), *shape[1:])
        return np.frombuffer(file.read(int(np.prod(kept)) * dtype.itemsize), dtype).reshape(kept)


def _looked_at(card: Card, x: NDArray[Any], y: NDArray[Any], split: NDArray[Any], white: float) -> Peek:
    counts = [np.bincount(y[split == part], minlength=card.num_classes) for part in range(len(PARTS))]
    if card.kind == "points":
        return Peek(x[:POINTS], y[:POINTS], np.array(counts))
    low, high = card.span
    shades = np.round((x / np.float32(white) - low) * (255 / (high - low))).clip(0, 255).astype(np.uint8)
    return Peek(shades.reshape(-1, *card.shape), y[: len(x)], np.array(counts))
