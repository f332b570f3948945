"""Data sets from OpenML, whose ids never change meaning; or, without a network, from a file put there by hand."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
from numpy.typing import NDArray

from repz_core.config import RepzError
from repz_core.datasets.catalogue import Card
from repz_core.locale import _

SITE = "https://www.openml.org"
PROBE_SECONDS = 4.0

Pair = tuple[NDArray[np.uint8], NDArray[np.int64]]


def images(card: Card, folder: Path) -> Pair:
    """Images x (N, n), uint8, and classes y (N,) of `card`, in their original order, test images last.

    Taken from `folder`/manual/NAME.npz where somebody put it, else from OpenML, kept below `folder`/openml/NAME.
    Raises RepzError where neither works or the arrays are not what the card says.
    """
    by_hand = folder / "manual" / f"{card.name}.npz"
    return _by_hand(card, by_hand) if by_hand.exists() else _fetch(card, by_hand)


def _by_hand(card: Card, path: Path) -> Pair:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
    except Exception as error:  # a file from anywhere can fail in any way
        raise RepzError(
            _("{path} cannot be read as an npz file with arrays x and y: {reason}.").format(
                path=path, reason=_clause(error)
            )
        ) from error
    return _checked(card, x, y, str(path))


def _fetch(card: Card, by_hand: Path) -> Pair:
    number = int(card.version.removeprefix("openml-"))
    try:
        with _home(by_hand.parent.parent / "openml" / card.name) as home:
            x, y = _download(number, card, home)
    except (OSError, HTTPException, ValueError, LookupError) as error:
        raise RepzError(
            _(
                "{name} could not be fetched from {site} (data set {number}): {reason}; connect to the network, or put "
                "a file {file} with the arrays x (uint8, N rows of {num_pixels} values from 0 to 255, test images "
                "last) and y (N whole numbers from 0 to {last}) into the folder {folder}."
            ).format(
                name=card.name,
                site=SITE,
                number=number,
                reason=_clause(error),
                file=by_hand.name,
                num_pixels=int(np.prod(card.shape)),
                last=card.num_classes - 1,
                folder=by_hand.parent,
            )
        ) from error
    return _checked(card, x, y, f"{SITE}/d/{number}")


def _download(number: int, card: Card, home: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Images and classes as scikit-learn reads them from OpenML's file, whose MD5 it checks."""
    from sklearn.datasets import fetch_openml  # seconds to import, so not at the top

    if not any(home.rglob("*.arff.gz")):  # fetch_openml has no time limit: find out first whether anyone answers
        urlopen(f"{SITE}/api/v1/json/data/{number}", timeout=PROBE_SECONDS).close()
    num_pixels = int(np.prod(card.shape))
    # pandas is the fast parser; float32 takes whole numbers and decimals alike, in half the memory of its default.
    types: dict[int, Any] = dict.fromkeys(range(num_pixels), np.float32) | {num_pixels: str}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # retries, and OpenML's own remarks
        found = fetch_openml(
            data_id=number,
            data_home=home,
            as_frame=False,
            parser="pandas",
            n_retries=1,
            delay=0.1,
            read_csv_kwargs={"dtype": types},
        )
    return found.data, np.char.strip(found.target.astype(str), "'").astype(np.int64)  # classes may come in quotes


@contextmanager
def _home(folder: Path) -> Iterator[Path]:
    """`folder`, or a passing one where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError:
        writable = False
    if writable:
        yield folder
    else:
        with tempfile.TemporaryDirectory() as passing:
            yield Path(passing)


def _checked(card: Card, x: NDArray[Any], y: NDArray[Any], source: str) -> Pair:
    """(x as uint8, y as int64), or a RepzError that names `source` and the first thing wrong."""
    num_pixels = int(np.prod(card.shape))
    if x.ndim != 2 or x.shape[1] != num_pixels or y.shape != x.shape[:1]:
        wanted = _("x of shape (N, {num_pixels}) and y of shape (N,)").format(num_pixels=num_pixels)
        given = f"{x.shape}, {y.shape}"
    elif x.dtype not in (np.uint8, np.float32) or not np.issubdtype(y.dtype, np.integer):
        wanted, given = _("x of type uint8 and y of whole numbers"), f"{x.dtype}, {y.dtype}"
    elif not (len(x) and x.min() >= 0 and 1 < x.max() <= 255 and np.array_equal(x, np.floor(x))):
        wanted = _("whole numbers from 0 to 255 in x")
        given = _("{low} to {high}").format(low=x.min(initial=0), high=x.max(initial=0))
    elif not np.array_equal(np.unique(y), np.arange(card.num_classes)):
        wanted = _("each class from 0 to {last} in y").format(last=card.num_classes - 1)
        given = ", ".join(map(str, np.unique(y)[:20]))
    else:
        return x.astype(np.uint8, copy=False), y.astype(np.int64)
    raise RepzError(
        _("{source} is not {name}: it must hold {wanted}; got {given}.").format(
            source=source, name=card.name, wanted=wanted, given=given
        )
    )


def _clause(error: Exception) -> str:
    """The first sentence of what `error` says, without its full stop."""
    return str(getattr(error, "reason", error)).split(". ")[0].rstrip(".") or type(error).__name__
