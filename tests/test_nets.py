"""Nets for images of any shape: sizes fit, every pixel is read and every pixel is drawn."""

import json

import pytest
import torch
from torch import nn

from repz_core import layers, nets
from repz_core.datasets.catalogue import CARDS

SHAPES = sorted({card.shape for card in CARDS.values()} | {(1, 5, 7), (1, 4, 4), (3, 9, 6), (2, 7, 4), (1, 64, 64)})


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(params=SHAPES, ids=str)
def shape(request):
    return request.param


def size(shape):
    return shape[0] * shape[1] * shape[2]


def test_mlp():
    net = nets.build(layers.mlp(6, 5, 4, 3))
    kinds = [type(layer) for layer in net]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert net(torch.randn(2, 6)).shape == (2, 3)
    assert (net(torch.randn(100, 6)) < 0).any()


def test_conv_encoder_reads_every_pixel(shape):
    net = nets.build(layers.conv_encoder(shape, 4, 10))
    x = torch.rand(3, size(shape), requires_grad=True)
    code = net(x)
    assert code.shape == (3, 10)
    code.square().sum().backward()
    assert (x.grad != 0).any(0).all()


def test_conv_decoder_draws_every_pixel(shape):
    """Each pixel's value depends on the code: no border is left at its bias, none is drawn twice alike."""
    net = nets.build(layers.conv_decoder(shape, 4, 10))
    z = torch.randn(16, 10)
    drawn = net(z)
    assert drawn.shape == (16, size(shape))
    assert (drawn.std(0) > 0).all()
    assert len({tuple(pixel) for pixel in drawn.T.tolist()}) == size(shape)
    for pixel in (0, shape[2] - 1, size(shape) - shape[2], size(shape) - 1):  # the corners
        gradient = torch.autograd.grad(net(z).square().sum(0)[pixel], net[0].weight)[0]
        assert (gradient != 0).any()


def test_conv_nets_mirror_each_other(shape):
    encoder, decoder = nets.build(layers.conv_encoder(shape, 4, 10)), nets.build(layers.conv_decoder(shape, 4, 10))
    assert decoder[0].out_features == encoder[-1].in_features
    halves = [-(-shape[1] // 2), -(-shape[2] // 2)]
    assert list(encoder[:3](torch.zeros(1, size(shape))).shape) == [1, 4, *halves]
    assert list(decoder[:5](torch.zeros(1, 10)).shape) == [1, 4, *halves]


def test_images_are_flattened_channel_by_channel():
    images = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    assert torch.equal(nets.build(layers.conv_encoder((3, 4, 5), 2, 1))[0](images.flatten(1)), images)


def test_an_image_is_treated_alone(shape):
    net = nn.Sequential(nets.build(layers.conv_encoder(shape, 2, 3)), nets.build(layers.conv_decoder(shape, 2, 3)))
    x = torch.rand(4, size(shape))
    assert torch.allclose(net(x)[1:2], net(x[1:2]), atol=1e-6)


def test_layers_are_plain_data(shape):
    """What a browser gets says the same as what torch is built from."""
    for spec in (layers.mlp(6, 5, 3), layers.conv_encoder(shape, 4, 10), layers.conv_decoder(shape, 4, 10)):
        again = json.loads(json.dumps(spec))
        assert again == spec
        torch.manual_seed(1)
        one = nets.build(spec)
        torch.manual_seed(1)
        other = nets.build(again)
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_an_unknown_layer_is_refused():
    with pytest.raises(ValueError, match="no such layer"):
        nets.build([{"kind": "attention"}])


def test_crop():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert torch.equal(nets.Crop(2, 3)(x), x[:, :, :2, :3])


def test_leaky_units_on_images_have_torch_s_derivatives_and_a_shorter_graph_of_second_ones():
    """Value, gradient and the gradient of a gradient penalty; the graph of that one ends at the slopes."""
    ours = nets.build(layers.halving_encoder(8, 1, 1, 4)).double()
    torch.manual_seed(3)
    x = torch.randn(5, 64, dtype=torch.float64).requires_grad_()
    theirs = nn.Sequential(*(nn.LeakyReLU(0.2) if isinstance(layer, nn.LeakyReLU) else layer for layer in ours))
    found = []
    for net in (ours, theirs):
        logits = net(x)
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
        penalty = (gradient.norm(dim=-1) - 1).square().mean()
        weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
        found.append([logits, gradient, *torch.autograd.grad(penalty, weights, retain_graph=True)])
        (reached,) = torch.autograd.grad(penalty, x, allow_unused=True)
        found[-1].append(torch.zeros_like(x) if reached is None else reached)
        assert (reached is None) == (net is ours)
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(*found, strict=True))
    zero = torch.zeros(1, 1, 1, 1).requires_grad_()
    assert torch.autograd.grad(nets.LeakyReLU(0.2)(zero).sum(), zero)[0] == 0.2
