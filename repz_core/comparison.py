"""Families side by side on one data set, at one size of code: what is asked, and the file that holds what came out.

`comparisons/<id>.safetensors.gz` in the run root, or shipped beside the runs: arrays to look at, and in the header, as
JSON, the table. It is computed by `python -m repz_core compare`; whoever looks only reads.
"""

import gzip
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from repz_core import recipes
from repz_core.config import Config, Recipe, RepzError, leaf_paths
from repz_core.datasets import catalogue
from repz_core.locale import N_, _
from repz_core.run import replace_file
from repz_core.runs import RunStore

FOLDER = "comparisons"
SUFFIX = ".safetensors.gz"
ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,80}")
VERSION = 1  # of the measuring code: raise it when the same runs no longer give the same numbers

ORDER = ("pixels", "random", "pca", "linear_ae", "sparse_coding", "sparse_ae", "vae", "gan", "simclr")
TITLES = {"pixels": N_("Pixels"), "random": N_("Random projection"), "pca": N_("PCA")}
SIZES = ("model.k", "model.units", "model.h")  # the setting that is the number of numbers in a family's code
# What a family needs to be done within a minute on one core; where nothing is said, its own defaults.
QUICK: dict[str, dict[str, Any]] = {
    "linear_ae": {"training.steps": 2000},
    "sparse_coding": {"training.steps": 1000},
    "sparse_ae": {"training.steps": 2000},
    "vae": {"model.width": 128, "training.lr": 3e-3},
    "gan": {"model.channels": 8, "training.steps": 1200},
    "simclr": {"training.steps": 400},
}
FRAMES = 8


class Column(NamedTuple):
    """A number of the table: its title, its unit, what it is, and whether more of it is better (None: neither)."""

    title: str
    unit: str
    meaning: str
    more: bool | None


COLUMNS = {
    "recon": Column(
        N_("reconstruction"), N_("squared error an image"), N_("of test images, summed over pixels from 0 to 1"), False
    ),
    "probe_10": Column(
        N_("probe, 10 labels"), N_("share"),
        N_("test images that a linear probe gets right which knows 10 labels a class"), True,
    ),
    "probe": Column(
        N_("probe, all labels"), N_("share"),
        N_("test images that a linear probe gets right which knows all training labels"), True,
    ),
    "knn_10": Column(
        N_("kNN, 10 labels"), N_("share"),
        N_("test images whose 5 nearest codes in angle, of 10 labelled ones a class, vote for the right one"), True,
    ),
    "knn": Column(
        N_("kNN, all labels"), N_("share"),
        N_("test images whose 5 nearest training codes in angle vote for the right class"), True,
    ),
    "nll": Column(
        "nll", N_("nats an image"), N_("−log p(x) of thresholded test images by 200 importance weights"), False
    ),
    "l0": Column(N_("active"), N_("numbers of the code"), N_("that are not exactly zero, mean over test images"), None),
    "seconds": Column(N_("training"), "s", N_("as measured when it was trained, on that machine"), False),
    "weights": Column(
        N_("weights"), N_("numbers"), N_("that were fitted, or drawn, of all its parts; the mean image apart"), False
    ),
}  # fmt: skip
REASONS = {
    "no_encoder": N_("It has no encoder: it makes images, and codes none."),
    "no_decoder": N_("It has no decoder: what it learns is never turned back into an image."),
    "no_density": N_("It gives images no probability."),
    "not_trained": N_("Nothing is trained."),
    "one_class": N_("These images have no classes to ask for."),
    "no_seed": N_("It does not depend on a seed."),
    "one_seed": N_("One seed says nothing of the others."),
}


