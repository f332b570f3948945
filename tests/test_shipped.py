"""What is shipped in checkpoints/ is whole, is what the presets ask for, and still gives the numbers it recorded."""

import hashlib

import numpy as np
import pytest
import torch

from repz_core import datasets, engine, probes, recipes, shipped
from repz_core.classifier import FOLDER as CLASSIFIERS
from repz_core.comparison import FOLDER as COMPARISONS
from repz_core.observer import Observer
from repz_core.run import SHIPPED, Run
from repz_core.runs import RunStore, run_id
from repz_core.shipped import build, shipped_recipes

RUNS = [Run(SHIPPED / run_id(recipe)) for recipe in shipped_recipes()]


@pytest.fixture(scope="module")
def probes_found_once():
    """Runs on the same data have their probe on pixels in common, which takes longer than all else of them."""
    found, probe = {}, probes.LinearProbe

    def known(features, classes, num_classes):
        key = hashlib.sha256(features.contiguous().numpy().tobytes() + classes.numpy().tobytes()).digest()
        if key not in found:
            found[key] = probe(features, classes, num_classes)
        return found[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probes, "LinearProbe", known)
        yield


def test_checkpoints_are_the_presets_and_nothing_else():
    assert {path.name for path in SHIPPED.iterdir()} - {CLASSIFIERS.name, COMPARISONS} == {run.id for run in RUNS}
    assert {run.recipe.method for run in RUNS} == set(recipes.names())


def test_they_fit():
    sizes = {run.id: sum(f.stat().st_size for f in run.folder.rglob("*") if f.is_file()) / 1e6 for run in RUNS}
    assert sum(sizes.values()) <= 40
    assert max(sizes.values()) <= 2


def picture(arrays):
    """What a generator makes of fixed draws, what the Dirac-GAN's discriminator says of it, a decoder's weights, where
    points are put, or how alike views are.
    """
    names = ("samples", "fakes", "logits_fake", "atoms", "projections", "similarities")
    return next(arrays[name] for name in names if name in arrays)


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_a_shipped_run_is_whole(run):
    assert run.id == run_id(run.recipe)
    assert run.status.state == "done"
    assert run.status.step == run.recipe.training.steps == run.events()[-1]["step"]
    assert set(run.frames()) == run.recipe.training.frame_steps()
    first, *_middle, last = run.snapshots()
    if "codes" in first.arrays:
        assert first.arrays["labels"].shape == first.arrays["codes"].shape[:1]
    assert not np.array_equal(picture(first.arrays), picture(last.arrays))
    assert not list(run.folder.rglob("lock"))
    assert not list(run.folder.rglob("states/*"))


@pytest.mark.usefixtures("probes_found_once")
@pytest.mark.parametrize("run", RUNS, ids=str)
def test_its_weights_give_the_metrics_it_recorded(run):
    """Of an accuracy an image or two: a probe's optimum is found to a tolerance, with a processor's own last bits."""
    measured, recorded = engine.evaluate(run.model(), run.recipe.dataset), run.status.metrics
    counted = {name for name in recorded if name.startswith(("probe", "knn"))}
    assert measured.keys() == recorded.keys()
    for name, value in recorded.items():
        assert measured[name] == pytest.approx(value, **({"abs": 0.0025} if name in counted else {"rel": 1e-4})), name


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_its_weights_give_its_last_pictures(run):
    """The recorded samples are those of the recorded weights, to one of 32 shades, or to float16."""
    model, last = run.model(), run.snapshot(run.frames()[-1])
    if "samples" in last.arrays:
        samples = (255 * model.decode(model.prior_draws)).detach().numpy().reshape(last.arrays["samples"].shape)
        assert np.abs(samples - last.arrays["samples"]).max() <= 255 / 31 / 2 + 1
    else:
        data = datasets.load(run.recipe.dataset)
        again = Observer(model, data, model.prepare(torch.from_numpy(data.part("train").x))).observe()
        mine, kept = picture(again), picture(last.arrays)
        if kept.dtype == np.uint8:  # half precision may move a value into the next shade
            assert np.abs(mine.astype(int) - kept).max() <= 255 / 31 + 1
        else:
            assert np.abs(mine - kept).max() <= 0.02 * np.abs(kept).max()  # where a generator is steep


def test_what_is_built_already_is_left_alone(monkeypatch):
    assert all(run.folder.is_dir() for run in RUNS), "`make checkpoints` first: a test must not train them"
    monkeypatch.setattr(shipped, "work", lambda run: pytest.fail(f"{run.id} was trained again"))
    before = {path: path.stat().st_mtime_ns for path in SHIPPED.rglob("*")}
    assert [run.id for run in build(SHIPPED)] == [run.id for run in RUNS]
    assert {path: path.stat().st_mtime_ns for path in SHIPPED.rglob("*")} == before


def test_the_family_page_starts_from_a_shipped_run(home):
    for method in recipes.names():
        first = next(iter(recipes.family(method).PRESETS))
        assert RunStore().find(recipes.preset(method, first)).folder.parent == SHIPPED
