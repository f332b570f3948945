"""All runs as rows of one table: what a list of them shows, and a query asks of them. No file but the runs' own is read
or kept: a run's row is made anew when its recipe or status has changed.
"""

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from repz_core import labels
from repz_core.config import Recipe, RepzError, leaf_paths, value
from repz_core.labels import Label
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import Status

DAY = 86_400.0  # seconds
NO_KNOBS = ("method", "dataset", "version", "parent")
Stamp = tuple[int, int, int]  # of a file: changes whenever it is replaced


class Entry:
    """What a run's own files say, in the forms that lists and queries want."""

    def __init__(self, run: Run, status: Status, asked_at: float) -> None:
        self.run, self.status, self.asked_at = run, status, asked_at
        self.id, self.recipe = run.id, run.recipe

    @property
    def dataset(self) -> str:
        """The name of its data set, without the version."""
        return self.recipe.dataset.partition("@")[0]

    @cached_property
    def knobs(self) -> dict[str, Any]:
        """Its settings: {"model.k": 2, ...}."""
        return {path: value(self.recipe, path) for path in knob_paths(type(self.recipe))}

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Its metrics on test images, and as val_NAME on validation images."""
        held_out = {f"val_{name}": number for name, number in self.status.validation.items()}
        return {**held_out, **self.status.metrics}

    @cached_property
    def named(self) -> dict[str, list[Any]]:
        """What each name of a knob, whole or its last part, and of a metric stands for here."""
        found: dict[str, list[Any]] = {}
        for path, setting in self.knobs.items():
            for name in {path, path.rpartition(".")[2]}:
                found.setdefault(name, []).append(setting)
        for name, number in self.numbers.items():
            found.setdefault(name, []).append(number)
        return found


class Row:
    """A run in a list: its entry, and what a person noted of it."""

    def __init__(self, entry: Entry, label: Label, pinned: bool, shipped: bool) -> None:
        self.entry, self.label, self.pinned, self.shipped = entry, label, pinned, shipped
        self.id, self.run, self.recipe, self.status = entry.id, entry.run, entry.recipe, entry.status

    @property
    def days(self) -> float | None:
        """Since it was asked for; None of a run that came with the lab."""
        return None if self.shipped else max(0.0, time.time() - self.entry.asked_at) / DAY

    def plain(self) -> dict[str, Any]:
        """As JSON values, for the command line."""
        return {
            "id": self.id, "method": self.recipe.method, "dataset": self.recipe.dataset,
            "folder": str(self.run.folder), "tags": list(self.label.tags), "note": self.label.note,
            "pinned": self.pinned, "shipped": self.shipped, **self.status.model_dump(),
        }  # fmt: skip


def rows(store: RunStore) -> list[Row]:
    """All readable runs, pinned ones first, then the newest; shipped ones last. A damaged folder is passed over."""
    noted, found = labels.all_of(store.root), []
    for folder in store.folders():
        with suppress(OSError, RepzError):
            entry = _entry(folder, _stamp(folder, "recipe.json"), _status_stamp(folder))
            shipped = folder.parent == store.shipped
            found.append(Row(entry, noted.get(entry.id, Label()), not shipped and entry.run.pinned, shipped))
    return sorted(found, key=lambda row: not row.pinned)


@cache
def knob_paths(cls: type[Recipe]) -> Sequence[str]:
    """The settings of a recipe that a list shows as knobs."""
    return [path for path in leaf_paths(cls) if path not in NO_KNOBS]


def differing(entries: Iterable[Entry]) -> list[str]:
    """The knobs in which these runs differ, in the order of their recipes; those that only some have aside."""
    knobs = [entry.knobs for entry in entries]
    common = [path for path in knobs[0] if all(path in others for others in knobs)] if knobs else []
    return [path for path in common if any(others[path] != knobs[0][path] for others in knobs)]


@lru_cache(8192)
def _entry(folder: Path, asked: Stamp, _told: Stamp) -> Entry:
    """The entry of a run whose files are these. Raises RepzError where they cannot be read."""
    run = Run(folder)
    return Entry(run, run.status, asked[0] / 1e9)


def _status_stamp(folder: Path) -> Stamp:
    try:
        return _stamp(folder, "status.json")
    except FileNotFoundError:  # nobody has touched the run yet
        return 0, 0, 0


def _stamp(folder: Path, name: str) -> Stamp:
    """Raises OSError where there is no such file."""
    found = os.stat(os.path.join(folder, name))  # quicker than Path's, which counts with a thousand runs
    return found.st_mtime_ns, found.st_size, found.st_ino
