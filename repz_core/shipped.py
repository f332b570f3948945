"""The runs that come with the lab, in checkpoints/: the presets of every family, trained by one command."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import RunStore, run_id


def shipped_recipes() -> list[Recipe]:
    """All presets of all families."""
    return [recipes.preset(method, name) for method in recipes.names() for name in recipes.family(method).PRESETS]


def build(folder: Path) -> Iterator[Run]:
    """Train what is missing in `folder`, remove what is no preset any more; every run that is now there.

    Raises RepzError where a run fails.
    """
    store = RunStore(folder, shipped=folder)
    wanted = {run_id(recipe): recipe for recipe in shipped_recipes()}
    for run in store.list():
        if run.id not in wanted:
            shutil.rmtree(run.folder)
    for id, recipe in wanted.items():
        run = store.find(recipe) or store.create(recipe, folder / id)
        if run.status.state != "done":
            status = work(run)
            if status.state != "done":
                raise RepzError(f"{id}: {status.message}")
        for leftover in ("lock", "control.json", "states"):
            path = run.folder / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield run
