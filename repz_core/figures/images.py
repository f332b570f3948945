"""Pictures of images: contact sheets as arrays, for thumbnails and notebooks."""

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
