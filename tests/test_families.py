"""Families of recorded runs: members differ in one setting, words or numbers; looking more often trains the same."""

import pytest
from safetensors.torch import load_file

from repz_core import embed, recipes
from repz_core.config import value
from repz_core.executors.work import work
from repz_core.methods.simclr import SimCLR
from repz_core.runs import RunStore, run_id

NAMED = [(method, name) for method in recipes.names() for name in recipes.family(method).FAMILIES]


@pytest.mark.parametrize(("method", "name"), NAMED, ids="-".join)
def test_members_differ_in_one_setting_alone(method, name):
    base, path, values, frames = recipes.family(method).FAMILIES[name]
    members = recipes.family_of_runs(method, name)
    assert [value(member, path) for member in members] == list(values)
    like = recipes.preset(method, base)
    assert all(recipes.alike(member, like, path) for member in members)
    presets = {run_id(recipes.preset(method, preset)) for preset in recipes.family(method).PRESETS}
    for member in members:
        usual = like.training.num_frames
        assert run_id(member) in presets or member.training.num_frames == (frames or usual)


def test_members_that_are_presets_are_those_presets():
    found = {run_id(member) for member in recipes.family_of_runs("gan", "loss")}
    assert run_id(recipes.preset("gan", "Vanishing gradient")) in found
    assert run_id(recipes.preset("gan", "Non-saturating loss")) in found
    assert run_id(recipes.preset("vae", "2-D map of MNIST")) == run_id(recipes.family_of_runs("vae", "k")[1])


def test_what_differs_in_more_is_not_alike():
    like = recipes.preset("vae", "16 dimensions")
    assert recipes.alike(like.replace(**{"training.num_frames": 3}), like)
    assert recipes.alike(like.replace(**{"model.beta": 3.0}), like, "model.beta")
    assert not recipes.alike(like.replace(**{"model.beta": 3.0}), like, "model.k")
    assert not recipes.alike(like.replace(**{"model.beta": 3.0, "seed": 1}), like, "model.beta")
    assert not recipes.alike(recipes.preset("vae", "2-D map of digits"), like, "model.beta")


@pytest.mark.parametrize("method", ["vae", "gan", "simclr"])
def test_how_often_one_looks_changes_no_weight(home, tiny, method, monkeypatch):
    """The ground that `alike` stands on. What is done once, when training is over, is as often in both."""
    monkeypatch.setattr(SimCLR, "compare", lambda self, train, held_out: {})
    monkeypatch.setattr(SimCLR, "overview", lambda self, everything: {})
    monkeypatch.setattr(embed, "movie", lambda snapshots: {})
    weights = []
    for frames in (3, 9):
        run = RunStore().submit(tiny(method, **{"training.num_frames": frames}))
        assert work(run).state == "done"
        weights.append(load_file(run.folder / "weights.safetensors"))
    assert weights[0].keys() == weights[1].keys()
    assert all(tensor.equal(weights[1][name]) for name, tensor in weights[0].items())
