"""A run's script trains it again: executed, it prints the rows that the run logged."""

import json
import runpy

import pytest

from repz_core import recipes
from repz_core.executors.work import work
from repz_core.run import SHIPPED, Run
from repz_core.script import script
from repz_core.writer import rounded


@pytest.fixture
def printed(tmp_path, capsys):
    """printed(recipe): the rows that the recipe's script prints, as a run logs them."""

    def execute(recipe):
        path = tmp_path / "script.py"
        path.write_text(script(recipe))
        capsys.readouterr()
        runpy.run_path(str(path))
        return [rounded(json.loads(line)) for line in capsys.readouterr().out.splitlines()]

    return execute


def logged(run):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.events()]


def test_a_script_trains_to_the_same_losses(done, printed):
    rows = printed(done.recipe)
    assert len(rows) == 21
    assert rows == logged(done)


def test_other_settings_are_other_losses(done, printed):
    assert printed(done.recipe.replace(seed=3)) != logged(done)


def test_a_fork_of_a_fork_too(tiny, store, printed):
    parent = tiny("vae", "digits", **{"data.threshold": 0.4, "model.net": "linear"})
    fork = recipes.fork(parent, 5, **{"model.beta": 3.0})
    second = recipes.fork(fork, 12, **{"training.lr": 0.01, "training.steps": 25})
    run = store.create(second, store.root / "second")
    assert work(run).state == "done"
    text = script(second)
    assert text.count("recipes.fork(") == 2
    assert "'model.beta': 3.0" in text
    assert printed(second) == logged(run)


def test_a_fork_that_changes_nothing_says_nothing_else(tiny, printed):
    fork = recipes.fork(tiny(), 18)
    assert "recipes.fork(recipe, 18)" in script(fork)
    assert [row["step"] for row in printed(fork)] == [18, 19, 20]


@pytest.mark.parametrize("run", sorted(path.parent for path in SHIPPED.glob("*/recipe.json")), ids=lambda run: run.name)
def test_the_script_of_a_shipped_run_is_of_its_recipe(run):
    """All but the training itself: the assertion in the script holds."""
    recipe = Run(run).recipe
    built, sign, _training = script(recipe).partition("\nfor event")
    assert sign
    namespace = {}
    exec(built, namespace)
    assert namespace["recipe"] == recipe
