"""Every family trains on data of one's own, and what needs classes copes with none."""

import json

import numpy as np
import pytest

from repz_core import __main__ as cli
from repz_core import engine, recipes
from repz_core.config import RepzError
from repz_core.events import Snapshot, Step
from tests.datasets.uploads import images, npz

KINDS = {
    "colour": (images(60, 12, 3), np.arange(60) % 3),
    "grey": (images(60, 20), np.arange(60) % 3),
    "two": (images(60, 8), np.arange(60) % 2),
    "bare": (images(60, 8), None),
    "points": (np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32), None),
}
JUDGED = {"probe_h", "knn", "probe_h_10", "probe_z", "probe_random", "probe_pixels"}


@pytest.fixture
def added(home, tmp_path, capsys):
    """added(kind): the name of a data set of that kind, added by the command."""

    def add(kind):
        x, y = KINDS[kind]
        path = npz(tmp_path / f"{kind}.npz", x=x, **({} if y is None else {"y": y}))
        assert cli.main(["data", "add", str(path), "--json"]) == 0
        return str(json.loads(capsys.readouterr().out)["name"])

    return add


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "points"])
@pytest.mark.parametrize("method", recipes.names())
def test_every_family_trains_on_it(method, kind, added, tiny, no_last_look):
    name = added(kind)
    recipe = tiny(method, name, **{"training.steps": 3, "training.num_frames": 2})
    assert recipe.dataset.startswith(f"{name}@")
    events = list(engine.train(recipe))
    assert max(event.step for event in events if isinstance(event, Step)) == 3
    last = [event for event in events if isinstance(event, Snapshot)][-1]
    assert all(np.isfinite(array.astype(float)).all() for array in last.arrays.values())


@pytest.mark.parametrize("method", recipes.names())
def test_points_are_for_lines(method, added, tiny):
    name = added("points")
    assert recipes.suits(method, name) == (method == "linear_ae")
    if method == "linear_ae":
        changes = {"model.k": 1, "training.steps": 3, "training.num_frames": 2}
        assert len(list(engine.train(tiny(method, name, **changes)))) > 3
        return
    with pytest.raises(RepzError, match=r"(is trained on|held against a known density)[^\n]+\.$"):
        recipes.parse(recipes.default(method, name).plain())


@pytest.mark.parametrize(("kind", "judged"), [("bare", set()), ("two", JUDGED)])
def test_probes_are_there_where_classes_are(kind, judged, added, tiny, monkeypatch):
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.overview", lambda self, everything: {})
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.compare", lambda self, train, held_out: {"never": train.x})
    monkeypatch.setattr("repz_core.observer.in_types", lambda method, found: dict(found))
    name = added(kind)
    recipe = tiny("simclr", name, **{"training.steps": 2, "training.num_frames": 2})
    events = list(engine.train(recipe))
    last = [event for event in events if isinstance(event, Snapshot)][-1]
    assert ("never" in last.arrays) == bool(judged)
    logged = {key.removeprefix("val_") for event in events if isinstance(event, Step) for key in event.values}
    assert bool(logged & JUDGED) == bool(judged)


def test_other_classes_are_taught_anew(added, tiny, no_last_look, monkeypatch):
    """A model of one's own data is asked of digits' classes: probes learn from the digits' own training part."""
    taught = []

    def probe(self, train, held_out, quick=False):
        taught.append(len(train.y))
        return {"probe_h": 1.0}

    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.probe", probe)
    from repz_core import methods

    for dataset, count in ((added("two"), 1290), ("digits", 1290)):
        method = methods.build(tiny("simclr", dataset), (1, 8, 8))
        assert engine.evaluate(method, "digits")["probe_h"] == 1.0
        assert taught.pop() == count
    method = methods.build(tiny("simclr", "digits"), (1, 8, 8))
    engine.evaluate(method, "two")
    assert taught.pop() == 42
    assert "probe_h" not in engine.evaluate(method, added("bare"))


def test_by_the_command_line(added, capsys):
    name = added("grey")
    assert cli.main(["train", "linear_ae", "--dataset", name, "--steps", "5", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["steps"] == 5
    assert cli.main(["evaluate", summary["run"], "--dataset", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == summary["metrics"]
