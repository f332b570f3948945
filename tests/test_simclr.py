"""Contrastive learning: what each objective does to the nets, what is looked at, and what is refused."""

import gzip
import math

import numpy as np
import pytest
import torch
from safetensors.numpy import load

from repz_core import augment, datasets, engine, methods, recipes
from repz_core.config import RepzError
from repz_core.datasets.catalogue import CARDS
from repz_core.events import Snapshot, Step
from repz_core.executors.work import work
from repz_core.methods import vae_codes
from repz_core.methods.base import Examples, Labelled
from repz_core.methods.simclr import SimCLR
from repz_core.recipes import simclr
from repz_core.runs import RunStore
from tests.conftest import IMAGES

OBJECTIVES = tuple(simclr.OBJECTIVES)


def built(tiny, dataset="digits", **changes):
    recipe = tiny("simclr", dataset, **changes)
    return methods.build(recipe, CARDS[dataset].shape)


def rows(recipe):
    return [event for event in engine.train(recipe) if isinstance(event, Step)]


@pytest.fixture
def no_maps(monkeypatch):
    """Laying out maps takes seconds, and is tested elsewhere."""
    monkeypatch.setattr("repz_core.embed.flat_map", lambda features, seed=0: torch.zeros(len(features), 2))


def test_the_strengths_are_the_knobs():
    assert tuple(simclr.Data.model_fields) == augment.Strengths._fields
    assert set(simclr.Model.model_fields["objective"].annotation.__args__) == set(OBJECTIVES)


def test_the_catalogue_knows_how_many_examples_there_are_to_train_on():
    for dataset in IMAGES:
        assert CARDS[dataset].num_train == len(datasets.load(dataset).part("train").x)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_has_a_finite_loss_and_a_gradient_but_the_sheets(tiny, images, objective):
    method = built(tiny, **{"model.objective": objective})
    (phase,) = method.phases()
    terms = phase.loss(images("digits"))
    assert {"loss", "alignment", "uniformity"} == terms.keys()
    slopes = torch.autograd.grad(terms["loss"], phase.params, allow_unused=True)
    assert all(slope is None or slope.isfinite().all() for slope in slopes)
    moves = any(slope is not None and (slope != 0).any() for slope in slopes)
    assert moves == (objective != "sheet")


def test_the_sheets_run_goes_nowhere(tiny, no_last_look):
    """Every loss is log(2N - 1), and after twenty steps of Adam no weight has moved by a bit."""
    recipe = tiny("simclr", "digits", **{"model.objective": "sheet"})
    events = list(engine.train(recipe))
    losses = [event.values["loss"] for event in events if isinstance(event, Step) and event.step]
    assert losses == pytest.approx([math.log(2 * 32 - 1)] * len(losses), rel=1e-6)
    fresh = methods.build(recipe, CARDS["digits"].shape)
    trained = events[-1].tensors
    assert all(torch.equal(trained[f"model.{name}"], weights) for name, weights in fresh.named_parameters())


def test_without_negatives_it_collapses_and_with_them_it_spreads(tiny, no_last_look):
    """Uniformity is 0 where all are one point."""
    last = {}
    for objective in ("nt_xent", "no_negatives", "vicreg", "simsiam"):
        recipe = tiny("simclr", "digits", **{"model.objective": objective, "training.steps": 60, "model.depth": 2})
        last[objective] = rows(recipe)[-1].values
    assert last["no_negatives"]["val_uniformity"] > last["nt_xent"]["val_uniformity"] + 0.5
    for cure in ("vicreg", "simsiam"):
        assert last[cure]["val_uniformity"] < last["no_negatives"]["val_uniformity"] - 0.3
    assert last["no_negatives"]["val_alignment"] < last["nt_xent"]["val_alignment"]


def test_training_learns_more_than_it_began_with(no_maps, monkeypatch):
    """Ten labels a class: the probe on h against that on h before training; digits, 150 steps."""
    monkeypatch.setattr(SimCLR, "compare", lambda self, train, held_out: {})  # which says it of more labels, below
    recipe = recipes.default("simclr", "digits").replace(**{"training.steps": 150, "training.num_frames": 2})
    last = rows(recipe)[-1].values
    assert last["loss"] < math.log(2 * 128 - 1) - 1
    assert last["val_probe_h"] > 0.9
    assert {"val_knn", "val_probe_h_10", "val_probe_z"} <= last.keys()


def test_the_learning_rate_falls_however_long_the_run_may_last(tiny):
    method = built(tiny, **{"training.steps": 200_000, "training.decay": 1000})
    rates = []
    for method.step in (0, 500, 1000, 150_000):
        rates.append(method.schedule())
    assert rates == pytest.approx([1, 0.505, 0.01, 0.01])


@pytest.mark.parametrize("size", [2, 3, 8])
def test_what_it_shows(tiny, images, size):
    x = images("digits")
    method = built(tiny, **{"model.size": size}).eval()
    examples = Examples(x, x, x)
    views = method.introduce(examples)["views"]
    arrays = method.observe(examples)
    assert views.shape == (32, 64)
    assert not torch.equal(views[0], views[1])
    assert (views[0] - views[1]).norm() < (views[0] - views[2]).norm(), "a pair is of one image"
    assert torch.allclose(arrays["similarities"].diagonal(), torch.ones(32), atol=1e-5)
    assert torch.allclose(arrays["similarities"], arrays["similarities"].T, atol=1e-6)
    assert ("sphere" in arrays) == (size <= 3)
    z = torch.nn.functional.normalize(method.project(method.encode(x)))
    assert arrays["singular_values"].square().sum().item() == pytest.approx(
        z.var(0, correction=0).sum().item(), rel=1e-4
    )


