"""Random changes of images: small where they should be small, each image its own, a function of the generator."""

import pytest
import torch

from repz_core import datasets
from repz_core.augment import Distortion, affine
from repz_core.datasets.catalogue import CARDS
from tests.conftest import LOCAL


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dataset", LOCAL)
def test_it_is_a_function_of_the_generator_and_keeps_to_the_range(dataset, images):
    x, shape = images(dataset), CARDS[dataset].shape
    changed = affine(x, shape, 1.0, noise())
    assert changed.shape == x.shape
    assert torch.equal(changed, affine(x, shape, 1.0, noise()))
    assert not torch.equal(changed, affine(x, shape, 1.0, noise(1)))
    assert -1e-6 <= changed.min() <= changed.max() <= 1 + 1e-6


def test_no_strength_changes_nothing(images):
    x = images("mnist5k")
    assert torch.allclose(affine(x, (1, 28, 28), 0.0, noise()), x, atol=1e-5)


def test_alike_images_become_unlike(images):
    changed = affine(images("mnist5k")[:1].expand(5, -1), (1, 28, 28), 1.0, noise())
    assert len({tuple(row) for row in changed.tolist()}) == 5


def moved(**amounts):
    """Where the mass of a small bright block, off the centre of a 41 x 41 image, is after 500 random changes."""
    image = torch.zeros(1, 41, 41)
    image[0, 8:11, 19:22] = 1  # 11 pixels above the centre
    only = Distortion(**dict.fromkeys(Distortion._fields, 0.0) | amounts)
    changed = affine(image.view(1, -1).expand(500, -1), (1, 41, 41), 1.0, noise(), only).view(-1, 41, 41)
    rows, columns = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(41.0) - 20, indexing="ij")
    mass = changed.sum((1, 2))
    return (changed * rows).sum((1, 2)) / mass, (changed * columns).sum((1, 2)) / mass


def test_each_amount_is_in_its_unit():
    down, right = moved(shift=3.0)
    assert down.std().item() == pytest.approx(3, rel=0.1)
    assert right.std().item() == pytest.approx(3, rel=0.1)
    down, right = moved(degrees=10.0)
    assert torch.atan2(right, -down).rad2deg().std().item() == pytest.approx(10, rel=0.1)
    assert torch.hypot(down, right).mean().item() == pytest.approx(11, abs=0.1)
    down, right = moved(size=0.1)
    assert (down / -11).log().std().item() == pytest.approx(0.1, rel=0.1)
    assert right.abs().max() < 0.1
    _down, right = moved(shear=0.2)
    assert right.std().item() == pytest.approx(0.2 * 11, rel=0.15)


def test_digits_stay_digits():
    """What is lost at the border and by interpolation is little."""
    x = torch.from_numpy(datasets.load("mnist5k").part("train").x[:300])
    changed = affine(x, (1, 28, 28), 1.0, noise())
    assert changed.mean().item() == pytest.approx(x.mean().item(), rel=0.03)
