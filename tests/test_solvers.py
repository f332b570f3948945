"""The lasso solver against brute force, closed forms, scikit-learn and the optimality conditions themselves."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import sparse_encode as peer_encode

from repz_core import datasets, solvers
from repz_core.config import RepzError
from repz_core.lasso_rows import relative_gap
from repz_core.objectives import lasso
from repz_core.solvers import soft_threshold, sparse_encode
from tests.test_objectives import random


def atoms(num, n, seed=1):
    rows = random(num, n, seed=seed)
    return rows / rows.norm(dim=1, keepdim=True)


def brute_force(x, dictionary, l1):
    """Least objective of one row (n,) over all supports and signs, each solved as a linear system."""
    best = x.square().sum() / 2
    for signs in product((-1.0, 0.0, 1.0), repeat=len(dictionary)):
        sign = torch.tensor(signs, dtype=torch.float64)
        used = dictionary[sign != 0]
        if not len(used) or len(used) > len(x):
            continue
        values = torch.linalg.solve(used @ used.T, used @ x - l1 * sign[sign != 0])
        best = min(best, (x - values @ used).square().sum() / 2 + l1 * values.abs().sum())
    return best


def holds(x, dictionary, codes, l1):
    """The optimality conditions: the residual's correlation with an atom is l1 sign(u), or at most l1 where u is 0."""
    pull = (x - codes @ dictionary) @ dictionary.T
    slack = 1e-4 * l1 + 1e-9
    used = codes != 0
    return (pull.abs() <= l1 + slack).all() and ((pull - l1 * codes.sign()).abs()[used] <= slack).all()


def test_soft_threshold():
    t = torch.tensor([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0])
    assert soft_threshold(t, 1.0).tolist() == [-2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]
    assert torch.equal(soft_threshold(t, 0.0), t)


def test_codes_are_the_best_of_all_supports_and_signs():
    x, dictionary = random(12, 3), atoms(5, 3)
    for l1 in (0.05, 0.3, 1.0):
        codes, gaps = sparse_encode(x, dictionary, l1)
        least = torch.stack([brute_force(row, dictionary, l1) for row in x])
        assert torch.allclose(lasso(x, dictionary, codes, l1), least, rtol=1e-9)
        assert (gaps <= 1e-9).all()


def test_on_orthonormal_atoms_they_are_soft_thresholds():
    dictionary = torch.linalg.qr(random(6, 6))[0]
    x = random(20, 6, seed=2)
    codes, _gaps = sparse_encode(x, dictionary, 0.4)
    assert torch.allclose(codes, soft_threshold(x @ dictionary.T, 0.4), atol=1e-9)


@pytest.mark.parametrize("algorithm", ["lasso_lars", "lasso_cd"])
def test_on_digits_they_are_as_good_as_scikit_learn_s(algorithm):
    x = torch.from_numpy(datasets.load("digits").x[:150]).double()
    dictionary = x[50:150] / x[50:150].norm(dim=1, keepdim=True)
    codes, gaps = sparse_encode(x, dictionary, 0.1)
    options = {"max_iter": 20_000} if algorithm == "lasso_cd" else {"max_iter": 300}
    theirs = peer_encode(x.numpy(), dictionary.numpy(), algorithm=algorithm, alpha=0.1, **options)
    ours, peer = lasso(x, dictionary, codes, 0.1), lasso(x, dictionary, torch.from_numpy(theirs), 0.1)
    assert (ours <= peer * (1 + 1e-9)).all()
    assert (gaps <= 1e-9).all()
    assert holds(x, dictionary, codes, 0.1)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 20), st.integers(0, 2**31), st.floats(1e-3, 10))
def test_the_optimality_conditions_hold_for_anything(num, n, num_atoms, seed, l1):
    x, dictionary = random(num, n, seed=seed), atoms(num_atoms, n, seed=seed + 1)
    codes, gaps = sparse_encode(x, dictionary, l1)
    assert codes.shape == (num, num_atoms)
    assert gaps.shape == (num,)
    assert ((gaps >= 0) & (gaps <= 1e-6)).all()
    assert holds(x, dictionary, codes, l1)


def test_atoms_that_are_copies_nought_or_each_other_s_opposite():
    one = atoms(4, 6)
    dictionary = torch.cat([one, one, -one, torch.zeros(1, 6, dtype=torch.float64)])
    x = random(10, 6, seed=3)
    codes, gaps = sparse_encode(x, dictionary, 0.2)
    alone, _gaps = sparse_encode(x, one, 0.2)
    assert torch.allclose(lasso(x, dictionary, codes, 0.2), lasso(x, one, alone, 0.2), rtol=1e-9)
    assert (gaps <= 1e-6).all()
    assert (codes[:, -1] == 0).all()


def test_nothing_is_coded_as_nothing_and_so_is_all_under_a_large_l1():
    dictionary = atoms(5, 4)
    for x, l1 in ((torch.zeros(3, 4), 0.1), (random(3, 4), 100.0)):
        codes, gaps = sparse_encode(x, dictionary, l1)
        assert not codes.any()
        assert not gaps.any()
    codes, gaps = sparse_encode(torch.zeros(0, 4), dictionary, 0.1)
    assert codes.shape == (0, 5)
    assert gaps.shape == (0,)


def test_the_gap_bounds_what_is_missing():
    x, dictionary, l1 = random(40, 7), atoms(9, 7), 0.2
    best = lasso(x, dictionary, sparse_encode(x, dictionary, l1)[0], l1)
    for scale in (1e-3, 0.1, 1.0):
        codes = soft_threshold(random(40, 9, seed=5, scale=scale), 0.05)
        reached = lasso(x, dictionary, codes, l1)
        q = (x @ dictionary.T).numpy()
        left = ((x - codes @ dictionary) @ dictionary.T).numpy()
        for i in range(40):
            gap = relative_gap(codes[i].numpy(), q[i], left[i], x[i].square().sum().item(), l1)
            assert gap >= (reached[i] - best[i]) / reached[i] - 1e-12


def test_rows_are_apart_whatever_the_threads_and_the_block(monkeypatch):
    x, dictionary = random(30, 8).float(), atoms(12, 8).float().requires_grad_()
    codes, gaps = sparse_encode(x, dictionary, 0.1)
    assert codes.dtype == gaps.dtype == torch.float64
    monkeypatch.setattr(solvers, "ROWS", 7)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    again, _gaps = sparse_encode(x, dictionary, 0.1)
    assert torch.allclose(codes, again, atol=1e-9)


@pytest.mark.parametrize(
    ("x", "dictionary", "l1", "sentence"),
    [
        (torch.zeros(3, 4), torch.zeros(5, 6), 0.1, r"x must be \(N, n\) .* got \(3, 4\) and \(5, 6\)\."),
        (torch.zeros(4), torch.zeros(5, 4), 0.1, r"got \(4,\) and"),
        (torch.zeros(3, 4), torch.zeros(0, 4), 0.1, r"K above 0"),
        (torch.full((3, 4), np.nan), torch.ones(5, 4), 0.1, "must be finite"),
        (torch.zeros(3, 4), torch.full((5, 4), np.inf), 0.1, "must be finite"),
        (torch.zeros(3, 4), torch.ones(5, 4), 0.0, "l1 must be above 0 and finite; got 0.0"),
        (torch.zeros(3, 4), torch.ones(5, 4), np.nan, "l1 must be above 0"),
    ],
)
def test_what_cannot_be_coded_is_refused_in_one_sentence(x, dictionary, l1, sentence):
    with pytest.raises(RepzError, match=sentence):
        sparse_encode(x, dictionary, l1)
