"""Random changes of images, batched: each image of (N, n) is changed in its own way, n = C H W.

What moves pixels is one sampling grid: crop, flip, affine map and elastic bend are added up before any pixel is read.
What changes colours is one 3 x 3 matrix an image; a blur is a product with two band matrices.
"""

import math
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

Shape = tuple[int, int, int]

KNOTS = 6  # an elastic bend is a sum of KNOTS x KNOTS smooth bumps
LUMA = (0.299, 0.587, 0.114)  # what red, green and blue add to brightness, ITU-R BT.601


class Strengths(NamedTuple):
    """How strongly each change may act; 0 leaves images as they are, to the last bit if all are 0."""

    crop: float = 0.0  # greatest share of a side that is cut off; the rest is resized to the whole
    affine: float = 0.0  # standard deviation of the four entries of a linear map about the centre
    shift: float = 0.0  # greatest shift along each side, in sides
    elastic: float = 0.0  # standard deviation of a place's move in each direction, in sides
    flip: float = 0.0  # share of images that are mirrored, left to right
    jitter: float = 0.0  # of brightness, contrast, saturation and hue; 1 is any hue at all
    grey: float = 0.0  # share of images that lose their colour
    blur: float = 0.0  # greatest standard deviation of a Gaussian blur, in pixels
    noise: float = 0.0  # greatest standard deviation of Gaussian noise, white being 1
    erase: float = 0.0  # greatest share of each side that a black rectangle takes


def change(x: Tensor, shape: Shape, by: Strengths, noise: torch.Generator) -> Tensor:
    """Each image changed by all of `by` in turn, (N, n) in [0, 1] -> (N, n) in [0, 1]; `noise` decides how."""
    images = x.view(-1, *shape)
    if by.crop or by.affine or by.shift or by.elastic or by.flip:
        images = moved(images, by, noise)
    if (by.jitter or by.grey) and shape[0] == 3:
        images = recoloured(images, by, noise)
    if by.blur:
        images = blurred(images, by.blur, noise)
    if by.noise:
        images = noisy(images, by.noise, noise)
    if by.erase:
        images = erased(images, by.erase, noise)
    return images.clamp_(0, 1).flatten(1) if images.data_ptr() != x.data_ptr() else images.flatten(1)


def warp(x: Tensor, shape: Shape, strength: float, noise: torch.Generator) -> Tensor:
    """Each image under its own random linear map about its centre, (N, n) -> (N, n); what comes in is zero.

    The map is I + strength E with four independent E ~ N(0, 1): turn, size, aspect and shear at once. It does not
    shift: MNIST's digits are centred by their mass, and stay so.
    """
    maps = torch.eye(2) + strength * torch.randn(len(x), 2, 2, generator=noise)
    grid = F.affine_grid(F.pad(maps, (0, 1)), [len(x), *shape], align_corners=False)
    return F.grid_sample(x.view(-1, *shape), grid, align_corners=False).flatten(1)


def moved(images: Tensor, by: Strengths, noise: torch.Generator) -> Tensor:
    """Cropped, mirrored, warped, shifted and bent by one grid, (N, C, H, W) -> the same; what comes in is zero.

    Coordinates run from -1 to 1. A place is read at crop * (I + affine E) flip * place + offset + bend: a linear
    function of each image's random numbers, so that all grids together are one matrix product.
    """
    num, _channels, rows, columns = images.shape
    size = 1 - by.crop * _uniform(noise, num, 1)
    offset = (1 - size) * _between(noise, num, 2) + 2 * by.shift * _between(noise, num, 2)
    maps = torch.eye(2) + by.affine * torch.randn(num, 2, 2, generator=noise)
    maps[:, 0] *= 1 - 2 * (_uniform(noise, num, 1) < by.flip).float()  # what is read for a step to the right
    terms = [size[:, :, None] * maps, offset[:, None]]
    if by.elastic:
        terms.append(2 * by.elastic * torch.randn(num, KNOTS**2, 2, generator=noise))
    numbers = torch.cat(terms, 1)  # (N, terms, 2): for x and y
    grid = numbers.flatten(1) @ _basis(rows, columns, bool(by.elastic))
    return F.grid_sample(images, grid.view(num, rows, columns, 2), align_corners=False)


