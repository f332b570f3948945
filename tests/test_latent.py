"""Walks through a latent space."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from repz_core.latent import lerp, plane, principal_plane, slerp


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_plane_is_drawn_top_row_first():
    grid = plane(4, 2.0).view(4, 4, 2)
    assert torch.equal(grid[0, :, 0], torch.tensor([-1.5, -0.5, 0.5, 1.5])), "left to right"
    assert torch.equal(grid[:, 0, 1], torch.tensor([1.5, 0.5, -0.5, -1.5])), "the top row has the largest second one"
    assert (grid[:, :, 0] == grid[:1, :, 0]).all()
    assert (grid[:, :, 1] == grid[:, :1, 1]).all()
    assert torch.equal(plane(8, 2.5), -plane(8, 2.5).flip(0))


@given(st.integers(1, 8), st.integers(2, 9), st.integers(0, 1000))
def test_both_walks_end_where_they_should(k, steps, seed):
    a, b = random(k, seed=seed), random(k, seed=seed + 1)
    for walk in (lerp(a, b, steps), slerp(a, b, steps)):
        assert walk.shape == (steps, k)
        assert torch.allclose(walk[0], a)
        assert torch.allclose(walk[-1], b)


def test_the_line_is_straight_and_the_circle_keeps_its_distance():
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert torch.allclose(lerp(a, b, 3)[1], torch.tensor([1.0, 1.0]))
    assert torch.allclose(slerp(a, b, 3)[1], torch.tensor([2.0, 2.0]).sqrt())
    assert torch.allclose(slerp(a, b, 9).norm(dim=1), torch.full((9,), 2.0))
    assert torch.allclose(slerp(a, -3 * a + 0.2 * b, 5).norm(dim=1), torch.linspace(2, 6.0133, 5), atol=1e-3)


@pytest.mark.parametrize("b", [[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [-1.0, -2.0]])
def test_where_there_is_no_circle_it_is_the_line(b):
    a, b = torch.tensor([1.0, 2.0]), torch.tensor(b)
    assert torch.allclose(slerp(a, b, 5), lerp(a, b, 5), atol=1e-6)


@pytest.mark.parametrize("k", [2, 3, 20])
def test_the_principal_plane_is_that_of_sklearn(k):
    codes = random(50, k) * torch.arange(1, k + 1)
    found, expected = principal_plane(codes), torch.from_numpy(PCA(2).fit_transform(codes.numpy()))
    assert torch.allclose(found.abs(), expected.abs())
    assert torch.allclose(principal_plane(codes + 7), found)
