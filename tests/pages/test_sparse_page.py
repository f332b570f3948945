"""The sparse page's logic, without a browser: every section of every kind of run, dead units, and silent codes."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.sparse import AUTOENCODER, CODING
from repz_core import recipes
from repz_core.executors.work import work
from repz_core.runs import RunStore, run_id

OF_OTHERS = ("overview", "codes", "law", "front", "gap", "norms")  # where it matters how units are silenced
PAIRS = [
    (method, preset, section)
    for method, sections in (("sparse_ae", AUTOENCODER), ("sparse_coding", CODING))
    for place, preset in enumerate(recipes.family(method).PRESETS)
    for section in sections
    if place == 0 or section in OF_OTHERS
]


def script() -> None:
    from pages import sparse

    sparse.page()


@pytest.fixture
def page(home: Path) -> AppTest:
    return AppTest.from_function(script, default_timeout=30)


@pytest.mark.parametrize(("method", "preset", "section"), PAIRS)
def test_every_section_shows_every_preset(method: str, preset: str, section: str, page: AppTest) -> None:
    page.query_params["run"] = run_id(recipes.preset(method, preset))
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert not page.error
    offered = [button for button in page.button if button.label == "Train it beside"]
    assert page.subheader or (section == "norms" and offered)


def test_the_other_family_comes_with_its_usual_run(page: AppTest) -> None:
    page.run()
    [family] = [box for box in page.selectbox if box.key.startswith("family-of-")]
    assert family.value == "sparse_ae"
    family.set_value("sparse_coding").run()
    assert not page.exception
    assert page.query_params["run"] == run_id(recipes.preset("sparse_coding", "Edges from photographs"))
    assert page.slider(key="sparse_coding.model.units").value == 196


def test_a_button_wakes_dead_units_in_a_fork(page: AppTest) -> None:
    run = RunStore().find(recipes.preset("sparse_ae", "KL to a rate"))
    page.query_params["run"], page.query_params["show"] = run.id, "codes"
    page.run()
    [button] = [button for button in page.button if button.label == "Wake dead units"]
    button.click().run()
    assert not page.exception
    assert not page.error
    [mine] = [run for run in RunStore().list() if run.folder.parent == RunStore().root]
    steps = run.recipe.training.steps
    assert mine.recipe.parent.step == steps
    assert mine.recipe.model.resample == steps + 1
    assert mine.recipe.training.steps > steps


def test_a_lambda_that_silences_all_says_what_that_means(page: AppTest, tiny) -> None:
    run = RunStore().submit(tiny("sparse_coding", "digits", **{"model.l1": 100.0}))
    assert work(run).state == "done"
    page.query_params["run"] = run.id
    page.run()
    assert not page.exception
    assert "All codes are zero: λ = 100" in page.info[0].value


def test_more_active_units_than_there_are_is_a_sentence(page: AppTest) -> None:
    page.run()
    page.slider(key="sparse_ae.model.units").set_value(8).run()
    assert "model.active must be at most the 8 units" in page.error[0].value
    assert not [button for button in page.button if "Start" in button.label]
