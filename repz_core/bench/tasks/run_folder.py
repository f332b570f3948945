"""Size of a finished default VAE run on disk. Nothing to compare with: it informs, and must stay within a limit."""

import tempfile
from pathlib import Path

from repz_core import recipes
from repz_core.bench.measure import Result, Settings
from repz_core.executors.work import work
from repz_core.runs import RunStore

LIMIT = 10.0  # megabytes


def run(settings: Settings) -> Result:
    """Megabytes (10^6 bytes) of all files of the run."""
    recipe = recipes.default("vae", settings.images)
    if settings.size == "quick":
        recipe = recipe.replace(**{"training.steps": 20})
    with tempfile.TemporaryDirectory() as root:
        finished = RunStore(root).create(recipe, Path(root) / "run")
        status = work(finished)
        assert status.state == "done", status.message
        size = sum(path.stat().st_size for path in finished.folder.rglob("*") if path.is_file())
    return Result.of("run_folder", "MB", [size / 1e6], [], limit=LIMIT)
