"""Pictures of images: contact sheets as arrays, for thumbnails and notebooks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def contact_sheet(images: NDArray[np.uint8], columns: int, gap: int = 1, scale: int = 1) -> NDArray[np.uint8]:
    """Images (M, C, H, W) as one picture (rows, columns, 3), `gap` black pixels apart, each pixel `scale` wide."""
    count, _channels, height, width = images.shape
    rows = -(-count // columns)
    sheet: NDArray[Any] = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), np.uint8)
    for m, image in enumerate(images):
        top, left = (m // columns) * (height + gap), (m % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = np.moveaxis(image, 0, -1)  # one channel spreads to three
    return sheet.repeat(scale, 0).repeat(scale, 1)


def scatter(
    clouds: Sequence[tuple[NDArray[np.floating], str]], reach: float, width: int, height: int, dot: int = 2
) -> NDArray[np.uint8]:
    """Clouds of points (N, 2) with their colours, one upon the other, as a picture (height, width, 3) on white, around
    zero and up to `reach` in the shorter direction; each point is `dot` pixels wide.
    """
    picture: NDArray[np.uint8] = np.full((height, width, 3), 255, np.uint8)
    scale = min(width, height) / (2 * reach)
    for points, color in clouds:
        paint = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        columns = np.round(width / 2 + points[:, 0] * scale).astype(int)
        rows = np.round(height / 2 - points[:, 1] * scale).astype(int)
        inside = (columns >= 0) & (columns <= width - dot) & (rows >= 0) & (rows <= height - dot)
        for down in range(dot):
            for right in range(dot):
                picture[rows[inside] + down, columns[inside] + right] = paint
    return picture