class Ask(Config):
    """What is to be compared. `steps`, where it is not 0, is for a try: so few steps for every family."""

    dataset: str
    size: int = Field(32, ge=2, le=128, description=N_("numbers in the code"))
    seeds: int = Field(3, ge=1, le=10, description=N_("runs of each family, with seeds from 0"))
    steps: int = Field(0, ge=0, le=4000, description=N_("optimiser steps of every family; 0: as many as suit it"))

    @property
    def id(self) -> str:
        """The file's name: "mnist5k-32x3"."""
        name = f"{self.dataset.partition('@')[0]}-{self.size}x{self.seeds}".lower()
        return f"{name}-{self.steps}-steps" if self.steps else name

    @property
    def command(self) -> str:
        """What computes it."""
        words = ["python -m repz_core compare --dataset", self.dataset.partition("@")[0], f"--size {self.size}"]
        words += [f"--seeds {self.seeds}"] + [f"--steps {self.steps}"] * (self.steps > 0)
        return " ".join(words)

    def recipes(self) -> dict[str, list[Recipe]]:
        """Of each family that can be trained on such data, a recipe a seed. Raises RepzError where there is none."""
        card = catalogue.card(self.dataset)
        if card.kind != "images":
            fault = _("Families are compared on images; got {given}, which is {kind}.")
            raise RepzError(fault.format(given=card.name, kind=card.kind))
        methods = sorted(filter(lambda name: recipes.suits(name, self.dataset), recipes.names()), key=place)
        return {method: [self._recipe(method, seed) for seed in range(self.seeds)] for method in methods}

    def _recipe(self, method: str, seed: int) -> Recipe:
        usual = recipes.default(method, self.dataset).replace(**QUICK.get(method, {}))
        paths = leaf_paths(type(usual))
        steps = self.steps or usual.training.steps
        changes: dict[str, Any] = {next(path for path in SIZES if path in paths): self.size, "seed": seed}
        changes |= {"training.steps": steps, "training.num_frames": FRAMES}
        if "model.active" in paths:
            changes["model.active"] = max(1, self.size // 4)
        if "training.decay" in paths:
            changes["training.decay"] = steps
        return recipes.parse(usual.replace(**changes).plain())


def place(name: str) -> int:
    """Of a row in the table: baselines first, then the families, one that is new to it last."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


def title_of(name: str) -> str:
    """A row's name as words."""
    return _(TITLES[name] if name in TITLES else recipes.family(name).TITLE)


class Cell(Config):
    """A number of the table: of each seed, their mean, and how far the interval reaches to either side; `why` it has
    none (a key of REASONS).
    """

    values: tuple[float, ...] = ()
    mean: float | None = None
    half: float | None = None
    why: str = ""


class Row(Config):
    """One way to code images: the runs it was measured on (none of a baseline), and a cell for each of COLUMNS."""

    name: str
    runs: tuple[str, ...] = ()
    cells: dict[str, Cell]


class Table(Config):
    """All numbers of a comparison. `pair` are the two images, of those shown, that every interpolation joins."""

    ask: Ask
    version: int = VERSION
    rows: tuple[Row, ...]
    pair: tuple[int, int]
    train: int = Field(ge=1, description=N_("training images that probes know"))
    test: int = Field(ge=1, description=N_("test images that are asked for"))


class Comparison:
    """One file. Reading is lazy; a missing or damaged one raises RepzError naming it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name.removesuffix(SUFFIX)

    @cached_property
    def table(self) -> Table:
        """Its numbers."""
        raw = self._raw()
        try:
            size = int.from_bytes(raw[:8], "little")
            table = Table.model_validate_json(json.loads(raw[8 : 8 + size])["__metadata__"]["table"])
            if any(not COLUMNS.keys() <= row.cells.keys() for row in table.rows):
                raise KeyError(_("a row lacks a column"))
        except (ValueError, KeyError, TypeError, ValidationError, RecursionError) as error:
            raise self._damaged(error) from None
        return table

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What there is to look at: `inputs` and their `reconstructions_NAME`, the `walk_NAME` from one image of the
        pair to the other, `map_NAME` of the `points` with their `labels`.
        """
        try:
            return dict(load(self._raw()))
        except SafetensorError as error:
            raise self._damaged(error) from None

    def _raw(self) -> bytes:
        try:
            return gzip.decompress(self.path.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> RepzError:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        fault = _("The comparison {path} cannot be read ({reason}); compute it anew.")
        return RepzError(fault.format(path=self.path, reason=reason))


def write(table: Table, arrays: Mapping[str, NDArray[Any]], folder: Path) -> Comparison:
    """The comparison's file in that folder's `comparisons`, whole or not at all. Raises RepzError where that fails."""
    path = folder / FOLDER / f"{table.ask.id}{SUFFIX}"
    rows = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    body = gzip.compress(save(rows, {"table": table.model_dump_json()}), 9, mtime=0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, body)
    except OSError as error:
        fault = _("The comparison cannot be written to {path}: {reason}; name another place in REPZ_HOME.")
        raise RepzError(fault.format(path=path, reason=error.strerror)) from None
    return Comparison(path)


def listed(store: RunStore) -> list[Comparison]:
    """All that can be read: the user's, then the shipped ones that they do not replace."""
    found: dict[str, Comparison] = {}
    for root in (store.root, store.shipped):
        for path in sorted((root / FOLDER).glob(f"*{SUFFIX}")):
            comparison = Comparison(path)
            with suppress(RepzError):
                assert comparison.table is not None  # raises where it cannot be read
                found.setdefault(comparison.id, comparison)
    return list(found.values())


def opened(store: RunStore, id: str) -> Comparison:
    """The comparison of that id. Raises RepzError where there is none."""
    if ID.fullmatch(id):
        for root in (store.root, store.shipped):
            if (path := root / FOLDER / f"{id}{SUFFIX}").is_file():
                return Comparison(path)
    raise RepzError(_("There is no comparison {id!r} here; choose one of the list.").format(id=id[:60]))


def cell(values: Sequence[float], why: str = "") -> Cell:
    """A cell of one number a seed with the 95 % t-interval of their mean, which takes their spread for normal."""
    known = [float(f"{value:.6g}") for value in values]
    if not known:
        return Cell(why=why)
    mean = sum(known) / len(known)
    if len(known) == 1:
        return Cell(values=tuple(known), mean=mean, why=why or "one_seed")
    error = math.sqrt(sum((value - mean) ** 2 for value in known) / (len(known) - 1) / len(known))
    return Cell(values=tuple(known), mean=mean, half=QUANTILES[len(known)] * error)


# 97.5 % quantiles of Student's t with n - 1 degrees of freedom, of n seeds.
QUANTILES = {
    2: 12.7062, 3: 4.30265, 4: 3.18245, 5: 2.77645, 6: 2.57058, 7: 2.44691, 8: 2.36462, 9: 2.306, 10: 2.26216,
}  # fmt: skip
