"""A thousand runs listed and queried by a process that has just started, whose caches are empty. It must stay within a
limit; `quality_ours` is the same with the interpreter's own start.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from repz_core import recipes
from repz_core.bench.measure import Result, Settings
from repz_core.presence import SOURCE
from repz_core.runs import run_id
from repz_core.status import Status

LIMIT = 0.5  # seconds
FAMILIES = (("vae", "digits"), ("gan", "ring8"), ("sparse_ae", "digits"), ("linear_ae", "digits"))
LISTING = """
import sys, time
from repz_core import listing, query, runs
start = time.perf_counter()
store = runs.RunStore(sys.argv[1], shipped=runs.Path(sys.argv[1]) / "none")
found = query.select(listing.rows(store), "step>0 sort:seed")
print(len(found), time.perf_counter() - start)
"""


def run(settings: Settings) -> Result:
    """Seconds to the rows of all runs, each time in a new process."""
    count, times = settings.pick(20, 1000, 1000), settings.pick(1, 5, 11)
    seconds, whole = [], []
    with tempfile.TemporaryDirectory() as root:
        make(Path(root), count)
        for _time in range(times):
            start = time.perf_counter()
            command = [sys.executable, "-c", LISTING, root]
            done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True)
            whole.append(time.perf_counter() - start)
            found, spent = done.stdout.split()
            assert int(found) == count
            seconds.append(float(spent))
    return Result.of("list_runs", "s", seconds, [], limit=LIMIT, less_is_better=True, quality_ours=min(whole))


def make(root: Path, count: int) -> None:
    """So many folders of finished runs, as far as a list looks into them."""
    bases = [recipes.default(method, dataset) for method, dataset in FAMILIES]
    for seed in range(count):
        recipe = bases[seed % len(bases)].replace(seed=seed)
        metrics = {name: float(seed) for name in recipes.family(recipe.method).METRICS}
        status = Status(state="done", step=recipe.training.steps, seconds=1.0, metrics=metrics)
        folder = root / run_id(recipe)
        folder.mkdir()
        (folder / "recipe.json").write_text(json.dumps(recipe.plain()))
        (folder / "status.json").write_text(json.dumps(status.model_dump()))
