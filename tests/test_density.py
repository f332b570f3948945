"""Cell masses and divergences of them, against sums over every pair of point and cell, and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core.datasets.mixtures import Mixture, mixture
from repz_core.density import BANDWIDTH, best_judge, divergences, edges, kernel_masses

EDGES = np.linspace(-1.5, 1.5, 13)
MANY = 10**12  # samples: so many that smoothing does nothing


def gaussian(mean, sigma):
    return Mixture(np.array([mean]), np.ones(1), sigma, np.zeros(1, np.int64), modes=True)


def interval(low, high, mean, sigma):
    """The mass of N(mean, sigma^2) between two numbers."""
    return (math.erf((high - mean) / (sigma * math.sqrt(2))) - math.erf((low - mean) / (sigma * math.sqrt(2)))) / 2


def by_hand(points, borders, bandwidth, move=lambda point: point):
    """O(N G^2): the kernel on every point, integrated over every cell."""
    cells = len(borders) - 1
    masses = np.zeros((cells, cells))
    for x, y in map(move, points):
        for i in range(cells):
            for j in range(cells):
                up = interval(borders[i], borders[i + 1], y, bandwidth)
                masses[i, j] += up * interval(borders[j], borders[j + 1], x, bandwidth) / len(points)
    return masses


def to_centre(point):
    """The centre of the cell a point is in."""
    width = EDGES[1] - EDGES[0]
    return [EDGES[0] + (math.floor((value - EDGES[0]) / width) + 0.5) * width for value in point]


@pytest.mark.parametrize("bandwidth", [0.02, 0.2, 1.0])
def test_kernel_masses_are_the_sum_over_all_points_and_cells(bandwidth):
    """To the last digits where each point is taken to its cell's centre; nearly so where it is not."""
    points = np.random.default_rng(0).normal(0, 0.45, (40, 2)).clip(-1.49, 1.49)
    found = kernel_masses(points, EDGES, bandwidth)
    assert found == pytest.approx(by_hand(points, EDGES, bandwidth, to_centre), rel=1e-10, abs=1e-15)
    if bandwidth >= 0.2:  # a cell is 0.25 wide
        assert np.abs(found - by_hand(points, EDGES, bandwidth)).sum() < 0.03 / bandwidth


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=6), st.floats(0.05, 0.5))
def test_points_outside_count_for_nothing_but_their_share(points, bandwidth):
    inside = [point for point in points if all(-1.5 <= value < 1.5 for value in point)]
    found = kernel_masses(np.array(points), EDGES, bandwidth)
    expected = by_hand(inside, EDGES, bandwidth, to_centre) * (len(inside) / len(points)) if inside else 0 * found
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert found.sum() <= len(inside) / len(points) + 1e-12


def test_x_goes_with_columns_and_y_with_rows_upwards():
    masses = kernel_masses(np.array([[0.5, -1.2]]), np.linspace(-2, 2, 5), 0.05)
    assert masses[0, 2] > 0.99


@pytest.mark.parametrize("far", [1e19, 1e30, np.inf, -np.inf, np.nan], ids=str)
def test_points_out_of_all_bounds_are_outside(far):
    """What a generator makes that is about to diverge; float64 holds them, whole numbers do not."""
    points = np.array([[0.1, 0.1], [far, 0.1], [0.1, far]])
    alone = kernel_masses(points[:1], EDGES, 0.1)
    assert kernel_masses(points, EDGES, 0.1) == pytest.approx(alone / 3)


@pytest.mark.parametrize("name", ["ring8", "grid25", "gaussians", "moons", "swissroll", "drawn"])
def test_edges_cover_the_reach_with_cells_of_half_a_width_where_that_is_possible(name):
    law = mixture(name)
    found = edges(law)
    assert (found[0], found[-1]) == (-law.reach, law.reach)
    assert np.diff(found) == pytest.approx(np.full(len(found) - 1, found[1] - found[0]))
    cells = len(found) - 1
    assert 128 <= cells <= 640
    assert found[1] - found[0] <= 0.51 * law.sigma
    assert len(edges(law, 7)) == 8


