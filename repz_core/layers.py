"""Nets as data: lists of layers that torch builds (nets.py) and a browser can run. A leaf; imports no torch.

All nets are over flat images: (N, n) in, (N, size) out, n = C H W. A layer is its kind and sizes, e.g.
{"kind": "linear", "inputs": 784, "outputs": 400}; the i-th layer's weights are called i.weight and i.bias.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Layer = dict[str, Any]
Shape = tuple[int, int, int]


def mlp(*sizes: int, activation: str = "relu") -> list[Layer]:
    """Linear layers of the given sizes with an activation between them, none after the last."""
    layers: list[Layer] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [{"kind": "linear", "inputs": fan_in, "outputs": fan_out}, {"kind": activation}]
    return layers[:-1]


def _halvings(shape: Shape, channels: int) -> Iterator[Shape]:
    """The shapes a conv encoder passes through: two halvings of the sides, the second with twice the channels."""
    _, rows, columns = shape
    yield channels, (rows + 1) // 2, (columns + 1) // 2
    yield 2 * channels, ((rows + 1) // 2 + 1) // 2, ((columns + 1) // 2 + 1) // 2


def conv_encoder(shape: Shape, channels: int, size: int) -> list[Layer]:
    """Two 4x4 convolutions of stride 2, then a linear layer to `size`; works for any sides from 4 up."""
    (c1, h1, w1), (c2, h2, w2) = _halvings(shape, channels)
    return [
        {"kind": "unflatten", "shape": list(shape)},
        {"kind": "pad", "left": 1, "right": 1 + shape[2] % 2, "top": 1, "bottom": 1 + shape[1] % 2},
        {"kind": "conv", "inputs": shape[0], "outputs": c1, "size": 4, "stride": 2},
        {"kind": "relu"},
        {"kind": "pad", "left": 1, "right": 1 + w1 % 2, "top": 1, "bottom": 1 + h1 % 2},
        {"kind": "conv", "inputs": c1, "outputs": c2, "size": 4, "stride": 2},
        {"kind": "relu"},
        {"kind": "flatten"},
        {"kind": "linear", "inputs": c2 * h2 * w2, "outputs": size},
    ]


def conv_decoder(shape: Shape, channels: int, size: int) -> list[Layer]:
    """The encoder's mirror: a linear layer from `size`, then two transposed 4x4 convolutions of stride 2."""
    (c1, h1, w1), (c2, h2, w2) = _halvings(shape, channels)
    return [
        {"kind": "linear", "inputs": size, "outputs": c2 * h2 * w2},
        {"kind": "relu"},
        {"kind": "unflatten", "shape": [c2, h2, w2]},
        {"kind": "conv_transposed", "inputs": c2, "outputs": c1, "size": 4, "stride": 2, "padding": 1},
        {"kind": "crop", "rows": h1, "columns": w1},
        {"kind": "relu"},
        {"kind": "conv_transposed", "inputs": c1, "outputs": shape[0], "size": 4, "stride": 2, "padding": 1},
        {"kind": "crop", "rows": shape[1], "columns": shape[2]},
        {"kind": "flatten"},
    ]


def pooling_encoder(shape: Shape, channels: int, size: int) -> list[Layer]:
    """A 5x5 convolution of stride 2, two 3x3 convolutions with twice the channels of the one before, each followed by
    the greatest of 2x2 places, then a linear layer to `size` numbers, standardised over the batch, and ReLU; any sides.
    """
    inputs, rows, columns = shape
    rows, columns = (rows + 1) // 2, (columns + 1) // 2
    layers: list[Layer] = [
        {"kind": "unflatten", "shape": list(shape)},
        {"kind": "channels_last"},
        {"kind": "conv", "inputs": inputs, "outputs": channels, "size": 5, "stride": 2, "padding": 2},
        {"kind": "relu"},
    ]
    for inputs in (channels, 2 * channels):
        conv = {"kind": "conv", "inputs": inputs, "outputs": 2 * inputs, "size": 3, "stride": 1, "padding": 1}
        layers += [conv, {"kind": "max_pool", "size": 2}, {"kind": "relu"}]
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
    linear = {"kind": "linear", "inputs": 4 * channels * rows * columns, "outputs": size}
    return [*layers, {"kind": "flatten"}, linear, {"kind": "standardise", "size": size}, {"kind": "relu"}]


def doubling_decoder(side: int, channels: int, size: int, depth: int) -> list[Layer]:
    """From a code of `size` to images (channels, side, side), side = 4 * 2^i: a linear layer to 4 x 4 places, then
    transposed 4x4 convolutions of stride 2, each to half the channels; the last but one keeps `depth` of them.
    """
    widths = _widths(side, depth)
    layers: list[Layer] = [
        {"kind": "linear", "inputs": size, "outputs": 16 * widths[-1]},
        {"kind": "relu"},
        {"kind": "unflatten", "shape": [widths[-1], 4, 4]},
    ]
    up = {"size": 4, "stride": 2, "padding": 1}
    for wide, narrow in pairwise([*reversed(widths), channels]):
        layers += [{"kind": "conv_transposed", "inputs": wide, "outputs": narrow, **up}, {"kind": "relu"}]
    return [*layers[:-1], {"kind": "flatten"}]


def halving_encoder(side: int, channels: int, size: int, depth: int) -> list[Layer]:
    """The mirror of `doubling_decoder` with leaky units: images to `size` numbers."""
    widths = _widths(side, depth)
    layers: list[Layer] = [{"kind": "unflatten", "shape": [channels, side, side]}]
    for narrow, wide in pairwise([channels, *widths]):
        layers += [
            {"kind": "pad", "left": 1, "right": 1, "top": 1, "bottom": 1},
            {"kind": "conv", "inputs": narrow, "outputs": wide, "size": 4, "stride": 2},
            {"kind": "leaky_relu"},
        ]
    return [*layers, {"kind": "flatten"}, {"kind": "linear", "inputs": 16 * widths[-1], "outputs": size}]


def _widths(side: int, depth: int) -> list[int]:
    """Channels at side/2, side/4, ..., 4 pixels: `depth`, then twice as many each time, at the most eight times."""
    return [depth * min(2**i, 8) for i in range(side.bit_length() - 3)]
