"""Random changes of images, batched: each image of (N, n) is changed in its own way, n = C H W."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F


class Distortion(NamedTuple):
    """Standard deviations of a random affine map: of its angle in degrees, of the logarithms of size and of aspect,
    of its shear, and of its shift in pixels.
    """

    degrees: float = 5.0
    size: float = 0.05
    aspect: float = 0.03
    shear: float = 0.08
    shift: float = 0.0


GENTLE = Distortion()  # what leaves a handwritten digit as likely as it was


def affine(
    x: Tensor, shape: tuple[int, int, int], strength: float, noise: torch.Generator, amounts: Distortion = GENTLE
) -> Tensor:
    """Each image turned, sized, stretched, sheared and shifted at random, (N, n) -> (N, n); what comes in is zero.

    `strength` multiplies all amounts; 0 leaves the images as they are, but for interpolation.
    """
    angle, size, aspect, shear, right, down = strength * torch.randn(6, len(x), generator=noise)
    turn = angle * math.radians(amounts.degrees)
    wide = (size * amounts.size + aspect * amounts.aspect).exp()
    high = (size * amounts.size - aspect * amounts.aspect).exp()
    slant, cosine, sine = shear * amounts.shear, turn.cos(), turn.sin()
    shift = 2 * amounts.shift
    rows = [
        wide * cosine, wide * (slant * cosine - sine), right * shift / shape[2],
        high * sine, high * (slant * sine + cosine), down * shift / shape[1],
    ]  # fmt: skip
    maps = torch.stack(rows, 1).view(-1, 2, 3)
    images = x.view(-1, *shape)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False).flatten(1)
