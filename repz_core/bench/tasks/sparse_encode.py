"""Exact sparse codes against scikit-learn's coordinate descent and LARS, with its defaults, on the same dictionaries.

An atom is a training image, slightly disturbed, of norm one: a dictionary whose atoms are alike, which is the hard
case. All in this process, in float64, on two threads where a side can use them. "worst" is the largest share by which
a row's objective lies above the peer's.
"""

import time
import warnings
from typing import Any

import torch
from sklearn.decomposition import sparse_encode as peer_encode
from torch import Tensor

from repz_core import datasets
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.objectives import lasso
from repz_core.solvers import sparse_encode

L1 = 0.1
THREADS = 2
# Data, atoms, rows, peer, least ratio; the first one is the line's own.
CASES = (
    ("digits", 100, 1797, "lasso_cd", 4.0),
    ("digits", 100, 1797, "lasso_lars", 20.0),
    ("mnist5k", 256, 2000, "lasso_cd", 5.0),
)


def run(settings: Settings) -> Result:
    """Median seconds of both on digits against coordinate descent; all cases in the table."""
    torch.set_num_threads(THREADS)
    share, num_runs = settings.pick(40, 1, 1), settings.pick(1, 3, 5)
    results = [_compare(*case, share, num_runs) for case in CASES]
    (first, _row), *_others = results
    name, _atoms, _rows, peer, required = CASES[0]
    return Result.of(
        "sparse_encode", "s", *first, peer_name=f"scikit-learn {peer}, {name}", less_is_better=True,
        required=required, table=[row for _times, row in results],
    )  # fmt: skip


def _compare(
    name: str, num_atoms: int, num: int, peer: str, required: float, share: int, num_runs: int
) -> tuple[list[list[float]], dict[str, Any]]:
    """Seconds of both sides, a list each, and the row of the table; of every `share`-th row."""
    images = torch.from_numpy(datasets.load(name).x[:num:share]).double()
    noise = torch.Generator().manual_seed(0)
    chosen = torch.randint(len(images), (num_atoms,), generator=noise)
    atoms = images[chosen] + 0.01 * torch.randn(num_atoms, images.shape[1], generator=noise)
    atoms = atoms / atoms.norm(dim=1, keepdim=True)
    sparse_encode(images[:2], atoms, L1)  # compiles
    sides = interleave(num_runs, lambda i: _ours(images, atoms), lambda i: _theirs(images, atoms, peer))
    times = [[seconds for seconds, _codes in side] for side in sides]
    ours, theirs = (lasso(images, atoms, side[0][1], L1) for side in sides)
    ratio = Result.of("", "s", *times, less_is_better=True).ratio
    row = {"data": name, "atoms": num_atoms, "rows": len(images), "peer": peer, "ratio": ratio, "required": required}
    return times, row | {"worst": ((ours - theirs) / theirs).max().item()}


def _ours(images: Tensor, atoms: Tensor) -> tuple[float, Tensor]:
    start = time.perf_counter()
    codes, _gaps = sparse_encode(images, atoms, L1)
    return time.perf_counter() - start, codes


def _theirs(images: Tensor, atoms: Tensor, algorithm: str) -> tuple[float, Tensor]:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a row that needs more rounds than its default
        codes = peer_encode(images.numpy(), atoms.numpy(), algorithm=algorithm, alpha=L1)
    return time.perf_counter() - start, torch.from_numpy(codes)