def test_without_a_head_z_is_h(tiny, images):
    method = built(tiny, **{"model.depth": 0, "model.h": 12})
    h = method.encode(images("digits"))
    assert torch.equal(method.project(h), h)


def test_accuracy_against_labels(tiny, no_maps):
    data = datasets.load("digits")
    train, test = (Labelled(*map(torch.from_numpy, (data.part(p).x, data.part(p).y))) for p in ("train", "test"))
    method = built(tiny).eval()
    with torch.inference_mode():
        arrays = method.compare(train, test) | method.overview(test)
        metrics = method.probe(train, test) | method.reference(train, test)
    assert arrays["probe_accuracy"].shape == (6, 5, 4)
    assert arrays["probe_labels"].tolist() == [1, 5, 10, 50, 129]
    h, z, pixels, untrained, pca, vae = arrays["probe_accuracy"]
    assert torch.equal(h, untrained), "not a step was taken"
    assert h[-1].mean().item() == pytest.approx(metrics["probe_h"])
    assert pixels[-1].mean().item() == pytest.approx(metrics["probe_pixels"])
    assert z[-1].mean().item() == pytest.approx(metrics["probe_z"])
    assert pca[-1].mean().item() == pytest.approx(metrics["probe_pixels"], abs=0.04), "all 64 of them, standardised"
    assert vae[-1].mean().item() > untrained[-1].mean().item() - 0.1
    assert vae[-1].mean() > 0.8
    assert (pixels[1:].mean(1) >= pixels[:-1].mean(1)).all()
    assert len(arrays["map_h"]) == len(arrays["map_labels"]) == len(test.y)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training.batch_size": 1}, "training.batch_size must be at least 2"),
        ({"training.batch_size": 2000}, "at most the 1290 training examples of digits"),
        ({"model.temperature": 0}, "model.temperature must be a number from 0.005 to 5.0; got 0."),
        ({"data.erase": 1.0}, "data.erase must be at most 0.9, or the image vanishes: the rectangle"),
        ({"data.crop": 0.95}, "data.crop must be"),
        ({"data.affine": 0.9}, "data.affine must be"),
        ({"data.shift": 1.0}, "data.shift must be"),
        ({"data.elastic": 0.5}, "data.elastic must be"),
        ({"data.noise": 5.0}, "data.noise must be"),
        ({"data.blur": 3.0}, "data.blur must be at most 2, or the image vanishes: all pixels would be one grey"),
    ],
)
def test_what_cannot_work_is_refused_before_the_run_starts(changes, words):
    with pytest.raises(RepzError, match=words):
        recipes.parse(recipes.default("simclr", "digits").replace(**changes).plain())


def test_the_strongest_that_is_allowed_leaves_something_to_see():
    x = torch.from_numpy(datasets.load("mnist5k").part("train").x[:300])
    for name, (limit, _reason) in {**simclr.VANISHING, "blur": (7.0, "")}.items():
        changed = augment.change(x, (1, 28, 28), augment.Strengths(**{name: limit}), torch.Generator().manual_seed(0))
        assert (changed.std(1) > 0.02).double().mean() > 0.5, name


@pytest.mark.parametrize("name", simclr.PRESETS)
def test_presets_can_be_asked_for(name):
    recipe = recipes.preset("simclr", name)
    assert simclr.describe(recipe)
    assert methods.build(recipe, CARDS[recipe.dataset.partition("@")[0]].shape).phases()


def test_a_finished_run_has_its_maps(tiny, tmp_path, no_maps, monkeypatch):
    """They can be looked at before it is asked what was learned, which takes longer."""
    monkeypatch.setattr(vae_codes, "STEPS", 10)
    run = RunStore(tmp_path).submit(tiny("simclr", "digits"))
    compare, early = SimCLR.compare, []

    def look_first(method, train, held_out):
        early.append((run.status, load(gzip.decompress(run.now_file().read_bytes()))))
        return compare(method, train, held_out)

    monkeypatch.setattr(SimCLR, "compare", look_first)
    status = work(run)
    [(then, look)] = early
    assert (then.state, then.step, then.looks) == ("running", 20, 1)
    assert not run.now_file().exists()
    assert status.state == "done", status.message
    assert {"probe_h", "probe_h_10", "probe_z", "knn", "alignment", "uniformity", "loss"} <= status.metrics.keys()
    *_earlier, last = run.snapshots()
    assert isinstance(last, Snapshot)
    assert last.arrays["maps_h"].shape == last.arrays["maps_z"].shape == (5, 143, 2)
    assert all(np.array_equal(last.arrays[name], found) for name, found in look.items())
    assert len(look["map_h"]) == len(look["map_labels"]) == CARDS["digits"].size
    assert {"maps_h", "map_h", "embeddings_h"} < look.keys() < last.arrays.keys()
    assert last.arrays["map_steps"].tolist() == run.frames()
    assert np.isfinite(last.arrays["maps_h"]).all()
    with torch.inference_mode():
        assert run.model().encode(torch.zeros(3, 64)).shape == (3, 128)
