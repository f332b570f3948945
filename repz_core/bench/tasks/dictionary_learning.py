"""Dictionary learning against scikit-learn's MiniBatchDictionaryLearning: seconds to an objective as low as its own.

Both on one thread, with as many atoms and the same penalty, otherwise each with its defaults (the peer codes by
coordinate descent and stops by itself). Quality is the mean lasso objective of all training examples with exact codes;
a run of ours whose objective is higher counts as infinitely slow.
"""

import math
import time
import warnings

import torch
from sklearn.decomposition import MiniBatchDictionaryLearning
from torch import Tensor

from repz_core import datasets, engine, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.events import State
from repz_core.objectives import lasso
from repz_core.solvers import sparse_encode

# Data, atoms, l1, our steps; the first one is the line's own.
CASES = (("patches12", 196, 1.0, 400), ("digits", 100, 0.3, 600))
TINY = (("digits", 20, 0.3, 5),)
REQUIRED = 2.0


def run(settings: Settings) -> Result:
    """Median seconds of both on image patches; all cases in the table."""
    num_runs = settings.pick(1, 3, 5)
    cases = TINY if settings.size == "quick" else CASES
    rows = [_compare(*case, settings, num_runs) for case in cases]
    (times, qualities), *_others = rows
    table = [
        {
            "data": name, "atoms": units, "l1": l1, "required": REQUIRED,
            "ratio": Result.of("", "s", *times, less_is_better=True).ratio,
            "objective_ours": max(ours), "objective_peer": min(theirs),
        }
        for (name, units, l1, _steps), (times, (ours, theirs)) in zip(cases, rows, strict=True)
    ]  # fmt: skip
    ours, theirs = max(qualities[0]), min(qualities[1])
    return Result.of(
        "dictionary_learning", "s", *times, peer_name="scikit-learn MiniBatchDictionaryLearning, patches12",
        less_is_better=True, required=REQUIRED, quality_ours=ours, quality_peer=theirs, table=table,
    )  # fmt: skip


def _compare(
    name: str, units: int, l1: float, steps: int, settings: Settings, num_runs: int
) -> tuple[list[list[float]], list[list[float]]]:
    """Seconds, and objectives, of both sides, a list each."""
    x = torch.from_numpy(datasets.load(name).part("train").x)[:: settings.pick(20, 1, 1)]
    sparse_encode(x[:2], torch.eye(x.shape[1]), l1)  # compiles
    sides = interleave(
        num_runs, lambda i: _ours(name, units, l1, steps, i), lambda i: _theirs(x, units, l1, i, settings)
    )
    objectives = [[_objective(x, atoms, l1) for _seconds, atoms in side] for side in sides]
    times = [[seconds for seconds, _atoms in side] for side in sides]
    worst = max(objectives[1])
    if settings.size != "quick":
        times[0] = [
            seconds if mine <= worst else math.inf for seconds, mine in zip(times[0], objectives[0], strict=True)
        ]
    return times, objectives


def _objective(x: Tensor, atoms: Tensor, l1: float) -> float:
    codes, _gaps = sparse_encode(x, atoms, l1)
    return lasso(x.double(), atoms.double(), codes, l1).mean().item()


def _ours(name: str, units: int, l1: float, steps: int, seed: int) -> tuple[float, Tensor]:
    changes = {"model.units": units, "model.l1": l1, "training.steps": steps, "training.num_frames": 2,
               "seed": seed}  # fmt: skip
    recipe = recipes.default("sparse_coding", name).replace(**changes)
    start = time.perf_counter()
    state = [event for event in engine.train(recipe) if isinstance(event, State)][-1]
    return time.perf_counter() - start, state.tensors["model.dictionary"]


def _theirs(x: Tensor, units: int, l1: float, seed: int, settings: Settings) -> tuple[float, Tensor]:
    rounds = settings.pick(1, 1000, 1000)  # the default, at which it never arrives
    peer = MiniBatchDictionaryLearning(units, alpha=l1, fit_algorithm="cd", random_state=seed, max_iter=rounds)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rows that need more rounds than its default
        peer.fit(x.numpy())
    return time.perf_counter() - start, torch.from_numpy(peer.components_).float()
