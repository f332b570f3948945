"""Images as they are kept: squares of a chosen side, out of png and jpeg files in class folders, or out of arrays.

A black border makes an image square; then each new pixel is the mean of the area that it covers.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from repz_core.config import RepzError
from repz_core.datasets.bounds import (
    LEAST_SIDE,
    MEGA,
    MOST_DECODED,
    MOST_IMAGES,
    MOST_KEPT,
    MOST_PIXELS,
    MOST_SIDE,
    USUAL_SIDE,
)
from repz_core.datasets.given import Given, refused
from repz_core.locale import _

ENDINGS = (".png", ".jpg", ".jpeg")
_AT_ONCE = 4 * MEGA  # pixels that are averaged at a time
GREY, COLOUR = ("1", "L", "LA"), ("P", "RGB", "RGBA", "CMYK", "YCbCr")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, MemoryError, OverflowError,
          Image.DecompressionBombError, Image.DecompressionBombWarning)  # fmt: skip


class Pictures(NamedTuple):
    """Images (N, C, side, side), their classes by folder (N,), None where they are in one, and the side they came in,
    0 where they came in several.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.str_] | None
    came: tuple[int, int]


def usual_side(rows: int, columns: int) -> int:
    """The side at which images are kept unless said: their own, where it is within bounds."""
    longer = max(rows, columns)
    return USUAL_SIDE if longer > MOST_SIDE else max(LEAST_SIDE, longer)


def decoded(files: Sequence[Given], side: int | None, grey: bool) -> Pictures:
    """The images of png and jpeg files; each one's folder is its class. Raises RepzError, naming the first at fault."""
    if len(files) > MOST_IMAGES:
        raise refused(
            files[0].name,
            _("there are {count:,} images, at most {most:,} may be").format(count=len(files), most=MOST_IMAGES),
        )
    made: list[NDArray[np.uint8]] = []
    came, first, pixels = set(), None, 0
    for given in files:
        image = _decode(given, grey)
        came.add(image.size)
        pixels += image.width * image.height
        if first is None:
            first = image.size
            kept = side or usual_side(image.height, image.width)
        if side is None and image.size != first:
            fault = _("it has {given} pixels and those before it {first}; choose a size for all")
            raise refused(given.name, fault.format(given=_size(image.size), first=_size(first)))
        if pixels > MOST_DECODED or len(files) * kept * kept > MOST_KEPT:
            raise refused(given.name, _("there are too many pixels in all; choose a smaller size, or leave some out"))
        made.append(averaged(np.moveaxis(np.atleast_3d(np.asarray(image)), 2, 0)[None], kept)[0])
    colour = any(len(array) == 3 for array in made)
    images = np.empty((len(made), 3 if colour else 1, kept, kept), np.uint8)
    for row, array in zip(images, made, strict=True):
        row[:] = array  # one channel spreads to three
    folders = np.array([given.name.split("/")[-2] if "/" in given.name else "" for given in files])
    labels = folders if len(np.unique(folders)) > 1 else None
    columns, rows = first if first and len(came) == 1 else (0, 0)
    return Pictures(images, labels, (rows, columns))


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _decode(given: Given, grey: bool) -> Image.Image:
    """An image in grey or colour. Raises RepzError for what is none, too large, or of more than 8 bits."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(given.read()), formats=("PNG", "JPEG")) as image:
                if image.width * image.height > MOST_PIXELS:
                    fault = _("it has {given} pixels, more than {most} million")
                    raise refused(given.name, fault.format(given=_size(image.size), most=MOST_PIXELS // 1_000_000))
                if image.mode not in GREY + COLOUR:
                    raise refused(
                        given.name, _("it has more than 8 bits a colour (mode {mode})").format(mode=image.mode)
                    )
                return image.convert("L" if grey or image.mode in GREY else "RGB")
    except RepzError:
        raise
    except Image.UnidentifiedImageError:
        raise refused(given.name, _("it is neither a png nor a jpeg image")) from None
    except BROKEN as error:
        raise refused(
            given.name, _("the image is damaged ({reason})").format(reason=str(error)[:80] or type(error).__name__)
        ) from None


def squares(images: NDArray[np.uint8], side: int, grey: bool) -> NDArray[np.uint8]:
    """Images (N, C, H, W) as (N, C or 1, side, side)."""
    channels, rows, columns = images.shape[1:]
    grey = grey and channels == 3
    if rows == columns == side and not grey:
        return images
    kept = np.empty((len(images), 1 if grey else channels, side, side), np.uint8)
    at_once = max(1, _AT_ONCE // (channels * rows * columns))
    for start in range(0, len(images), at_once):
        part = images[start : start + at_once]
        kept[start : start + at_once] = averaged(_grey(part) if grey else part, side)
    return kept


def averaged(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Images (N, C, H, W) as (N, C, side, side): each new pixel is the mean of the area that it covers."""
    rows, columns = images.shape[2:]
    if rows == columns == side:
        return images
    longer = max(rows, columns)
    edges = np.arange(side + 1) * (longer / side)
    inside = np.minimum(edges[1:, None], np.arange(1, longer + 1)) - np.maximum(edges[:-1, None], np.arange(longer))
    shares = (inside.clip(0) * (side / longer)).astype(np.float32)  # (side, longer), a new pixel's of each old one
    top, left = (longer - rows) // 2, (longer - columns) // 2
    down, across = shares[:, top : top + rows], shares[:, left : left + columns]
    return np.rint(down @ images.astype(np.float32) @ across.T).astype(np.uint8)


def _grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brightness (N, 1, H, W) of colours (N, 3, H, W), as Pillow has it (ITU-R 601-2)."""
    weights = np.array([19595, 38470, 7471], np.uint32)
    sums = np.einsum("c,nchw->nhw", weights, images.astype(np.uint32)) + 0x8000
    return (sums >> 16).astype(np.uint8)[:, None]