@cache
def _basis(rows: int, columns: int, elastic: bool) -> Tensor:
    """What each random number adds to each pixel's place, (2 terms, 2 H W): by x, by y, always, and the bumps.

    The bumps' widths are the knots' distance; over each place their squares add up to one.
    """
    down, right = (_centres(side) for side in (rows, columns))
    x, y = right.expand(rows, columns), down[:, None].expand(rows, columns)
    terms = torch.stack([x, y, torch.ones(rows, columns)])
    if elastic:
        knots = torch.linspace(-1, 1, KNOTS)
        width = 2 / (KNOTS - 1)
        bumps_down, bumps_right = (
            (-0.5 * ((places - knots[:, None]) / width).square()).exp() for places in (down, right)
        )
        bumps = (bumps_down[:, None, :, None] * bumps_right[None, :, None, :]).flatten(0, 1)
        terms = torch.cat([terms, bumps / bumps.square().sum(0).sqrt()])
    return torch.kron(terms.flatten(1).contiguous(), torch.eye(2))


def _centres(side: int) -> Tensor:
    """Of the pixels along a side that runs from -1 to 1, (side,)."""
    return (2 * torch.arange(side) + 1) / side - 1


def recoloured(images: Tensor, by: Strengths, noise: torch.Generator) -> Tensor:
    """Brightness, contrast, saturation and hue changed, or colour taken away, (N, 3, H, W) -> the same.

    A hue turns about the grey axis: a linear map like the others, so one matrix and one offset do all of it.
    """
    num = len(images)
    luma = torch.tensor(LUMA)
    bright, contrast, saturation = 1 + 0.8 * by.jitter * _between(noise, 3, num, 1, 1)
    angle = math.pi * by.jitter * _between(noise, num, 1, 1)
    kept = (_uniform(noise, num, 1, 1) >= by.grey).float()  # of the colour
    cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    turn = angle.cos() * torch.eye(3) + angle.sin() * cross + (1 - angle.cos()) / 3
    to_grey = luma.expand(3, 3)
    colour = to_grey + kept * saturation * (torch.eye(3) - to_grey)
    mean = torch.einsum("nchw,c->n", images, luma).view(num, 1, 1) / images[0, 0].numel()
    changed = torch.baddbmm((1 - contrast) * bright * mean, bright * contrast * (colour @ turn), images.flatten(2))
    return changed.view_as(images)


def blurred(images: Tensor, strength: float, noise: torch.Generator) -> Tensor:
    """A Gaussian blur of its own width each, up to `strength` pixels, (N, C, H, W) -> the same.

    Weights add up to one within the image, so that the border does not darken.
    """
    widths = (strength * _uniform(noise, len(images), 1, 1, 1)).clamp_min(1e-2)
    down, across = (_bands(side, widths) for side in images.shape[2:])
    return down @ images @ across.mT


def _bands(side: int, widths: Tensor) -> Tensor:
    """Row i: the weights of a Gaussian about pixel i, (N, 1, side, side)."""
    places = torch.arange(side)
    return (-0.5 * ((places[:, None] - places) / widths).square()).softmax(-1)


def noisy(images: Tensor, strength: float, noise: torch.Generator) -> Tensor:
    """Gaussian noise of its own strength each, (N, C, H, W) -> the same."""
    sizes = strength * _uniform(noise, len(images), 1, 1, 1)
    return images + sizes * torch.randn(images.shape, generator=noise)


def erased(images: Tensor, strength: float, noise: torch.Generator) -> Tensor:
    """A rectangle of its own size and place blackened in each, (N, C, H, W) -> the same."""
    num = len(images)
    outside = []
    for side in images.shape[2:]:
        length = strength * side * _uniform(noise, num, 1)
        start = (side - length) * _uniform(noise, num, 1)
        place = torch.arange(side) + 0.5
        outside.append((place < start) | (place > start + length))
    down, across = outside
    return images * (down[:, None, :, None] | across[:, None, None, :])


def _uniform(noise: torch.Generator, *sizes: int) -> Tensor:
    return torch.rand(sizes, generator=noise)


def _between(noise: torch.Generator, *sizes: int) -> Tensor:
    """Uniform between -1 and 1."""
    return 2 * torch.rand(sizes, generator=noise) - 1
