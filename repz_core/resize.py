"""Images at another size: to a square of 2^i pixels a side, and back. Digits keep their place."""

from torch import Tensor
from torch.nn import functional as F

Shape = tuple[int, int, int]


def to_side(x: Tensor, shape: Shape, side: int) -> Tensor:
    """Images (N, n) of `shape` (C, H, W) -> (N, C side side): a black border makes the longer side a power of two, then
    pixels are averaged, or interpolated between.
    """
    _channels, rows, columns = shape
    full = _full(shape)
    top, left = (full - rows) // 2, (full - columns) // 2
    padded = F.pad(x.view(-1, *shape), (left, full - columns - left, top, full - rows - top))
    return _scaled(padded, side).flatten(1)


def from_side(x: Tensor, shape: Shape, side: int) -> Tensor:
    """The way back: (N, C side side) -> (N, n) of `shape`; what smaller images have lost stays lost."""
    channels, rows, columns = shape
    full = _full(shape)
    top, left = (full - rows) // 2, (full - columns) // 2
    return _scaled(x.view(-1, channels, side, side), full)[:, :, top : top + rows, left : left + columns].flatten(1)


def _full(shape: Shape) -> int:
    return 1 << (max(shape[1:]) - 1).bit_length()


def _scaled(images: Tensor, side: int) -> Tensor:
    full = images.shape[-1]
    if side < full:
        return F.avg_pool2d(images, full // side)
    return images if side == full else F.interpolate(images, size=side, mode="bilinear", align_corners=False)
