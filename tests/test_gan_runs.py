"""Whole runs of the GAN: the Dirac-GAN's orbits, divergence in one sentence, bit-exact resuming, the command line."""

import json
import math

import numpy as np
import pytest
import torch

from repz_core import __main__ as cli
from repz_core import engine, recipes
from repz_core.config import RepzError, Training, bounds, choices, field_at, hint, leaf_paths
from repz_core.events import Snapshot, State, Step
from repz_core.executors.work import work
from repz_core.methods import gan_points
from repz_core.objectives import GAN_TABLE
from tests.test_engine import plain, played
from tests.test_gan_losses import sigmoid


@pytest.fixture
def few(monkeypatch):
    """Densities from fewer samples: runs that only need to be the same."""
    monkeypatch.setattr(gan_points, "NUM_DENSITY", 500)


def dirac(**changes):
    """The recipe of a Dirac-GAN on the zero-sum game."""
    usual = {"model.loss": "minimax", "training.steps": 500, "training.num_frames": 2, "training.batch_size": 8}
    return recipes.parse(recipes.default("gan", "dirac").replace(**usual | changes).plain())


def walked(recipe):
    """(theta, psi) before each step, as the rows tell it."""
    rows = [event.values for event in engine.train(recipe) if isinstance(event, Step)][1:]
    return [(row["discriminator_theta"], row["discriminator_psi"]) for row in rows]


def radii(recipe):
    return np.array([math.hypot(theta, psi) for theta, psi in walked(recipe)])


def by_hand(recipe):
    """The same walk by the analytic gradients: L_D = sp(0) + sp(psi theta) + r1/2 psi^2, L_G = -sp(psi theta)."""
    training, theta, psi = recipe.training, 0.9, 0.9
    for step in range(training.steps):
        yield theta, psi
        left = max(0.01, 0.5 ** (step / training.half_life))
        before = psi
        psi -= left * training.lr_d * (sigmoid(psi * theta) * theta + recipe.model.r1 * psi)
        seen = before if training.order == "simultaneous" else psi
        theta += left * training.lr * sigmoid(seen * theta) * seen


SIMULTANEOUS = {"training.order": "simultaneous"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        SIMULTANEOUS,
        {"model.r1": 1.0},
        SIMULTANEOUS | {"model.r1": 0.3},
        {"training.lr": 0.05, "training.half_life": 100},
    ],
    ids=str,
)
def test_each_step_of_the_dirac_gan_is_an_analytic_one(changes):
    recipe = dirac(**{"training.steps": 200} | changes)
    assert np.array(walked(recipe)) == pytest.approx(np.array(list(by_hand(recipe))), rel=1e-4, abs=1e-4)


def test_one_step_at_once_is_two_gradient_steps_from_the_same_place():
    (start, then) = walked(dirac(**SIMULTANEOUS, **{"training.steps": 2}))
    slope = sigmoid(0.81) * 0.9
    assert start == pytest.approx((0.9, 0.9), rel=1e-6)
    assert then == pytest.approx((0.9 + 0.1 * slope, 0.9 - 0.1 * slope), rel=1e-6)


def test_steps_at_once_spiral_outwards():
    """Mescheder et al. 2018, lemma 2.3: each step multiplies the squared radius by 1 + lr^2 sigmoid(psi theta)^2."""
    walk = np.array(walked(dirac(**SIMULTANEOUS, **{"training.steps": 1000})))
    radius = np.hypot(*walk.T)
    longer = [1 + (0.1 * sigmoid(theta * psi)) ** 2 for theta, psi in walk[:-1].tolist()]
    assert (radius[1:] / radius[:-1]) ** 2 == pytest.approx(np.array(longer), rel=2e-4)
    assert radius[0] == pytest.approx(0.9 * math.sqrt(2), rel=1e-6)
    assert (np.diff(radius) > 0).all()
    assert radius[-1] > 2 * radius[0]


def test_steps_in_turns_stay_in_a_ring():
    radius = radii(dirac())
    assert 0.8 <= radius.min() < radius.max() <= 1.6
    signs = np.sign(np.array(walked(dirac()))[:, 0])
    assert (np.diff(signs) != 0).sum() >= 4, "it goes round"


