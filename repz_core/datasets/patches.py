"""Natural image patches: small squares of two whitened photographs, those that come with scikit-learn."""

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from repz_core.config import RepzError
from repz_core.datasets.splits import uniform
from repz_core.locale import _

PHOTOGRAPHS = ("china.jpg", "flower.jpg")
STEPS = 16  # of int8 to a standard deviation: +-8 of them fit, in steps that are not seen
CUTOFF = 0.4  # cycles a pixel: what is finer is the camera's noise (Olshausen & Field 1996)
MARGIN = 8  # pixels left out at the rim, where the filter wraps around
_SEED = 7_000


def patches(
    side: int, size: int, percent: tuple[int, int]
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.uint8]]:
    """`size` patches of `side` x `side` pixels as int8 (size, side^2), the photograph (size,) and part (size,) of each.

    Parts share no pixel: training patches come from the left `percent[0]` % of a photograph, validation from the next
    `percent[1]` %, test from the rest. Raises RepzError where scikit-learn's photographs are missing.
    """
    x, y, split = [], [], []
    for label, name in enumerate(PHOTOGRAPHS):
        photograph = _quantised(whitened(_grey(name)))
        rows, columns = photograph.shape
        edges = [0, columns * percent[0] // 100, columns * sum(percent) // 100, columns]
        shares = [percent[0], percent[1], 100 - sum(percent)]
        for part, share in enumerate(shares):
            num = size // len(PHOTOGRAPHS) * share // 100
            draws = uniform(_SEED + 10 * label + part, 2 * num).reshape(2, num)
            tops = (draws[0] * (rows - side + 1)).astype(np.int64)
            lefts = edges[part] + (draws[1] * (edges[part + 1] - edges[part] - side + 1)).astype(np.int64)
            windows = np.lib.stride_tricks.sliding_window_view(photograph, (side, side))
            x.append(windows[tops, lefts].reshape(num, -1))
            y.append(np.full(num, label, np.int64))
            split.append(np.full(num, part, np.uint8))
    return np.concatenate(x), np.concatenate(y), np.concatenate(split)


def whitened(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """The picture (rows, columns) with a flat spectrum up to CUTOFF, its rim cut off, of mean 0 and variance 1.

    Amplitudes of natural pictures fall as 1/f: they are multiplied with f exp(-(f / CUTOFF)^4).
    """
    rows, columns = picture.shape
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.fftfreq(columns)[None, :])
    spectrum = np.fft.fft2(picture - picture.mean()) * frequency * np.exp(-((frequency / CUTOFF) ** 4))
    flat = np.fft.ifft2(spectrum).real[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return np.asarray((flat - flat.mean()) / flat.std())


def _quantised(picture: NDArray[np.float64]) -> NDArray[np.int8]:
    return np.clip(np.round(STEPS * picture), -127, 127).astype(np.int8)


def _grey(name: str) -> NDArray[np.float64]:
    """A photograph's mean over its colours, (rows, columns)."""
    from PIL import Image

    package = importlib.util.find_spec("sklearn")
    path = Path(package.origin or "").parent / "datasets" / "images" / name if package else None
    if path is None or not path.is_file():
        raise RepzError(
            _("The image patches need the package scikit-learn with its photograph {name}; it is not there.").format(
                name=name
            )
        )
    with Image.open(path) as picture:
        return np.asarray(picture, np.float64).mean(2)
