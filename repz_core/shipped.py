"""The runs that come with the lab, in checkpoints/: the presets of every family, trained by one command.

To take less room they keep their weights in half precision, and their metrics are those of these weights; their log is
gzipped.
"""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

from safetensors.torch import load_file, save_file

from repz_core import engine, recipes
from repz_core.config import Recipe, RepzError
from repz_core.executors.work import work
from repz_core.run import Run, write_json
from repz_core.runs import RUN_ID, RunStore, run_id
from repz_core.writer import rounded


def shipped_recipes() -> list[Recipe]:
    """All presets and all families of runs of all methods, each once."""
    found: dict[str, Recipe] = {}
    for method in recipes.names():
        module = recipes.family(method)
        asked = [recipes.preset(method, name) for name in module.PRESETS]
        for name in module.FAMILIES:
            asked += recipes.family_of_runs(method, name)
        found |= {run_id(recipe): recipe for recipe in asked}
    return list(found.values())


def build(folder: Path) -> Iterator[Run]:
    """Train what is missing in `folder`, remove what is no preset any more; every run that is now there.

    Raises RepzError where a run fails.
    """
    store = RunStore(folder, shipped=folder)
    wanted = {run_id(recipe): recipe for recipe in shipped_recipes()}
    for path in list(folder.iterdir()):
        if RUN_ID.fullmatch(path.name) and path.name not in wanted:
            shutil.rmtree(path)
    for id, recipe in wanted.items():
        run = store.find(recipe) or store.create(recipe, folder / id)
        if run.status.state != "done":
            status = work(run)
            if status.state != "done":
                raise RepzError(f"{id}: {status.message}")
            halve(run)
            pack_log(run)
        for leftover in ("lock", "control.json", "states"):
            path = run.folder / leftover
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        yield run


def halve(run: Run) -> None:
    """Round the weights of a finished run to half precision, and measure it again."""
    path = run.folder / "weights.safetensors"
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(path).items()
    }
    assert all(tensor.isfinite().all() for tensor in tensors.values()), f"{run.id} has weights out of half's range"
    save_file(tensors, path)
    found = {part: rounded(engine.evaluate(run.model(), run.recipe.dataset, part)) for part in ("test", "validation")}
    status = run.status.replace(metrics=found["test"], validation=found["validation"])
    write_json(run.folder / "status.json", status.model_dump())


def pack_log(run: Run) -> None:
    """Gzip the log of a finished run."""
    path = run.folder / "events.jsonl"
    path.with_name("events.jsonl.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
