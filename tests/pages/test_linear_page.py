"""The linear page's logic, without a browser: every section of every kind of run, and knobs that contradict."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.linear import IMAGES, PLANE
from repz_core import recipes
from repz_core.executors.work import work
from repz_core.runs import RunStore, run_id


def script() -> None:
    from pages import linear

    linear.page()


@pytest.fixture
def page(home: Path) -> AppTest:
    return AppTest.from_function(script, default_timeout=30)


PAIRS = [
    (preset, section)
    for preset, (dataset, _changes) in recipes.family("linear_ae").PRESETS.items()
    for section in (IMAGES if dataset == "mnist5k" else PLANE)
]


@pytest.mark.parametrize(("preset", "section"), PAIRS)
def test_every_section_shows_every_preset(section: str, preset: str, page: AppTest) -> None:
    page.query_params["run"] = run_id(recipes.preset("linear_ae", preset))
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert not page.error
    assert page.subheader
    sheet = preset == "The sheet's objective" and section == "pca"
    assert bool(page.info) == sheet


def test_knobs_that_contradict_are_a_sentence_and_start_nothing(page: AppTest) -> None:
    page.run()
    [objective] = [group for group in page.get("button_group") if group.key == "linear_ae.model.objective"]
    objective.set_value("sheet").run()
    assert "must be 'tied'" in page.error[0].value
    assert not [button for button in page.button if "Start" in button.label]
    assert not [run for run in RunStore().list() if run.folder.parent == RunStore().root]


def test_start_submits_what_the_knobs_ask(page: AppTest) -> None:
    page.run()
    page.slider(key="linear_ae.model.k").set_value(3).run()
    [button] = [button for button in page.button if "Start" in button.label]
    button.click().run()
    [mine] = [run for run in RunStore().list() if run.folder.parent == RunStore().root]
    assert mine.recipe.model.k == 3
    assert mine.id in page.query_params["run"]


def test_a_code_longer_than_the_data_has_directions_says_so(page: AppTest, tiny) -> None:
    """Points that are all the same have none; digits have fewer than pixels, since some pixels never change."""
    for changes, words in (
        ({"dataset": "dirac", "model.k": 1}, "All training examples are the same"),
        ({"dataset": "digits", "model.k": 64}, "vary along"),
    ):
        changes = dict(changes)
        run = RunStore().submit(tiny("linear_ae", changes.pop("dataset"), **changes))
        assert work(run).state == "done"
        page.query_params["run"] = run.id
        page.query_params["show"] = "spectrum"
        page.run()
        assert not page.exception
        assert words in page.info[0].value
