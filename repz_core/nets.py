"""From layers as data (layers.py) to torch modules."""

from collections.abc import Sequence

import torch
from torch import nn

from repz_core.layers import Layer


def build(layers: Sequence[Layer]) -> nn.Sequential:
    """The net of `layers`, initialised by torch's defaults. Raises ValueError for a kind it does not know."""
    return nn.Sequential(*(_module(layer) for layer in layers))


def start_for_relu(net: nn.Module) -> None:
    """Weights anew by He et al. 2015 (arXiv:1502.01852), biases zero: what comes out differs as much as what goes in.

    After torch's own start a net of four such layers makes nearly the same of all images, and of contrast nothing.
    """
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _module(layer: Layer) -> nn.Module:
    match layer:
        case {"kind": "linear", "inputs": inputs, "outputs": outputs, "bias": False, "start": start}:
            linear = nn.Linear(inputs, outputs, bias=False)
            nn.init.constant_(linear.weight, start)
            return linear
        case {"kind": "linear", "inputs": inputs, "outputs": outputs}:
            return nn.Linear(inputs, outputs)
        case {"kind": "point", "outputs": outputs, "start": start}:
            return Point(outputs, start)
        case {"kind": "relu"}:
            return nn.ReLU()
        case {"kind": "leaky_relu"}:
            return LeakyReLU(0.2)
        case {"kind": "unflatten", "shape": shape}:
            return nn.Unflatten(1, shape)
        case {"kind": "flatten"}:
            return nn.Flatten()
        case {"kind": "pad", "left": left, "right": right, "top": top, "bottom": bottom}:
            return nn.ZeroPad2d((left, right, top, bottom))
        case {
            "kind": "conv", "inputs": inputs, "outputs": outputs, "size": size, "stride": stride, "padding": padding
        }:  # fmt: skip
            return nn.Conv2d(inputs, outputs, size, stride=stride, padding=padding)
        case {"kind": "conv", "inputs": inputs, "outputs": outputs, "size": size, "stride": stride}:
            return nn.Conv2d(inputs, outputs, size, stride=stride)
        case {
            "kind": "conv_transposed", "inputs": inputs, "outputs": outputs, "size": size, "stride": stride,
            "padding": padding,
        }:  # fmt: skip
            return nn.ConvTranspose2d(inputs, outputs, size, stride=stride, padding=padding)
        case {"kind": "max_pool", "size": size}:
            return nn.MaxPool2d(size, ceil_mode=True)
        case {"kind": "channels_last"}:
            return ChannelsLast()
        case {"kind": "standardise", "size": size}:
            return nn.BatchNorm1d(size)
        case {"kind": "crop", "rows": rows, "columns": columns}:
            return Crop(rows, columns)
        case _:
            raise ValueError(f"there is no such layer: {layer}")


class LeakyReLU(nn.LeakyReLU):
    """torch's, but for images quicker to differentiate twice, as gradient penalties are.

    The slope does not depend on x, almost everywhere. torch's second derivative says so by a tensor of zeros, which
    autograd then carries back through all convolutions before it: a slope taken as given ends the graph there. On
    points its three small kernels in place of one would cost more than that saves.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.dim() < 4:
            return super().forward(x)
        with torch.no_grad():
            slope = x.sign().clamp_(self.negative_slope)  # a twentieth of the time of torch.where
        return x * slope


class ChannelsLast(nn.Module):
    """The same images with each pixel's channels side by side in memory, as all that follow then have them: three
    convolutions with pooling take seven tenths of the time.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.contiguous(memory_format=torch.channels_last)


class Crop(nn.Module):
    """The top left `rows` x `columns` of each image: an odd side doubles to one pixel too many."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows, self.columns = rows, columns

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, : self.rows, : self.columns]


class Point(nn.Module):
    """One point that is learned, whatever comes in: (N, k) -> (N, outputs), `start` in each coordinate at first."""

    def __init__(self, outputs: int, start: float) -> None:
        super().__init__()
        self.point = nn.Parameter(torch.full((outputs,), start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.point.expand(len(x), -1)
