"""The linear page's logic, without a browser: every section of every kind of run, and knobs that contradict."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.linear import SECTIONS
from repz_core import recipes
from repz_core.runs import RunStore, run_id


def script() -> None:
    from pages import linear

    linear.page()


@pytest.fixture
def page(home: Path) -> AppTest:
    return AppTest.from_function(script, default_timeout=30)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("preset", recipes.family("linear_ae").PRESETS)
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