@pytest.mark.parametrize("changes", [{}, SIMULTANEOUS], ids=["in turns", "at once"])
def test_r1_makes_them_spiral_inwards(changes):
    radius = radii(dirac(**{"model.r1": 1.0}, **changes))
    assert radius[-1] < 0.2
    assert radius[-1] < 0.5 * radius[len(radius) // 2] < 0.25 * radius[0]


def test_the_last_metric_of_the_dirac_gan_is_the_distance_of_the_shown_point():
    recipe = dirac(**{"model.ema": 0.0, "training.steps": 20})
    rows = [event.values for event in engine.train(recipe) if isinstance(event, Step)]
    *_before, (theta, _psi) = by_hand(recipe.replace(**{"training.steps": 21}))
    assert rows[-1]["val_distance"] == pytest.approx(abs(theta), rel=1e-4)
    assert rows[0]["val_distance"] == pytest.approx(0.9)


def test_a_wgan_with_gradient_penalty_trains(tiny):
    changes = {"model.loss": "wasserstein", "model.gradient_penalty": 10.0, "training.d_steps": 5}
    quick = {"training.steps": 150, "training.num_frames": 3, "model.instance_noise": 0.0, "training.lr_d": 5e-3}
    rows = [event.values for event in engine.train(tiny("gan", "ring8", **changes, **quick)) if isinstance(event, Step)]
    assert all(math.isfinite(value) for row in rows for value in row.values())
    penalties = np.array([row["discriminator_penalty"] for row in rows[1:]])
    assert penalties[0] > 1
    assert penalties[-20:].mean() < 1


WILD = {
    "model.loss": "wasserstein",
    "training.lr": 0.1,
    "training.lr_d": 0.1,
    "training.optimiser": "sgd",
    "training.d_steps": 20,
    "model.instance_noise": 0.0,
}


@pytest.mark.usefixtures("few")
def test_a_critic_that_nothing_bounds_diverges_in_one_sentence(tiny):
    recipe = tiny("gan", "ring8", **WILD, **{"training.steps": 2000})
    with pytest.raises(
        RepzError, match=r"^Training diverged at step (\d+): '(\w+)' became \S+; try [^\n]+\.$"
    ) as caught:
        list(engine.train(recipe))
    assert "R1 or a gradient penalty" in str(caught.value)


@pytest.mark.usefixtures("few")
def test_a_run_that_diverges_fails_and_keeps_what_it_had(tiny, store):
    run = store.submit(tiny("gan", "ring8", **WILD, **{"training.steps": 2000}))
    status = work(run)
    assert status.state == "failed"
    assert status.message.startswith("Training diverged at step ")
    rows = run.events()
    assert [row["step"] for row in rows] == sorted({row["step"] for row in rows})
    assert rows[-1]["step"] <= status.step
    assert run.frames()[0] == 0
    assert [snapshot.step for snapshot in run.snapshots()] == run.frames()
    assert run.state().step == run.frames()[-1]
    assert run.model().sample(3).shape == (3, 2)
    assert not run.now_file().exists()


RESUMED = [
    {},
    {"model.spectral_norm": True, "model.loss": "hinge"},
    {"model.packing": 2, "model.r1": 1.0, "training.d_steps": 2},
    {"training.order": "simultaneous", "model.gradient_penalty": 10.0, "model.loss": "wasserstein"},
    {"training.optimiser": "sgd", "model.instance_noise": 0.0, "model.clip": 0.05, "training.half_life": 100},
]


@pytest.mark.parametrize("dataset", ["ring8", "digits"])
@pytest.mark.parametrize("changes", RESUMED, ids=lambda changes: " ".join(changes) or "as usual")
@pytest.mark.usefixtures("few")
def test_resuming_from_every_state_is_bit_exact(dataset, changes, tiny, monkeypatch):
    monkeypatch.setattr(Training, "MAX_ROWS", 7)  # so that sums are under way at most states
    recipe = tiny("gan", dataset, **changes)
    events = list(engine.train(recipe))
    states = [i for i, event in enumerate(events) if isinstance(event, State)]
    assert len(states) == 5
    for i in states:
        assert played(recipe, resume=events[i]) == [plain(event) for event in events[i + 1 :]]


@pytest.mark.usefixtures("few")
def test_every_choice_of_the_loss_is_shown_with_its_own_curves(tiny):
    for name, row in GAN_TABLE.items():
        recipe = tiny("gan", "ring8", **{"model.loss": name, "training.steps": 1})
        first = next(event.arrays for event in engine.train(recipe) if isinstance(event, Snapshot))
        t = first["loss_logits"].astype(float)
        assert t[[0, 60, -1]] == pytest.approx([-6, 0, 6], abs=1e-6)
        for values, slopes, function in zip(first["loss_values"], first["loss_slopes"], row, strict=True):
            fine = function(torch.from_numpy(t)).numpy()
            assert values == pytest.approx(fine, abs=1e-5)
            between = (values[1:] - values[:-1]) / (t[1:] - t[:-1])
            assert between == pytest.approx((slopes[1:] + slopes[:-1]) / 2, abs=0.51 if name == "hinge" else 2e-3)


@pytest.fixture
def run(capsys, home):
    """run(*arguments): (exit code, last line on standard output, lines on standard error)."""

    def command(*arguments):
        code = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return code, (out.splitlines() or [""])[-1], err.splitlines()

    return command


def test_the_command_line_trains_a_gan_in_the_plane(run):
    code, out, err = run("train", "gan", "--dataset", "ring8", "--steps", "30", "--json")
    assert (code, err) == (0, [])
    told = json.loads(out)
    assert told["steps"] == 30
    for metrics in (told["metrics"], told["validation"]):
        assert set(metrics) == {"modes", "high_quality", "spread", "js", "kl_data_model", "kl_model_data"}
        assert all(math.isfinite(value) for value in metrics.values())
        assert 0 <= metrics["js"] <= math.log(2)
        assert 0 <= metrics["high_quality"] <= 1
        assert metrics["modes"] in range(9)


def test_the_command_line_trains_a_gan_on_images(run):
    small = ("--set", "model.size=8", "--set", "model.channels=4", "--set", "training.num_frames=2")
    code, out, err = run("train", "gan", "--dataset", "digits", "--steps", "3", *small, "--json")
    assert (code, err) == (0, [])
    assert set(json.loads(out)["metrics"]) == {"fid", "precision", "recall"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("vae", "--dataset", "ring8"), "vae is trained on images; got ring8, which is points."),
        (
            ("gan", "--dataset", f"drawn@{'0' * 1024}"),
            "The drawn density is empty: paint at least one cell, then start.",
        ),
        (
            ("gan", "--dataset", "ring8", "--set", "model.packing=3"),
            "training.batch_size must be a multiple of model.packing = 3; got 256.",
        ),
    ],
)
def test_the_command_line_refuses_in_one_sentence(arguments, sentence, run, home):
    code, out, err = run("train", *arguments, "--steps", "5")
    assert (code, out, err) == (2, "", [f"repz_core: {sentence}"])
    assert list(home.iterdir()) == []


FREE = [
    path
    for path in leaf_paths(recipes.family("gan").Recipe)
    if path.startswith(("model.", "training.")) and not hint(recipes.family("gan").Recipe, path, "shape")
]


@pytest.mark.parametrize("path", sorted({*FREE} - {"training.steps"}))
@pytest.mark.usefixtures("few")
def test_a_fork_can_change_whatever_decides_no_shape(path, tiny):
    """From either end of the knob to the other."""
    field = field_at(recipes.family("gan").Recipe, path)
    one, *_between, other = choices(field) or bounds(field)
    for old, new in ((one, other), (other, one)):
        parent = tiny("gan", "ring8", **{"training.steps": 4, "training.num_frames": 2, path: old})
        child = recipes.fork(parent, 2, **{path: new})
        try:
            steps = [event.step for event in engine.train(child) if isinstance(event, Step)]
        except RepzError as error:
            assert str(error).startswith("Training diverged")  # noqa: PT017 (either outcome is right)
        else:
            assert steps == [2, 3, 4]
