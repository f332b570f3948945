"""A comparison, computed: every family trained or found, each asked the same, and the file that pages replay."""

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repz_core import datasets, engine
from repz_core.compare import baselines, measure
from repz_core.compare.training import Tell, trained
from repz_core.comparison import COLUMNS, Ask, Cell, Comparison, Row, Table, cell, title_of, write
from repz_core.datasets import catalogue
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

LEAD = "pixels"  # whose map the others are turned upon


def compare(ask: Ask, store: RunStore, folder: Path | None = None, tell: Tell = lambda line: None) -> Comparison:
    """Train what is missing in `store`, measure all, and write the file in `folder`, else beside the runs.

    Raises RepzError where a run fails, or what came out cannot be written.
    """
    asked = ask.recipes()
    runs = iter(trained([recipe for group in asked.values() for recipe in group], store, tell))
    found = {name: [next(runs) for _recipe in group] for name, group in asked.items()}
    data = datasets.load(ask.dataset)
    first = next(iter(asked.values()))[0]
    with engine.numerics(first):
        gallery = measure.Gallery(data)
        shown = _Shown(gallery, tell)
        rows = [*_baselines(ask, shown), *(_family(name, group, shown) for name, group in found.items())]
    table = Table(
        ask=ask.replace(dataset=catalogue.identity(ask.dataset)), rows=tuple(rows), pair=gallery.pair,
        train=len(gallery.train), test=len(gallery.test),
    )  # fmt: skip
    return write(table, shown.arrays, folder or store.root)


class _Shown:
    """The pictures as they come together: of the first seed of each row."""

    def __init__(self, gallery: measure.Gallery, tell: Tell) -> None:
        self.gallery, self.tell = gallery, tell
        self.arrays: dict[str, NDArray[np.generic]] = gallery.fixed()
        self.lead: NDArray[np.float32] | None = None

    def ask(self, name: str, coders: list[measure.Coder]) -> list[dict[str, float]]:
        """The numbers of each, and pictures of the first."""
        self.tell(_("measuring: {name}").format(name=title_of(name)))
        found = self.gallery.pictures(name, coders[0], self.lead)
        if name == LEAD:
            self.lead = found[f"map_{name}"].astype(np.float32)
        self.arrays |= found
        return [self.gallery.numbers(coder) for coder in coders]


def _baselines(ask: Ask, shown: _Shown) -> list[Row]:
    """Rows of what nobody trains. Principal components are fitted, which takes the time it takes."""
    train = shown.gallery.train
    pixels = shown.ask("pixels", [measure.of_baseline(baselines.Pixels())])
    drawn = [measure.of_baseline(baselines.random(train, ask.size, seed)) for seed in range(ask.seeds)]
    random = shown.ask("random", drawn)
    start = time.perf_counter()
    fitted = baselines.principal(train, ask.size)
    seconds = time.perf_counter() - start
    pca = [numbers | {"seconds": seconds} for numbers in shown.ask("pca", [measure.of_baseline(fitted)])]
    rows = {"pixels": pixels, "random": random, "pca": pca}
    return [Row(name=name, cells=_cells(numbers, _whys(shown, numbers, name), "no_seed" if len(numbers) == 1 < ask.seeds
            else "")) for name, numbers in rows.items()]  # fmt: skip


def _family(name: str, runs: list[Run], shown: _Shown) -> Row:
    numbers = shown.ask(name, [measure.of_method(run.model()) for run in runs])
    for values, run in zip(numbers, runs, strict=True):
        values |= {"seconds": run.status.seconds}
        values |= {"nll": run.status.metrics["nll"]} if "nll" in run.status.metrics else {}
    return Row(name=name, runs=tuple(run.id for run in runs), cells=_cells(numbers, _whys(shown, numbers, name)))


def _cells(numbers: list[dict[str, float]], whys: dict[str, str], alone: str = "") -> dict[str, Cell]:
    """A cell for each column: of its values, one a seed, or why there are none; `alone`, why one value is all."""
    cells = {}
    for name in COLUMNS:
        values = [each[name] for each in numbers if name in each]
        cells[name] = cell(values, alone if values else whys[name])
    return cells


def _whys(shown: _Shown, numbers: list[dict[str, float]], name: str) -> dict[str, str]:
    """Of each column, why it would have no value."""
    codes, images = "l0" in numbers[0], f"walk_{name}" in shown.arrays
    unknown = "one_class" if codes else "no_encoder"
    whys = dict.fromkeys(("probe", "probe_10", "knn", "knn_10", "l0"), unknown)
    whys["recon"] = "no_encoder" if not codes else "" if images else "no_decoder"
    return whys | {"nll": "no_density", "seconds": "not_trained", "weights": ""}
