"""Random changes of images: small where they should be small, each image its own, a function of the generator."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from repz_core import datasets
from repz_core.augment import LUMA, Strengths, change, warp
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


CHANGES = [
    ("crop", 0.5), ("affine", 0.2), ("shift", 0.2), ("elastic", 0.05), ("flip", 0.5), ("jitter", 0.8), ("grey", 0.5),
    ("blur", 2.0), ("noise", 0.5), ("erase", 0.7),
]  # fmt: skip
COLOURS = ("jitter", "grey")


@pytest.mark.parametrize("dataset", IMAGES)
@pytest.mark.parametrize(("name", "strength"), CHANGES)
def test_every_change_is_its_own_for_each_image_and_a_function_of_the_generator(name, strength, dataset, images):
    x, shape, by = images(dataset), CARDS[dataset].shape, Strengths(**{name: strength})
    alike = x[:1].clamp_min(0.1).expand(40, -1)  # no black to hide a rectangle in
    before = alike.clone()
    torch.manual_seed(5)
    everybodys = torch.get_rng_state()
    changed = change(alike, shape, by, noise())
    assert torch.equal(torch.get_rng_state(), everybodys)
    assert torch.equal(alike, before)
    assert torch.equal(changed, change(alike, shape, by, noise()))
    assert changed.shape == alike.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    if name in COLOURS and shape[0] == 1:
        assert torch.equal(changed, alike), "grey images have no colour to lose"
        return
    assert not torch.equal(changed, change(alike, shape, by, noise(1)))
    kinds = len({tuple(row) for row in changed.tolist()})
    assert kinds == 2 if name in ("flip", "grey") else kinds > 20


@given(
    st.fixed_dictionaries({name: st.sampled_from([0.0, strength]) for name, strength in CHANGES}), st.integers(0, 99)
)
def test_any_mixture_keeps_to_the_range(strengths, seed):
    x = torch.rand(6, 3 * 7 * 9, generator=noise(seed))
    changed = change(x, (3, 7, 9), Strengths(**strengths), noise(seed))
    assert changed.shape == x.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    if not any(strengths.values()):
        assert torch.equal(changed, x)


@pytest.mark.parametrize("dataset", IMAGES)
@pytest.mark.parametrize(("name", "_strength"), CHANGES)
def test_strength_fades_into_the_identity(name, _strength, dataset, images):
    x = images(dataset)
    assert torch.equal(change(x, CARDS[dataset].shape, Strengths(**{name: 0.0}), noise()), x)
    if name in ("flip", "grey"):
        return  # a share of images: those changed are changed wholly
    changed = change(x, CARDS[dataset].shape, Strengths(**{name: 1e-3}), noise())
    # a rectangle of 1/1000 of a side may still hold one pixel's centre
    assert (changed - x).abs().mean() < 4e-3


def block(rows, columns, top, left, size=3):
    image = torch.zeros(1, rows, columns)
    image[0, top : top + size, left : left + size] = 1
    return image.flatten()[None]


def centres(x, rows, columns):
    """Of mass, in pixels from the middle, (N,) down and (N,) right."""
    down, right = torch.meshgrid(
        torch.arange(rows) - (rows - 1) / 2, torch.arange(columns) - (columns - 1) / 2, indexing="ij"
    )
    maps = x.view(-1, rows, columns)
    mass = maps.sum((1, 2))
    return (maps * down).sum((1, 2)) / mass, (maps * right).sum((1, 2)) / mass


def test_flips_mirror_left_and_right_in_that_share_of_images():
    x = block(21, 31, 4, 3)
    changed = change(x.expand(2000, -1), (1, 21, 31), Strengths(flip=0.3), noise())
    mirrored = x.view(21, 31).flip(1).flatten()
    share = ((changed - mirrored).abs().amax(1) < 1e-5).double().mean().item()
    assert share == pytest.approx(0.3, abs=0.04)
    assert ((changed - x).abs().amax(1) < 1e-5).double().mean().item() == pytest.approx(1 - share)


def test_shifts_are_shares_of_the_sides():
    changed = change(block(41, 61, 19, 29).expand(3000, -1), (1, 41, 61), Strengths(shift=0.2), noise())
    down, right = centres(changed, 41, 61)
    assert down.abs().max().item() == pytest.approx(0.2 * 41, abs=0.5)
    assert right.abs().max().item() == pytest.approx(0.2 * 61, abs=0.5)
    assert abs(down.mean().item()) < 0.5


def test_an_elastic_bend_moves_every_place_alike_and_neighbours_together():
    moves = []
    for top, left in ((20, 20), (5, 37), (20, 23)):
        x = block(43, 43, top, left)
        start = torch.stack(centres(x, 43, 43))
        changed = change(x.expand(3000, -1), (1, 43, 43), Strengths(elastic=0.03), noise())
        moves.append(torch.stack(centres(changed, 43, 43)) - start)
    for move in moves:
        assert move.std(1).tolist() == pytest.approx([0.03 * 43] * 2, rel=0.15)
    near = torch.corrcoef(torch.stack([moves[0][0], moves[2][0]]))[0, 1]
    far = torch.corrcoef(torch.stack([moves[0][0], moves[1][0]]))[0, 1]
    assert near > 0.85
    assert abs(far) < 0.2


def test_crops_show_a_part_enlarged():
    """Up to twice as large on each side where half of it may be cut off; nothing comes in from outside."""
    x = torch.ones(1, 31 * 31)
    assert change(x.expand(500, -1), (1, 31, 31), Strengths(crop=0.6), noise()).mean() > 0.97
    changed = change(block(61, 61, 29, 29).expand(500, -1), (1, 61, 61), Strengths(crop=0.5), noise())
    assert changed.sum(1).max().item() / 9 == pytest.approx(4, rel=0.2)


def test_grey_images_have_three_equal_channels_of_the_same_brightness(images):
    x = images("sprites")
    changed = change(x, (3, 32, 32), Strengths(grey=1.0), noise()).view(-1, 3, 1024)
    luma = (x.view(-1, 3, 1024) * torch.tensor(LUMA)[:, None]).sum(1)
    for channel in range(3):
        assert torch.allclose(changed[:, channel], luma, atol=1e-5)


def test_jitter_turns_hues_all_round_and_leaves_places(images):
    x = images("sprites")[:1]
    changed = change(x.expand(200, -1), (3, 32, 32), Strengths(jitter=1.0), noise()).view(-1, 3, 1024)
    strongest = changed.amax(2).argmax(1)
    assert {0, 1, 2} == set(strongest.tolist())


def test_a_blur_keeps_brightness_and_flat_images(images):
    x = images("mnist5k")
    changed = change(x, (1, 28, 28), Strengths(blur=2.0), noise())
    assert changed.mean().item() == pytest.approx(x.mean().item(), rel=0.02)
    assert changed.std() < x.std()
    flat = torch.full((5, 63), 0.3)
    assert torch.allclose(change(flat, (1, 7, 9), Strengths(blur=3.0), noise()), flat, atol=1e-5)


def test_noise_and_erasing_by_their_sizes():
    grey = torch.full((400, 900), 0.5)
    noisy = change(grey, (1, 30, 30), Strengths(noise=0.1), noise())
    assert (noisy - 0.5).std(1).max().item() == pytest.approx(0.1, rel=0.15)
    erased = change(grey, (1, 30, 30), Strengths(erase=0.5), noise()) == 0
    assert erased.double().mean(1).max().item() <= 0.25 + 0.04
    assert erased.double().mean().item() == pytest.approx(0.25**2, rel=0.2)