@pytest.mark.parametrize("name", ["ring8", "gaussians", "moons", "swissroll", "drawn"])
def test_samples_of_the_truth_are_near_the_truth(name):
    law = mixture(name)
    points, _labels = law.draw(50_000, 1)
    found = divergences(law.masses(edges(law)), kernel_masses(points, edges(law), BANDWIDTH * law.sigma), 50_000)
    assert 0 <= found.js < 0.06
    assert min(found) >= 0


def masses(seed, cells=30, zeros=0):
    """Some law of cells, the first `zeros` of which are empty."""
    values = np.random.default_rng(seed).random(cells) ** 4
    values[:zeros] = 0
    return values / values.sum()


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_equal_laws_are_no_distance_apart(share):
    assert divergences(share * masses(0), share * masses(0), 1000) == pytest.approx((0, 0, 0), abs=1e-12)


def test_laws_without_a_common_cell_are_log_two_apart():
    p, q = np.eye(2).repeat(50, 1) / 50
    found = divergences(p, q, MANY)
    assert found.js == pytest.approx(math.log(2), abs=1e-9)
    assert found.js <= math.log(2)
    assert 10 < found.kl_data_model < 50, "much, but not infinitely much"


def test_what_lies_outside_is_a_place_like_any_other():
    p, gone = masses(0), np.zeros(30)
    assert divergences(p, gone, MANY).js == pytest.approx(math.log(2), abs=1e-9)
    assert divergences(gone, gone, MANY).js == pytest.approx(0, abs=1e-12)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 20), st.integers(10, 10**6))
def test_divergences_are_those_of_a_loop_over_cells(one, other, zeros, num):
    p, q = masses(one), masses(other, zeros=zeros)
    found = divergences(p.reshape(5, 6), q.reshape(5, 6), num)

    def smoothed(law):
        full = [*law, max(0.0, 1 - sum(law))]
        return [(value / sum(full) * num + 1 / 31) / (num + 1) for value in full]

    def kl(a, b):
        return sum(x * math.log(x / y) for x, y in zip(a, b, strict=True))

    a, b = smoothed(p), smoothed(q)
    middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
    assert found == pytest.approx(((kl(a, middle) + kl(b, middle)) / 2, kl(a, b), kl(b, a)), rel=1e-9, abs=1e-12)
    assert 0 <= found.js <= math.log(2)


@pytest.mark.parametrize(("mean", "sigma"), [((0.5, 0.0), 0.5), ((0.0, 0.0), 0.7), ((-0.4, 0.3), 0.35)])
def test_the_divergence_of_two_gaussians_is_the_closed_form(mean, sigma):
    """KL(N(m, s^2 I) || N(n, t^2 I)) = 2 log(t/s) + s^2/t^2 - 1 + |m - n|^2 / 2 t^2 in the plane."""
    p, q, borders = gaussian((0.0, 0.0), 0.5), gaussian(mean, sigma), np.linspace(-4, 4, 401)
    found = divergences(p.masses(borders), q.masses(borders), MANY)

    def closed(s, t):
        return 2 * math.log(t / s) + s**2 / t**2 - 1 + (mean[0] ** 2 + mean[1] ** 2) / (2 * t**2)

    assert found.kl_data_model == pytest.approx(closed(0.5, sigma), rel=1e-2)
    assert found.kl_model_data == pytest.approx(closed(sigma, 0.5), rel=1e-2)
    assert found.js < min(found.kl_data_model, found.kl_model_data)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**5))
def test_the_best_judge_is_p_over_p_plus_q_where_anything_is_expected(one, other, num):
    p, q = masses(one, zeros=5), masses(other, zeros=9)
    found = best_judge(p.reshape(5, 6), q.reshape(5, 6), num)
    assert found.shape == (5, 6)
    for a, b, judged in zip(p, q, found.ravel(), strict=True):
        if (a + b) * num > 0.5:
            assert judged == pytest.approx(a / (a + b), rel=1e-12)
        else:
            assert math.isnan(judged)
