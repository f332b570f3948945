"""Small nets over flat images: (N, n) in, (N, size) out. Shapes: C channels, H rows, W columns, n = C H W."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import nn


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers of the given sizes with ReLU between them, none after the last."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _halvings(shape: tuple[int, int, int], channels: int) -> Iterator[tuple[int, int, int]]:
    """The shapes a conv encoder passes through: two halvings of the sides, the second with twice the channels."""
    _, rows, columns = shape
    yield channels, (rows + 1) // 2, (columns + 1) // 2
    yield 2 * channels, ((rows + 1) // 2 + 1) // 2, ((columns + 1) // 2 + 1) // 2


def conv_encoder(shape: tuple[int, int, int], channels: int, size: int) -> nn.Sequential:
    """Two 4x4 convolutions of stride 2, then a linear layer to `size`; works for any sides from 4 up."""
    (c1, h1, w1), (c2, h2, w2) = _halvings(shape, channels)
    pad1 = (shape[1] % 2, shape[2] % 2)
    pad2 = (h1 % 2, w1 % 2)
    return nn.Sequential(
        nn.Unflatten(1, shape),
        nn.ZeroPad2d((1, 1 + pad1[1], 1, 1 + pad1[0])),
        nn.Conv2d(shape[0], c1, 4, stride=2),
        nn.ReLU(),
        nn.ZeroPad2d((1, 1 + pad2[1], 1, 1 + pad2[0])),
        nn.Conv2d(c1, c2, 4, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(c2 * h2 * w2, size),
    )


def conv_decoder(shape: tuple[int, int, int], channels: int, size: int) -> nn.Sequential:
    """The encoder's mirror: a linear layer from `size`, then two transposed 4x4 convolutions of stride 2."""
    (c1, h1, w1), (c2, h2, w2) = _halvings(shape, channels)
    return nn.Sequential(
        nn.Linear(size, c2 * h2 * w2),
        nn.ReLU(),
        nn.Unflatten(1, (c2, h2, w2)),
        nn.ConvTranspose2d(c2, c1, 4, stride=2, padding=1),
        Crop(h1, w1),
        nn.ReLU(),
        nn.ConvTranspose2d(c1, shape[0], 4, stride=2, padding=1),
        Crop(shape[1], shape[2]),
        nn.Flatten(),
    )


class Crop(nn.Module):
    """The top left `rows` x `columns` of each image: an odd side doubles to one pixel too many."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, : self.rows, : self.columns]
