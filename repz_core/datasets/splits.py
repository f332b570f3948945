"""Which image is for training, validation or test: fixed for ever, the same on every machine.

Only the raw stream of PCG64 is used: NumPy promises that it never changes, which it does not promise of `Generator`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")


def raw_stream(seed: int, num: int) -> NDArray[np.uint64]:
    """`num` random 64-bit words, (num,)."""
    return np.random.PCG64(seed).random_raw(num).astype(np.uint64)


def uniform(seed: int, num: int) -> NDArray[np.float64]:
    """`num` draws from [0, 1), (num,), exact multiples of 2^-53."""
    return (raw_stream(seed, num) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(seed: int, num: int) -> NDArray[np.intp]:
    """0..num-1 in a random order, (num,)."""
    return np.argsort(raw_stream(seed, num), kind="stable")


def stratified(y: NDArray[Any], percent: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """Part of each row, (N,): of each class, `percent[0]` % drawn with `seed` are 0 (training), the next
    `percent[1]` % are 1 (validation), the rest is 2 (test).
    """
    split = np.zeros(len(y), np.uint8)
    order = permutation(seed, len(y))
    for label in np.unique(y):
        rows = order[y[order] == label]
        split[rows[len(rows) * percent[0] // 100 :]] = 1
        split[rows[len(rows) * sum(percent) // 100 :]] = 2
    return split


def held_out_tail(y: NDArray[Any], parts: int, seed: int) -> NDArray[np.uint8]:
    """Part of each row, (N,), where a data set comes with its test images last: the last `parts`-th is test, a tenth
    of each class of the rest, drawn with `seed`, is validation.
    """
    split = np.zeros(len(y), np.uint8)
    num_rest = len(y) - len(y) // parts
    split[num_rest:] = 2
    order = permutation(seed, num_rest)
    for label in np.unique(y):
        rows = order[y[order] == label]
        split[rows[: len(rows) // 10]] = 1
    return split
