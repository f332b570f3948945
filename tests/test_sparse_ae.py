"""The sparse autoencoder's three ways to silence units, its dead ones, and the gap to exact codes."""

import numpy as np
import pytest
import torch

from repz_core import datasets, engine, methods, recipes
from repz_core.config import RepzError
from repz_core.events import Snapshot, State, Step
from repz_core.objectives import kl_bernoulli, lasso
from repz_core.solvers import sparse_encode

SMALL = {
    "model.variant": "relu",
    "model.units": 32,
    "training.steps": 300,
    "training.num_frames": 4,
    "training.batch_size": 128,
}


def asked(**changes):
    """ReLU units unless another variant is asked for."""
    changes = {path.replace("__", "."): value for path, value in changes.items()}
    return recipes.parse(recipes.default("sparse_ae", "digits").replace(**SMALL | changes).plain())


def built(recipe, state=None):
    method = methods.build(recipe, (1, 8, 8))
    method.meet(images("train"))
    if state:
        engine.load_weights(method, state.tensors)
    return method.eval()


def images(part):
    return torch.from_numpy(datasets.load("digits").part(part).x)


def trained(**changes):
    recipe = asked(**changes)
    events = list(engine.train(recipe))
    last = [event for event in events if isinstance(event, State)][-1]
    return built(recipe, last), [event.values for event in events if isinstance(event, Step)], events


def test_codes_and_losses_by_hand():
    x = images("test")[:5]
    for variant in ("relu", "topk", "kl"):
        method = built(asked(model__variant=variant, model__active=3, model__l1=0.2, model__pull=0.7))
        before = (x - method.bias) @ method.encoder.weight.T + method.encoder.bias
        codes = before.sigmoid() if variant == "kl" else before.clamp(min=0)
        if variant == "topk":
            ranks = codes.argsort(dim=1, descending=True).argsort(dim=1)
            codes = torch.where(ranks < 3, codes, torch.zeros(()))
        assert torch.allclose(method.encode(x), codes)
        half = 0.5 * (codes @ method.decoder + method.bias - x).square().sum(1).mean()
        penalty = {"relu": 0.2 * codes.sum(1).mean(), "topk": torch.zeros(())}
        penalty["kl"] = 0.7 * kl_bernoulli(method.config.rate, codes.mean(0)).sum()
        assert method.loss(x)["loss"].item() == pytest.approx((half + penalty[variant]).item(), rel=1e-5)


def test_kl_to_the_rate_is_torch_s():
    activity = torch.linspace(0.01, 0.99, 7, dtype=torch.float64)
    bernoulli = torch.distributions.Bernoulli
    theirs = torch.distributions.kl_divergence(bernoulli(torch.tensor(0.05, dtype=torch.float64)), bernoulli(activity))
    assert kl_bernoulli(0.05, activity).tolist() == pytest.approx(theirs.tolist(), rel=1e-5, abs=1e-8)
    assert kl_bernoulli(0.3, torch.tensor([0.0, 1.0])).isfinite().all()


def test_relu_units_have_exact_zeros_and_topk_keeps_its_number():
    relu, rows, _events = trained(model__l1=0.3)
    codes = relu.encode(images("test"))
    assert 0.3 < (codes == 0).float().mean() < 1
    assert rows[-1]["val_l0"] < 16
    topk, rows, _events = trained(model__variant="topk", model__active=5)
    assert ((topk.encode(images("test")) != 0).sum(1) <= 5).all()
    assert rows[-1]["val_l0"] <= 5


def test_the_pull_to_a_rate_lowers_the_mean_activation():
    held, _rows, _events = trained(model__variant="kl", model__rate=0.05, model__pull=5.0)
    free, _rows, _events = trained(model__variant="kl", model__rate=0.05, model__pull=0.0)
    means = [method.encode(images("train")).mean().item() for method in (held, free)]
    assert abs(means[0] - 0.05) < 0.04 < abs(means[1] - 0.05)


def test_the_decoder_s_rows_keep_norm_one():
    method, _rows, _events = trained()
    assert torch.allclose(method.decoder.norm(dim=1), torch.ones(32), atol=1e-5)


def test_the_amortisation_gap_is_encoder_less_exact_on_the_same_dictionary():
    method, rows, events = trained(model__l1=0.2)
    x = images("test")
    metrics = method.evaluate(x)
    centred = (x - method.bias).detach().double()
    exact, _gaps = sparse_encode(centred, method.decoder, 0.2)
    atoms = method.decoder.detach().double()
    mine = lasso(centred, atoms, method.encode(x).detach().double(), 0.2).mean().item()
    least = lasso(centred, atoms, exact, 0.2).mean().item()
    assert metrics["objective"] == pytest.approx(mine, rel=1e-6)
    assert metrics["amortisation_gap"] == pytest.approx(mine - least, rel=1e-6)
    assert metrics["amortisation_gap"] > 0
    assert "val_amortisation_gap" in rows[-1]
    last = [event for event in events if isinstance(event, Snapshot)][-1].arrays
    assert (last["lasso_encoder"] >= last["lasso_exact"] * (1 - 1e-6)).all()


def test_dead_units_wake_up_at_the_step_asked_for():
    """Half of the units are silenced for good; one run wakes them, its twin does not."""
    method = built(asked(model__resample=1))
    x = images("train")
    with torch.no_grad():
        method.encoder.bias[:16] = -1e3
    before = method.encode(x)
    assert not before[:, :16].any()
    method.step = 1
    method._after()
    assert not method.encode(x)[:, :16].any(), "not at another step"
    method.step = 0
    method._after()
    after = method.encode(x)
    assert (after[:, :16] != 0).any(0).float().mean() > 0.8
    alive = (before != 0).any(0)
    assert torch.allclose(after[:, alive], before[:, alive]), "who was alive is left alone"
    assert torch.allclose(method.decoder.norm(dim=1), torch.ones(32), atol=1e-5)


def test_dead_counts_those_silent_on_all_training_images():
    method = built(asked())
    with torch.no_grad():
        method.encoder.bias[:7] = -1e3
    expected = int((~(method.encode(images("train")) != 0).any(0)).sum())
    assert method.evaluate(images("test"))["dead"] == expected >= 7


def test_a_fork_can_wake_them():
    parent = asked(training__steps=40)
    child = recipes.fork(parent, 40, **{"model.resample": 41, "training.steps": 60})
    steps = [event.step for event in engine.train(child) if isinstance(event, Step)]
    assert (steps[0], steps[-1]) == (40, 60)


def test_constant_images_and_a_silent_code():
    method = built(asked(model__l1=100.0))
    with torch.no_grad():
        method.encoder.bias.fill_(-1e3)
    metrics = method.evaluate(torch.full((6, 64), 0.25))
    assert metrics["l0"] == metrics["alive"] == metrics["variance_explained"] == 0
    assert all(np.isfinite(value) for value in metrics.values())


def test_more_active_units_than_there_are():
    with pytest.raises(RepzError, match=r"^model\.active must be at most the 32 units; got 64\.$"):
        asked(model__variant="topk", model__active=64)
