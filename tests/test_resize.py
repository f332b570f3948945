"""Images at other sizes: averages over blocks by hand, the way back, and digits in their place."""

import pytest
import torch

from repz_core import datasets
from repz_core.resize import from_side, to_side

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (1, 5, 7), (2, 7, 4), (1, 1, 1)]
SIDES = (8, 16, 32, 64)


def random(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def size(shape):
    return shape[0] * shape[1] * shape[2]


def full(shape):
    """The least power of two that holds an image."""
    side = 1
    while side < max(shape[1:]):
        side *= 2
    return side


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("side", SIDES)
def test_shapes_and_ranges_there_and_back(shape, side):
    x = random(5, size(shape))
    there = to_side(x, shape, side)
    assert there.shape == (5, shape[0] * side * side)
    back = from_side(there, shape, side)
    assert back.shape == x.shape
    for images in (there, back):
        assert images.dtype == torch.float32
        assert -1e-6 <= images.min() <= images.max() <= 1 + 1e-6


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_padding_alone_is_undone_to_the_last_bit(shape):
    """28 -> 32 -> 28 among others."""
    x = random(4, size(shape))
    padded = to_side(x, shape, full(shape))
    assert torch.equal(from_side(padded, shape, full(shape)), x)
    assert padded.sum(1).tolist() == pytest.approx(x.sum(1).tolist(), rel=1e-5)


def test_the_border_is_black_and_even():
    image = to_side(torch.ones(1, 28 * 28), (1, 28, 28), 32).view(32, 32)
    assert image[2:30, 2:30].eq(1).all()
    assert image.sum() == 28 * 28


@pytest.mark.parametrize(("shape", "side"), [((1, 28, 28), 8), ((1, 28, 28), 16), ((3, 32, 32), 8), ((3, 32, 32), 16)])
def test_smaller_images_are_means_of_blocks_and_keep_the_mean(shape, side):
    x, block = random(2, size(shape)), full(shape) // side
    found = to_side(x, shape, side).view(2, shape[0], side, side)
    padded = torch.zeros(2, shape[0], full(shape), full(shape))
    edge = (full(shape) - shape[1]) // 2
    padded[:, :, edge : edge + shape[1], edge : edge + shape[2]] = x.view(2, *shape)
    for image in range(2):
        for channel in range(shape[0]):
            for i in range(side):
                for j in range(side):
                    cut = padded[image, channel, i * block : (i + 1) * block, j * block : (j + 1) * block]
                    total = sum(cut.flatten().tolist())
                    assert found[image, channel, i, j].item() == pytest.approx(total / block**2, rel=1e-5, abs=1e-7)
    assert found.sum((1, 2, 3)).tolist() == pytest.approx((x.sum(1) / block**2).tolist(), rel=1e-5)


@pytest.mark.parametrize("side", [16, 32, 64])
def test_larger_images_keep_the_mean_nearly_and_a_flat_one_exactly(side):
    flat = torch.full((1, 64), 0.3)
    assert torch.allclose(to_side(flat, (1, 8, 8), side), torch.tensor(0.3))
    x = torch.zeros(1, 8, 8)
    x[0, 2:6, 2:6] = random(4, 4)  # away from the border, where interpolation repeats pixels
    there = to_side(x.view(1, -1), (1, 8, 8), side)
    assert there.mean().item() == pytest.approx(x.mean().item(), rel=1e-5)


@pytest.mark.parametrize("side", [16, 32])
def test_digits_come_back_nearly_as_they_went(side):
    x = torch.from_numpy(datasets.load("digits").part("test").x)
    back = from_side(to_side(x, (1, 8, 8), side), (1, 8, 8), side)
    assert (back - x).abs().mean() < 0.08
    pairs = torch.stack([x, back]).flatten(1)
    assert torch.corrcoef(pairs)[0, 1] > 0.97
    nearest = torch.cdist(back, x).argmin(1)
    assert (nearest == torch.arange(len(x))).float().mean() > 0.99, "each is still itself"


def test_images_are_neither_turned_nor_mixed():
    x = torch.zeros(2, 3, 32, 32)
    x[0, 1, :16, :16], x[1, 2, 16:, :16] = 1, 1  # green above to the left, blue below to the left
    for side in (8, 64):
        found = to_side(x.flatten(1), (3, 32, 32), side).view(2, 3, side, side)
        half, lit = side // 2, torch.zeros(2, 3, 2, 2)
        lit[0, 1, 0, 0], lit[1, 2, 1, 0] = 1, 1
        quarters = torch.nn.functional.avg_pool2d(found, half)
        assert torch.allclose(quarters, lit, atol=0.05)
