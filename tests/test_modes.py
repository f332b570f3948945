"""Counting modes as PacGAN does: the truth finds all, a collapsed generator one, and a loop agrees."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core.datasets.mixtures import mixture
from repz_core.modes import KEPT_STD, RADIUS, SHARE, coverage

NAMES = ["ring8", "grid25", "gaussians"]


@pytest.fixture(params=["ring8", "grid25"])
def law(request):
    return mixture(request.param)


def test_the_truth_scores_everything(law):
    points, labels = law.draw(20_000, 3)
    found = coverage(points, law)
    assert found.modes == len(law.centres)
    assert found.high_quality == pytest.approx(0.989, abs=4 * math.sqrt(0.989 * 0.011 / 20_000))
    assert found.spread == pytest.approx(1, abs=0.02)
    assert found.shares.sum() == pytest.approx(found.high_quality)
    assert found.shares == pytest.approx(0.989 * np.bincount(labels) / 20_000, abs=0.003)


def test_a_generator_of_one_point_finds_one_mode_without_any_spread(law):
    found = coverage(np.tile(law.centres[3], (2500, 1)), law)
    assert (found.modes, found.high_quality) == (1, 1)
    assert found.spread == pytest.approx(0, abs=1e-9)
    assert found.shares.tolist() == [float(i == 3) for i in range(len(law.centres))]


def test_a_generator_far_from_all_finds_none(law):
    found = coverage(np.full((100, 2), 77.0), law)
    assert (found.modes, found.high_quality, found.spread) == (0, 0, 0)
    assert found.shares.tolist() == [0] * len(law.centres)


@pytest.mark.parametrize("scale", [0.1, 0.3, 0.6])
def test_the_spread_of_clusters_that_are_too_narrow_is_their_scale(scale, law):
    """Over what the truth keeps within three standard deviations, 0.974 of its own."""
    points, labels = law.draw(20_000, 5)
    near = law.centres[labels] + scale * (points - law.centres[labels])
    assert coverage(near, law).spread == pytest.approx(scale / 0.9744, rel=0.02)


def test_what_a_gaussian_keeps_is_the_integral_over_the_disk():
    r = np.linspace(0, RADIUS, 20_001)
    density = r * np.exp(-(r**2) / 2)
    share = np.trapezoid(density, r)
    assert pytest.approx(share, rel=1e-7) == SHARE
    assert pytest.approx(math.sqrt(np.trapezoid(density * r**2 / 2, r) / share), rel=1e-7) == KEPT_STD


def by_hand(points, law):
    groups = [[] for _centre in law.centres]
    for x, y in points.tolist():
        distances = [math.hypot(x - a, y - b) for a, b in law.centres.tolist()]
        nearest = distances.index(min(distances))
        if distances[nearest] < 3 * law.sigma:
            groups[nearest].append((x, y))
    stds = []
    for group in groups:
        if len(group) > 1:
            means = [sum(axis) / len(group) for axis in zip(*group, strict=True)]
            squares = sum((v - m) ** 2 for point in group for v, m in zip(point, means, strict=True))
            stds.append(math.sqrt(squares / (len(group) - 1) / 2) / (KEPT_STD * law.sigma))
    near = [len(group) for group in groups]
    return (
        sum(count > 0 for count in near),
        sum(near) / len(points),
        sum(stds) / len(stds) if stds else 0.0,
        [count / len(points) for count in near],
    )


SAMPLES = st.lists(st.tuples(st.integers(0, 1000), st.floats(-4.5, 4.5), st.floats(-4.5, 4.5)), min_size=1, max_size=25)


@given(SAMPLES, st.sampled_from(NAMES))
def test_coverage_is_that_of_a_loop_over_the_samples(samples, name):
    law = mixture(name)
    points = np.array([law.centres[i % len(law.centres)] + law.sigma * np.array(off) for i, *off in samples])
    found, expected = coverage(points, law), by_hand(points, law)
    assert (found.modes, found.high_quality) == (expected[0], pytest.approx(expected[1]))
    assert found.spread == pytest.approx(expected[2], rel=1e-6, abs=1e-9)
    assert found.shares.tolist() == pytest.approx(expected[3])
    again = coverage(points[::-1], law)
    assert (again.modes, again.shares.tolist()) == (found.modes, found.shares.tolist())
