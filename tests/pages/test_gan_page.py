"""The GAN page's logic, without a browser: sections that suit the run, knobs that suit the data, pairs and troubles."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages import gan
from pages.parts import troubles
from repz_core import recipes
from repz_core.datasets.mixtures import DRAWN_LENGTH, HEART
from repz_core.recipes import gan as recipe_gan
from repz_core.runs import RunStore, run_id

RING = recipes.preset("gan", "Ring of 8")


def script() -> None:
    from pages import gan

    gan.page()


def opened(**query: str) -> AppTest:
    page = AppTest.from_function(script, default_timeout=30)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def submitted() -> list[dict]:
    store = RunStore()
    return [run.recipe.model_dump() for run in store.list() if run.folder.parent == store.root]


def test_a_first_visit_shows_the_shipped_ring(home: Path) -> None:
    page = opened()
    assert not page.exception
    assert page.query_params["run"] == run_id(RING)
    assert page.selectbox(key="gan.model.loss").value == "non_saturating"
    assert submitted() == []


def test_the_data_sets_and_knobs_are_those_that_suit(home: Path) -> None:
    page = opened()
    assert {"Ring of 8", "Grid of 25", "Your own drawing", "Digits, 8 x 8"} <= set(
        page.selectbox(key="gan.dataset").options
    )
    assert page.slider(key="gan.model.width").value == RING.model.width
    keys = {widget.key for kind in (page.slider, page.get("button_group")) for widget in kind}
    assert "gan.model.channels" not in keys
    assert "gan.model.size" not in keys
    page.selectbox(key="gan.dataset").set_value("mnist5k").run()
    assert not page.exception
    keys = {widget.key for kind in (page.slider, page.get("button_group")) for widget in kind}
    assert {"gan.model.channels", "gan.model.size"} <= keys
    assert "gan.model.depth" not in keys


PRESETS = ["Ring of 8", "Grid of 25", "Dirac-GAN, steps at once", "Digits of MNIST, 32 pixels"]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("section", sorted({*gan.PLANE, *gan.LINE, *gan.IMAGES}))
def test_every_section_shows_every_run(home: Path, section: str, preset: str) -> None:
    page = opened(run=run_id(recipes.preset("gan", preset)), show=section)
    assert not page.exception
    assert not page.error
    assert submitted() == []


@pytest.mark.parametrize("changes", [{}, {"model.packing": 2}, {"model.loss": "wasserstein", "model.clip": 0.1}])
@pytest.mark.parametrize("dataset", ["ring8", "moons", "drawn", "dirac", "digits", "sprites"])
def test_sections_of_a_run_that_has_just_been_asked_for(home: Path, dataset: str, changes: dict) -> None:
    if dataset == "dirac" and "model.packing" in changes:
        pytest.skip("a line judges no packs")
    run = RunStore().submit(recipes.parse(recipes.default("gan", dataset).replace(**changes).plain()))
    for section in gan.sections(run):
        page = opened(run=run.id, show=section)
        assert not page.exception
        assert not page.error


@pytest.mark.parametrize("trouble", list(recipe_gan.TROUBLES))
def test_a_trouble_brings_its_broken_run_into_view_and_a_cure_beside_it(home: Path, trouble: str) -> None:
    page = opened(run=run_id(RING), show="troubles", trouble=trouble)
    for broken, cure in recipe_gan.TROUBLES[trouble]:
        page.selectbox(key=f"pair-{trouble}").set_value((broken, cure)).run()
        assert not page.exception
        assert page.query_params["run"] == run_id(recipes.preset("gan", broken))
        assert page.selectbox(key=f"pair-{trouble}").value == (broken, cure)
        assert not [button for button in page.button if button.label.startswith("Train")], "both are recorded"
    assert submitted() == []


def test_every_trouble_has_words_and_a_measure() -> None:
    assert set(recipe_gan.TROUBLES) | {"resolution"} == set(troubles.TITLES) == set(troubles.WORDS)
    assert set(troubles.MEASURES) == set(recipe_gan.TROUBLES)
    named = {name for pairs in recipe_gan.TROUBLES.values() for pair in pairs for name in pair}
    assert named <= set(recipe_gan.PRESETS)


def test_side_by_side_offers_to_train_what_the_knobs_ask(home: Path) -> None:
    page = opened(run=run_id(RING), show="pairs")
    assert any("Move a knob" in info.value for info in page.info)
    page.select_slider(key="gan.model.r1").set_value(1.0).run()
    [button] = [button for button in page.button if "beside" in button.label]
    button.click().run()
    assert not page.exception
    [recipe] = submitted()
    assert recipe["model"]["r1"] == 1.0
    assert recipe["seed"] == RING.seed
    assert page.query_params["run"] == run_id(RING), "the run in view stays"
    assert page.query_params["with"] == run_id(recipes.parse(recipe))
    assert len(page.subheader) == 3


def test_measuring_here_trains_a_few_steps_at_each_size(home: Path) -> None:
    page = opened(run=run_id(RING), show="troubles", trouble="resolution")
    [button] = [button for button in page.button if button.label == "Measure here"]
    button.click().run()
    assert not page.exception
    assert sorted(recipe["model"]["size"] for recipe in submitted()) == [8, 16, 32, 64]
    assert {recipe["training"]["steps"] for recipe in submitted()} == {troubles.MEASURED_STEPS}


def painted(drawing: str) -> AppTest:
    """The page as it is after the browser's part has sent `drawing`."""

    def with_drawing() -> None:
        from unittest.mock import patch

        import streamlit as st

        from pages import gan
        from pages.parts import drawing as pad

        class Found:
            drawn = st.session_state.pop("painted", None)

        with patch.object(pad, "_drawing", lambda **_kw: Found):
            gan.page()

    page = AppTest.from_function(with_drawing, default_timeout=30)
    page.query_params["run"], page.query_params["show"] = run_id(RING), "draw"
    page.session_state["painted"] = drawing
    return page.run()


def test_a_painted_density_is_trained_on(home: Path) -> None:
    page = painted("f" * 32 + "0" * (DRAWN_LENGTH - 32))
    assert not page.exception
    [recipe] = submitted()
    assert recipe["dataset"] == "drawn@" + "f" * 32 + "0" * (DRAWN_LENGTH - 32)
    assert page.query_params["run"] == run_id(recipes.parse(recipe))


@pytest.mark.parametrize(
    ("drawing", "words"), [("0" * DRAWN_LENGTH, "empty"), (HEART[:-1], "1024 hex digits"), ("x" * DRAWN_LENGTH, "hex")]
)
def test_a_bad_drawing_is_one_sentence(home: Path, drawing: str, words: str) -> None:
    page = painted(drawing)
    assert not page.exception
    [error] = page.error
    assert words in error.value
    assert submitted() == []


def test_knobs_that_contradict_each_other_are_one_sentence(home: Path) -> None:
    page = opened(run=run_id(RING))
    page.slider(key="gan.model.packing").set_value(3).run()
    assert not page.exception
    [error] = page.error
    assert "multiple of model.packing" in error.value
