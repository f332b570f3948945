"""Dictionary learning: a planted dictionary comes back, scikit-learn's objective is met, and without norms it melts."""

import pytest
import torch
from sklearn.decomposition import MiniBatchDictionaryLearning

from repz_core import datasets, engine, methods, recipes
from repz_core.datasets import Data
from repz_core.events import Snapshot, State, Step
from repz_core.objectives import lasso
from repz_core.solvers import sparse_encode
from tests.test_objectives import random

QUICK = {"training.num_frames": 4, "training.batch_size": 128}


def trained(dataset="digits", **changes):
    """The method after training, and its rows."""
    changes = {path.replace("__", "."): value for path, value in changes.items()}
    recipe = recipes.parse(recipes.default("sparse_coding", dataset).replace(**QUICK | changes).plain())
    events = list(engine.train(recipe))
    method = methods.build(recipe, datasets.load(dataset).shape)
    engine.load_weights(method, [event for event in events if isinstance(event, State)][-1].tensors)
    return method.eval(), [event.values for event in events if isinstance(event, Step)], events


def test_its_codes_are_exact_and_its_gradient_that_of_the_minimum():
    """By the envelope theorem: codes that are optimal move to the second order alone."""
    method, _rows, _events = trained(model__units=20, training__steps=10)
    x = torch.from_numpy(datasets.load("digits").part("train").x[:8])
    codes, gaps = sparse_encode(x, method.dictionary, method.config.l1)
    assert gaps.max() < 1e-8
    assert torch.allclose(method.encode(x), codes.float())
    (gradient,) = torch.autograd.grad(method.loss(x)["loss"], method.dictionary)
    way = random(*method.dictionary.shape).float()

    def least(step):
        atoms = method.dictionary.detach().double() + step * way.double()
        return lasso(x.double(), atoms, sparse_encode(x, atoms, method.config.l1)[0], method.config.l1).mean()

    slope = (least(1e-5) - least(-1e-5)) / 2e-5
    assert (gradient * way).sum().item() == pytest.approx(slope.item(), rel=1e-2)  # a training step's codes: gap 1e-3


def test_a_planted_dictionary_is_recovered(monkeypatch, report):
    """Known atoms, three of them active in each example: mean best cosine above 0.95."""
    noise = torch.Generator().manual_seed(0)
    atoms = torch.randn(40, 64, generator=noise)
    atoms /= atoms.norm(dim=1, keepdim=True)
    where = torch.rand(4000, 40, generator=noise).topk(3, dim=1).indices
    sizes = (1 + torch.rand(4000, 3, generator=noise)) * torch.randn(4000, 3, generator=noise).sign()
    x = torch.zeros(4000, 40).scatter(1, where, sizes) @ atoms + 0.01 * torch.randn(4000, 64, generator=noise)
    split = torch.tensor([0] * 3600 + [1] * 200 + [2] * 200).to(torch.uint8).numpy()
    planted = Data(x.numpy(), torch.zeros(4000, dtype=torch.int64).numpy(), (1, 8, 8), {}, split)
    monkeypatch.setattr(datasets, "load", lambda _name: planted)
    method, _rows, _events = trained(model__units=40, model__l1=0.1, training__steps=300, training__lr=0.02)
    best = (atoms @ method.dictionary.detach().T).abs().max(1).values
    report(f"planted dictionary: mean best cosine {best.mean():.4f}, least {best.min():.4f}")
    assert best.mean() > 0.95


def test_the_objective_of_scikit_learn_is_met():
    x = torch.from_numpy(datasets.load("digits").part("train").x)
    peer = MiniBatchDictionaryLearning(
        50, alpha=0.3, batch_size=128, max_iter=10, transform_algorithm="lasso_cd", random_state=0, fit_algorithm="cd"
    ).fit(x.double().numpy())
    atoms = torch.from_numpy(peer.components_)
    theirs = lasso(x.double(), atoms, sparse_encode(x, atoms, 0.3)[0], 0.3).mean().item()
    method, _rows, _events = trained(model__units=50, model__l1=0.3, training__steps=400)
    ours = lasso(x, method.dictionary, method.encode(x), 0.3).mean().item()
    assert ours < 1.005 * theirs


def test_without_norms_the_penalty_melts_away():
    _method, held, _events = trained(model__units=30, training__steps=200)
    _method, free, _events = trained(model__units=30, training__steps=200, model__constraint=False)
    assert free[-1]["penalty"] < 0.5 * held[-1]["penalty"]
    assert free[-1]["norm"] > 2 * held[-1]["norm"]
    assert held[-1]["norm"] == pytest.approx(1, abs=1e-5)


def test_a_penalty_that_is_too_large_silences_all_codes():
    _method, rows, events = trained(model__units=20, model__l1=100.0, training__steps=5)
    assert rows[-1]["val_l0"] == 0
    assert rows[-1]["val_alive"] == 0
    last = [event for event in events if isinstance(event, Snapshot)][-1]
    assert not last.arrays["codes"].any()
    assert not last.arrays["reconstructions"].any()


def test_memory_of_codes_is_that_of_a_batch():
    """All of the data at once is coded in rows of a block."""
    x, atoms = torch.zeros(5000, 4), torch.eye(4)
    codes, gaps = sparse_encode(x, atoms, 0.1)
    assert not codes.any()
    assert not gaps.any(), "all-zero images have the zero code, which is exact"
