"""Random changes of images: small where they should be small, each image its own, a function of the generator."""

import pytest
import torch

from repz_core import datasets
from repz_core.augment import warp
from repz_core.datasets.catalogue import CARDS
from tests.conftest import IMAGES


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dataset", IMAGES)
def test_it_is_a_function_of_the_generator_and_keeps_to_the_range(dataset, images):
    x, shape = images(dataset), CARDS[dataset].shape
    changed = warp(x, shape, 0.1, noise())
    assert changed.shape == x.shape
    assert torch.equal(changed, warp(x, shape, 0.1, noise()))
    assert not torch.equal(changed, warp(x, shape, 0.1, noise(1)))
    assert -1e-6 <= changed.min() <= changed.max() <= 1 + 1e-6


def test_no_strength_changes_nothing(images):
    x = images("mnist5k")
    assert torch.allclose(warp(x, (1, 28, 28), 0.0, noise()), x, atol=1e-5)


def test_alike_images_become_unlike(images):
    changed = warp(images("mnist5k")[:1].expand(5, -1), (1, 28, 28), 0.1, noise())
    assert len({tuple(row) for row in changed.tolist()}) == 5


def test_a_place_moves_by_the_strength_in_each_direction_and_the_centre_stays():
    """A bright block eleven pixels above the centre of a 41 x 41 image, and one at the centre."""
    image = torch.zeros(1, 41, 41)
    image[0, 8:11, 19:22] = 1
    rows, columns = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(41.0) - 20, indexing="ij")
    changed = warp(image.view(1, -1).expand(800, -1), (1, 41, 41), 0.05, noise()).view(-1, 41, 41)
    mass = changed.sum((1, 2))
    down, right = (changed * rows).sum((1, 2)) / mass, (changed * columns).sum((1, 2)) / mass
    assert down.mean().item() == pytest.approx(-11, abs=0.15)
    assert down.std().item() == pytest.approx(0.05 * 11, rel=0.15)
    assert right.std().item() == pytest.approx(0.05 * 11, rel=0.15)
    centre = torch.zeros(1, 41, 41)
    centre[0, 19:22, 19:22] = 1
    changed = warp(centre.view(1, -1).expand(50, -1), (1, 41, 41), 0.1, noise()).view(-1, 41, 41)
    assert ((changed * rows).sum((1, 2)) / changed.sum((1, 2))).abs().max() < 0.1


def test_digits_stay_digits():
    """What is lost at the border and by interpolation is little."""
    x = torch.from_numpy(datasets.load("mnist5k").part("train").x[:300])
    changed = warp(x, (1, 28, 28), 0.1, noise())
    assert changed.mean().item() == pytest.approx(x.mean().item(), rel=0.05)
