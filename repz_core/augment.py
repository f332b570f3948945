"""Random changes of images, batched: each image of (N, n) is changed in its own way, n = C H W."""

import torch
from torch import Tensor
from torch.nn import functional as F


def warp(x: Tensor, shape: tuple[int, int, int], strength: float, noise: torch.Generator) -> Tensor:
    """Each image under its own random linear map about its centre, (N, n) -> (N, n); what comes in is zero.

    The map is I + strength E with four independent E ~ N(0, 1): turn, size, aspect and shear at once. It does not
    shift: MNIST's digits are centred by their mass, and stay so.
    """
    maps = torch.eye(2) + strength * torch.randn(len(x), 2, 2, generator=noise)
    grid = F.affine_grid(F.pad(maps, (0, 1)), [len(x), *shape], align_corners=False)
    return F.grid_sample(x.view(-1, *shape), grid, align_corners=False).flatten(1)
