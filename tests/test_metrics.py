"""Distances between sets of features, against closed forms and against the definitions spelt out in loops."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from repz_core.metrics import frechet_distance, precision_recall

seeds, sizes, widths = st.integers(0, 10_000), st.integers(4, 12), st.integers(1, 5)


def draws(n, d, seed=0, shift=0.0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def whitened(n, d, seed=0):
    """Rows whose mean is exactly 0 and whose covariance, over n - 1, is exactly I."""
    x = draws(n, d, seed)
    return torch.linalg.qr(x - x.mean(0)).Q * (n - 1) ** 0.5


def frechet_by_roots(real, fake):
    """The formula as it stands in the paper."""
    c1, c2 = (np.atleast_2d(np.cov(x.numpy(), rowvar=False)) for x in (real, fake))
    shift = (real.mean(0) - fake.mean(0)).numpy()
    return float(shift @ shift + np.trace(c1 + c2 - 2 * np.real(sqrtm(c1 @ c2))))


def share_in_loops(points, rows, k):
    """How many of `points` lie in the ball of some row, to its k-th nearest other row."""
    radii = [
        sorted(math.dist(row, other) for j, other in enumerate(rows) if j != i)[k - 1] for i, row in enumerate(rows)
    ]
    inside = [any(math.dist(point, row) <= radius for row, radius in zip(rows, radii, strict=True)) for point in points]
    return sum(inside) / len(inside)


@given(n=sizes, m=sizes, d=st.integers(1, 3), seed=seeds)
def test_frechet_is_the_formula_of_the_paper(n, m, d, seed):
    """Where the covariances have full rank: the reference loses digits elsewhere."""
    real, fake = draws(n + d, d, seed), 2 * draws(m + d, d, seed + 1, 0.3)
    assert frechet_distance(real, fake) == pytest.approx(frechet_by_roots(real, fake), rel=1e-6, abs=1e-6)


def test_frechet_of_known_gaussians():
    """Commuting covariances: |mu1 - mu2|^2 + sum (sigma1 - sigma2)^2, whatever the axes."""
    sigma1, sigma2 = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([3.0, 1.0, 0.0]).double()
    turn, shift = torch.linalg.qr(draws(3, 3, 5)).Q, torch.tensor([1.0, -2.0, 3.0]).double()
    real, fake = whitened(50, 3) * sigma1 @ turn, whitened(70, 3, 1) * sigma2 @ turn + shift
    assert frechet_distance(real, fake) == pytest.approx(14 + 4 + 1 + 0.25, rel=1e-12)


def test_frechet_of_covariances_that_do_not_commute():
    """In two dimensions tr M^(1/2) = (tr M + 2 det(M)^(1/2))^(1/2)."""
    a, b = torch.tensor([[2.0, 1.0], [0.0, 1.0]]).double(), torch.tensor([[1.0, 0.0], [-3.0, 0.5]]).double()
    real, fake = whitened(30, 2) @ a, whitened(30, 2, 1) @ b
    product = (a.T @ a) @ (b.T @ b)
    root = (product.trace() + 2 * torch.linalg.det(product).sqrt()).sqrt()
    expected = (a.square().sum() + b.square().sum() - 2 * root).item()
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-12)


@given(n=st.integers(2, 12), d=widths, seed=seeds)
def test_frechet_of_a_set_and_itself_is_nothing_whatever_the_rank(n, d, seed):
    x = 100 * draws(n, d, seed)
    assert 0 <= frechet_distance(x, x.flip(0)) < 1e-9


@given(n=sizes, m=sizes, d=widths, seed=seeds)
def test_frechet_is_symmetric_and_does_not_care_for_the_axes(n, m, d, seed):
    real, fake, turn = draws(n, d, seed), draws(m, d, seed + 1, 1.0), torch.linalg.qr(draws(d, d, seed + 2)).Q
    distance = frechet_distance(real, fake)
    assert distance == pytest.approx(frechet_distance(fake, real), rel=1e-9, abs=1e-9)
    assert distance == pytest.approx(frechet_distance(real @ turn + 3, fake @ turn + 3), rel=1e-9, abs=1e-9)


def test_frechet_from_one_point_is_the_spread_about_it():
    """A set that has collapsed has no covariance at all."""
    assert frechet_distance(whitened(40, 6), torch.ones(9, 6)) == pytest.approx(6 + 6, rel=1e-12)


def test_frechet_of_fewer_rows_than_columns():
    real, fake = draws(5, 64), draws(7, 64, 1)
    assert frechet_distance(real, fake) == pytest.approx(frechet_by_roots(real, fake), rel=1e-5)


def test_frechet_is_computed_in_float64():
    """Far from 0, float32 would keep nothing of the spread."""
    x = whitened(100, 3) + 1e4
    assert frechet_distance(x.float(), (x + 1).float()) == pytest.approx(3, abs=0.01)


@given(n=sizes, m=sizes, d=widths, k=st.integers(1, 3), seed=seeds, step=st.sampled_from([0.0, 0.5]))
def test_precision_and_recall_are_their_definition(n, m, d, k, seed, step):
    """With `step`, on a grid: equal rows and equal distances."""
    real, fake = draws(n, d, seed), draws(m, d, seed + 1, 0.5)
    if step:
        real, fake = (real / step).round() * step, (fake / step).round() * step
    expected = share_in_loops(fake.tolist(), real.tolist(), k), share_in_loops(real.tolist(), fake.tolist(), k)
    assert precision_recall(real, fake, k) == pytest.approx(expected)


def test_precision_and_recall_by_hand():
    """On a line, k = 1: 0, 1 and 10 have balls of 1, 1 and 9; 3, 4 and 30 of 1, 1 and 26."""
    real, fake = torch.tensor([[0.0], [1.0], [10.0]]), torch.tensor([[3.0], [4.0], [30.0]])
    assert precision_recall(real, fake, k=1) == pytest.approx((2 / 3, 1 / 3))


def test_precision_and_recall_of_a_set_and_itself():
    x = draws(1300, 8)  # more than two chunks
    assert precision_recall(x, x.flip(0)) == (1.0, 1.0)


def test_precision_and_recall_of_sets_apart():
    assert precision_recall(draws(200, 8), draws(200, 8, 1, 50.0)) == (0.0, 0.0)


def test_dropped_modes_lower_recall_and_bad_samples_precision():
    real = torch.cat([draws(300, 4), draws(300, 4, 1, 40.0)])
    half, bad = draws(600, 4, 2), torch.cat([real[::2] + 0.01, draws(300, 4, 3, -40.0)])
    precision, recall = precision_recall(real, half)
    assert precision > 0.9
    assert 0.4 < recall <= 0.5
    precision, recall = precision_recall(real, bad)
    assert precision == pytest.approx(0.5)
    assert recall > 0.9


def test_a_collapsed_set_may_be_precise_and_recalls_nothing_else():
    """All balls of the collapsed set have radius 0, and hold the row it is a copy of."""
    real = draws(50, 64)
    assert precision_recall(real, real[:1].expand(20, -1)) == (1.0, 1 / 50)


def test_far_from_zero_precision_and_recall_are_the_same():
    """Distances are of differences: squares of 1e7 would leave no digit of them."""
    real, fake = (draws(60, 5) * 1024).round() / 1024, (draws(60, 5, 1, 0.5) * 1024).round() / 1024
    assert precision_recall(real + 1e7, fake + 1e7) == precision_recall(real, fake)


def test_the_larger_the_sets_the_chunks_change_nothing(monkeypatch):
    real, fake = draws(83, 5), draws(61, 5, 1, 0.5)
    whole = precision_recall(real, fake)
    monkeypatch.setattr("repz_core.metrics._CHUNK", 7)
    assert precision_recall(real, fake) == whole
    assert 0 < min(whole) < max(whole) < 1


FAULTS = {
    "rows": (frechet_distance, (draws(1, 3), draws(5, 3)), r"at least 2 rows; got 1 and 5"),
    "k rows": (precision_recall, (draws(9, 3), draws(3, 3)), r"at least 4 rows; got 9 and 3"),
    "five rows for k = 5": (precision_recall, (draws(5, 3), draws(9, 3), 5), r"at least 6 rows; got 5 and 9"),
    "k": (precision_recall, (draws(5, 3), draws(5, 3), 0), r"k must be at least 1; got 0"),
    "widths": (frechet_distance, (draws(5, 3), draws(5, 4)), r"one width; got shapes \(5, 3\) and \(5, 4\)"),
    "no matrices": (precision_recall, (draws(5, 3), draws(5, 3)[0]), r"two matrices"),
    "NaN": (frechet_distance, (draws(5, 3), torch.full((5, 3), math.nan)), r"finite"),
    "infinity": (precision_recall, (torch.full((5, 3), math.inf), draws(5, 3)), r"finite"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_compared_is_said(fault):
    function, arguments, message = FAULTS[fault]
    with pytest.raises(ValueError, match=message):
        function(*arguments)


def test_as_few_rows_as_allowed():
    assert frechet_distance(draws(2, 3), draws(2, 3, 1)) > 0
    assert precision_recall(draws(4, 3), draws(4, 3)) == (1.0, 1.0)


def test_gradients_do_not_get_in_the_way():
    x = draws(6, 3).requires_grad_()
    assert isinstance(frechet_distance(x, x + 1), float)
    assert precision_recall(x, x) == (1.0, 1.0)
