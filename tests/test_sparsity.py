"""Measures of sparse codes against their definitions, row by row."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from repz_core import sparsity
from tests.test_objectives import random


def test_measures_by_hand():
    codes = torch.tensor([[0.0, 2.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0]])
    x, x_hat = random(3, 5), random(3, 5, seed=1)
    found = sparsity.measures(x, x_hat, codes)
    assert found["l0"] == 1.0
    assert found["alive"] == 0.5
    assert found["recon"] == pytest.approx(sum(((x[i] - x_hat[i]) ** 2).sum().item() for i in range(3)) / 3)
    assert sparsity.density(codes).tolist() == pytest.approx([0, 2 / 3, 0, 1 / 3])
    first = (2 - 3 / math.sqrt(5)) / (2 - 1)
    assert sparsity.hoyer(codes).tolist() == pytest.approx([first, 1, 1])


def test_variance_explained_is_scikit_learn_s_r2():
    x = random(40, 6) * torch.tensor([3.0, 1, 1, 0.1, 2, 1])
    x_hat = x + 0.3 * random(40, 6, seed=1)
    theirs = r2_score(x.numpy(), x_hat.numpy(), multioutput="variance_weighted")
    assert sparsity.variance_explained(x, x_hat) == pytest.approx(theirs)
    assert sparsity.variance_explained(x, x) == 1


def test_images_that_do_not_differ():
    same = torch.full((4, 3), 0.5)
    found = sparsity.measures(same, same, torch.zeros(4, 2))
    assert found == {"recon": 0, "l0": 0, "alive": 0, "hoyer": 1, "variance_explained": 0}


@given(st.integers(1, 30), st.integers(0, 2**20))
def test_hoyer_lies_between_the_even_code_and_the_single_unit(units, seed):
    codes = torch.randn(5, units, generator=torch.Generator().manual_seed(seed))
    assert ((sparsity.hoyer(codes) >= 0) & (sparsity.hoyer(codes) <= 1)).all()
    assert sparsity.hoyer(torch.ones(1, units)).item() == pytest.approx(0, abs=1e-6)
    one = torch.eye(units)[:1]
    assert sparsity.hoyer(one).item() == pytest.approx(float(units > 1), abs=1e-6)
