"""Linear probes against scikit-learn's, nearest neighbours against a loop, and who may judge what."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from repz_core import datasets
from repz_core.probes import NEIGHBOURS, Judge, LinearProbe, draws, nearest


def blobs(num, d, num_classes=4, seed=0, spread=2.0):
    noise = torch.Generator().manual_seed(seed)
    classes = torch.arange(num) % num_classes
    centres = torch.randn(num_classes, d, generator=noise)
    return centres[classes] + spread * torch.randn(num, d, generator=noise), classes


@pytest.mark.parametrize(("num", "d"), [(300, 12), (40, 60), (9, 2)])
def test_it_finds_what_scikit_learn_finds(num, d):
    x, y = blobs(num, d)
    scaler = StandardScaler().fit(x.double().numpy())
    known = LogisticRegression(tol=1e-10, max_iter=5000).fit(scaler.transform(x.double().numpy()), y.numpy())
    probe = LinearProbe(x, y, 4)
    # scikit-learn's biases add up to zero; ours may differ by what is common to all
    assert probe.weights[:-1].T.numpy() == pytest.approx(known.coef_, abs=5e-3)
    centred = probe.weights[-1] - probe.weights[-1].mean()
    assert centred.numpy() == pytest.approx(known.intercept_ - known.intercept_.mean(), abs=5e-3)
    more, _classes = blobs(200, d, seed=1)
    theirs = known.predict(scaler.transform(more.double().numpy()))
    assert (probe.classify(more).numpy() == theirs).mean() > 0.99


def test_on_digits_it_is_as_accurate_as_scikit_learns():
    data = datasets.load("digits")
    train, test = data.part("train"), data.part("test")
    x, y, x_test, y_test = (torch.from_numpy(part) for part in (train.x, train.y, test.x, test.y))
    scaler = StandardScaler().fit(train.x)
    known = LogisticRegression(max_iter=2000).fit(scaler.transform(train.x), train.y)
    accuracy = LinearProbe(x, y, 10).accuracy(x_test, y_test)
    assert accuracy == pytest.approx(known.score(scaler.transform(test.x), test.y), abs=0.004)


def test_a_probe_works_without_autograd_and_on_features_that_never_vary():
    x, y = blobs(100, 5)
    with torch.inference_mode():
        assert LinearProbe(torch.cat([x, torch.ones(100, 2)], 1), y, 4).accuracy(
            torch.cat([x, torch.full((100, 2), 9.0)], 1), y
        ) == pytest.approx(LinearProbe(x, y, 4).accuracy(x, y))
    assert LinearProbe(torch.ones(100, 3), y, 4).accuracy(torch.ones(100, 3), y) == pytest.approx(0.25)


def test_nearest_neighbours_by_a_loop():
    (x, y), (others, _classes) = blobs(60, 5), blobs(30, 5, seed=1)
    found = nearest(x, y, others, 4)
    for row, label in zip(others.double(), found.tolist(), strict=True):
        cosines = torch.stack([row @ one / row.norm() / one.norm() for one in x.double()])
        votes = torch.bincount(y[cosines.topk(NEIGHBOURS).indices], minlength=4)
        assert votes[label] == votes.max()


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 99))
def test_draws_have_so_many_of_each_class_and_none_twice(count, num, seed):
    classes = torch.randint(0, 3, (60,), generator=torch.Generator().manual_seed(seed))
    found = list(draws(classes, count, num))
    assert len(found) == num
    for rows in found:
        assert len(set(rows.tolist())) == len(rows)
        assert (
            torch.bincount(classes[rows], minlength=3) == torch.bincount(classes, minlength=3).clamp(max=count)
        ).all()
    assert all(torch.equal(a, b) for a, b in zip(found, draws(classes, count, num), strict=True))


def test_a_judge_sees_more_in_more_labels():
    x, y = blobs(2000, 10, spread=1.5)
    judge = Judge(y[:1000], y[1000:])
    means = [judge.linear(x[:1000], x[1000:], count, 5).mean().item() for count in (1, 10, 0)]
    assert means == sorted(means)
    assert judge.linear(x[:1000], x[1000:], 3, 5).std() > 0
    assert judge.linear(x[:1000], x[1000:], 0, 5).std() == 0
    assert judge.neighbours(x[:1000], x[1000:]) == pytest.approx(means[2], abs=0.1)


def test_a_judge_of_nothing_is_at_chance():
    noise = np.random.default_rng(0).normal(size=(900, 6)).astype(np.float32)
    classes = torch.arange(900) % 3
    judge = Judge(classes[:600], classes[600:])
    x = torch.from_numpy(noise)
    assert judge.linear(x[:600], x[600:]).item() == pytest.approx(1 / 3, abs=0.1)
