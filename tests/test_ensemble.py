"""Seeds trained together are the seeds trained alone, to rounding, and keep their own batches and noise."""

import pytest
import torch

from repz_core import engine, methods
from repz_core.config import RepzError
from repz_core.ensemble import train_seeds
from repz_core.events import State
from repz_core.methods import gan_points

SEEDS = [0, 3, 8]


@pytest.fixture
def alone(monkeypatch):
    """alone(recipe): the GAN that the engine trains of it."""
    monkeypatch.setattr(gan_points, "NUM_DENSITY", 500)

    def trained(recipe):
        *_before, last = (event for event in engine.train(recipe) if isinstance(event, State))
        gan = methods.build(recipe, (2, 1, 1))
        engine.load_weights(gan, last.tensors)
        return gan

    return trained


def weights(gan):
    return torch.cat([tensor.detach().flatten() for tensor in gan.state_dict().values()])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model.packing": 2, "model.r1": 1.0},
        {"model.r1": 1.0, "model.r1_every": 2},
        {"model.gradient_penalty": 10.0, "model.loss": "wasserstein", "training.d_steps": 3},
        {"model.clip": 0.01, "model.loss": "wasserstein", "training.lr_d": 0.05},
        {"model.clip": 0.01, "model.loss": "wasserstein", "training.lr_d": 0.05, "training.d_steps": 2},
        {"training.optimiser": "sgd", "model.instance_noise": 0.0, "model.ema": 0.0, "training.half_life": 100},
        {"model.clip": 0.01, "training.optimiser": "sgd", "training.lr_d": 0.1, "training.lr": 0.1},
        {"model.octaves": 2, "model.depth": 2},
    ],
    ids=lambda changes: " ".join(changes) or "as usual",
)
def test_first_steps_together_are_those_of_each_alone(changes, tiny, alone):
    recipe = tiny("gan", "ring8", **{"training.steps": 3, "training.num_frames": 2} | changes)
    together = train_seeds(recipe, SEEDS)
    assert [gan.recipe.seed for gan in together] == SEEDS
    for seed, gan in zip(SEEDS, together, strict=True):
        assert torch.allclose(weights(gan), weights(alone(recipe.replace(seed=seed))), rtol=1e-3, atol=1e-5)
    assert len({weights(gan).numpy().tobytes() for gan in together}) == 3


def test_they_stop_when_told_to(tiny):
    asked = []
    recipe = tiny("gan", "ring8", **{"training.steps": 50})
    stopped = train_seeds(recipe, [1, 2], proceed=lambda step: asked.append(step) or step <= 4)
    assert asked == [1, 2, 3, 4, 5]
    short = train_seeds(recipe.replace(**{"training.steps": 4}), [1, 2])
    assert all(torch.equal(weights(a), weights(b)) for a, b in zip(stopped, short, strict=True))


@pytest.mark.parametrize(
    ("dataset", "changes", "name"),
    [
        ("digits", {}, "dataset"),
        ("dirac", {}, "dataset"),
        ("ring8", {"model.spectral_norm": True}, "model.spectral_norm"),
        ("ring8", {"training.order": "simultaneous"}, "training.order"),
    ],
)
def test_what_cannot_be_trained_together_is_refused_in_one_sentence(dataset, changes, name, tiny):
    with pytest.raises(RepzError, match=rf"^Seeds are trained together for GANs .*; here {name} is otherwise\.$"):
        train_seeds(tiny("gan", dataset, **changes), SEEDS)


def test_a_vae_is_refused_too(tiny):
    with pytest.raises(RepzError, match=r"here method is otherwise\.$"):
        train_seeds(tiny(), SEEDS)
