"""Convex solvers: the exact codes of a sparse dictionary, with their certificate."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor
from torch.profiler import record_function

from repz_core.config import RepzError
from repz_core.locale import _

ROWS = 512  # coded at a time by a thread: memory beyond the answer is O(ROWS K + K^2)


def soft_threshold(t: Tensor, by: float) -> Tensor:
    """sign(t) max(|t| - by, 0), element by element: the proximal map of by |t|."""
    return t - t.clamp(-by, by)


def sparse_encode(x: Tensor, dictionary: Tensor, l1: float, enough: float = 1e-10) -> tuple[Tensor, Tensor]:
    """Lasso codes (N, K) of x (N, n) on a dictionary (K, n) of unit rows, and each row's relative duality gap (N,).

    The minimum over u of 1/2 ||x - u D||^2 + l1 ||u||_1 (Tibshirani 1996), each row apart, in float64, on as many
    threads as torch has. The gap bounds how far the objective lies above its minimum, as a share of it; it is at most
    `enough`, but where thousands of rounds did not do (it is right there too). Where atoms are copies of each other the
    codes are not unique. Raises RepzError for shapes that do not fit, numbers that are not finite, or l1 not above 0.
    """
    _check(x, dictionary, l1)
    from repz_core.lasso_rows import encode_rows

    atoms = dictionary.detach().double()
    gram = (atoms @ atoms.T).numpy()
    codes, gaps = x.new_zeros(len(x), len(atoms), dtype=torch.float64), x.new_zeros(len(x), dtype=torch.float64)

    def encode(start: int) -> None:
        part = slice(start, start + ROWS)
        rows = x[part].detach().double()
        correlations, squares = (rows @ atoms.T).numpy(), rows.square().sum(1).numpy()
        encode_rows(correlations, squares, gram, float(l1), enough, codes[part].numpy(), gaps[part].numpy())

    # Named for profiles, which see torch's own operators alone.
    with record_function("repz::sparse_encode"), ThreadPoolExecutor(torch.get_num_threads()) as threads:
        list(threads.map(encode, range(0, len(x), ROWS)))
    return codes, gaps


def _check(x: Tensor, dictionary: Tensor, l1: float) -> None:
    if x.ndim != 2 or dictionary.ndim != 2 or x.shape[1] != dictionary.shape[1] or not len(dictionary):
        raise RepzError(
            _("x must be (N, n) and the dictionary (K, n) with K above 0; got {x} and {dictionary}.").format(
                x=tuple(x.shape), dictionary=tuple(dictionary.shape)
            )
        )
    if not (x.isfinite().all() and dictionary.isfinite().all()):
        raise RepzError(_("x and the dictionary must be finite; got NaN or infinity."))
    if not 0 < l1 < float("inf"):
        raise RepzError(_("l1 must be above 0 and finite; got {given}.").format(given=l1))
