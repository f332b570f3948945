"""Time and memory against what grows: examples to code, latent dimensions, the batch, runs in the store.

Each size is measured in a process of its own, forked from one that has loaded torch, so that none profits from memory
that another has freed; megabytes are what that process grew by at its peak. The line is the worst growth of time over
growth of size between two sizes next to each other: 1 is linear. (Viewers: see event_stream and many_viewers.)
"""

import gc
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from repz_core import datasets, recipes
from repz_core.bench.measure import Result, Settings
from repz_core.bench.tasks.peak_share import at_steps
from repz_core.runs import RunStore
from repz_core.solvers import sparse_encode

ATOMS = 256
Measure = Callable[[int, int], float]


def run(settings: Settings) -> Result:
    """The worst growth, and a row a size."""
    sizes: dict[tuple[str, Measure], tuple[int, ...]] = {
        ("examples to code", codes): (500, 1000, 2000, 4000),
        ("latent dimensions, a VAE's step", step_of_k): (2, 8, 32, 128),
        ("batch, a VAE's step", step_of_batch): (32, 128, 512, 2048),
        ("runs in the store, a listing", listing): (10, 100, 1000),
    }
    if settings.size == "quick":
        sizes = dict.fromkeys(sizes, (20, 40))
    repeats = settings.pick(1, 5, 15)
    table = [row for (what, work), all_ in sizes.items() for row in grown(what, work, all_, repeats)]
    growth = [row["growth"] for row in table if row["growth"]]
    return Result.of("scaling", "times linear", [max(growth)], [], table=table)


def grown(what: str, work: Measure, sizes: tuple[int, ...], repeats: int) -> Iterator[dict[str, Any]]:
    """A row a size; `growth` is that of time over that of size since the row before."""
    found = [apart(work, size, repeats) for size in sizes]
    yield {"against": what, "size": sizes[0], "seconds": found[0][0], "megabytes": found[0][1], "growth": None}
    for (size, before), (larger, after) in pairwise(zip(sizes, found, strict=True)):
        growth = (after[0] / before[0]) / (larger / size)
        yield {"against": what, "size": larger, "seconds": after[0], "megabytes": after[1], "growth": growth}


def apart(work: Measure, size: int, repeats: int) -> tuple[float, float]:
    """Median seconds, and megabytes, of `work` in a process of its own."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, mp_context=context) as process:
        return process.submit(_here, work, size, repeats).result()


def _here(work: Measure, size: int, repeats: int) -> tuple[float, float]:
    gc.collect()
    page = resource.getpagesize()
    before = int(Path("/proc/self/statm").read_text().split()[1]) * page
    seconds = work(size, repeats)
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 1e6


def codes(num: int, repeats: int) -> float:
    """Seconds of exact sparse codes of so many images, over atoms that are images themselves."""
    x = torch.from_numpy(datasets.load("mnist5k").x).double()
    atoms = torch.nn.functional.normalize(x[-ATOMS:], dim=1)
    sparse_encode(x[:2], atoms, 0.1)  # compiles
    return _median(lambda: sparse_encode(x[:num], atoms, 0.1), min(repeats, 3))


def step_of_k(k: int, repeats: int) -> float:
    """Seconds of a step of the default VAE with k latent dimensions."""
    return _step(repeats, **{"model.k": k})


def step_of_batch(size: int, repeats: int) -> float:
    """Seconds of a step of the default VAE on a batch of that size."""
    return _step(repeats, **{"training.batch_size": size})


def _step(repeats: int, **changes: int) -> float:
    endless = {"training.steps": 200_000, "training.num_frames": 2}
    asked = recipes.default("vae", "mnist5k").replace(**changes, **endless)
    return statistics.median(b - a for a, b in pairwise(at_steps(asked, 5 * repeats, time.perf_counter)))


def listing(num: int, repeats: int) -> float:
    """Seconds of RunStore.list() on so many finished runs, each with another seed."""
    finished = RunStore().find(recipes.preset("vae", "2-D map of digits"))
    assert finished is not None
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(folder, shipped=Path(folder) / "none")
        for seed in range(num):
            run = store.create(finished.recipe.replace(seed=seed), Path(folder) / f"vae-{seed:016x}")
            for name in ("status.json", "events.jsonl.gz"):
                shutil.copy(finished.folder / name, run.folder / name)
        return _median(lambda: store.list(), repeats)


def _median(work: Callable[[], Any], repeats: int) -> float:
    seconds = []
    for _repeat in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)
