"""The VAE page's logic, without a browser: knobs make recipes, Start submits, bad input is a sentence."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages import vae
from repz_core import recipes
from repz_core.config import leaf_paths
from repz_core.runs import RunStore, run_id

SHIPPED = recipes.preset("vae", "2-D map of MNIST")


def script() -> None:
    from pages import vae

    vae.page()


@pytest.fixture
def page(home: Path) -> AppTest:
    """The page as a first visitor gets it."""
    return AppTest.from_function(script, default_timeout=30).run()


def start(page: AppTest) -> AppTest:
    [button] = [button for button in page.button if "Start" in button.label or "Show" in button.label]
    return button.click().run()


def submitted() -> list[dict]:
    """The recipes of the user's own runs."""
    store = RunStore()
    return [run.recipe.model_dump() for run in store.list() if run.folder.parent == store.root]


def test_a_first_visit_shows_the_shipped_run_and_its_knobs(page: AppTest) -> None:
    assert not page.exception
    assert page.slider(key="vae.model.k").value == 2
    assert page.selectbox(key="vae.dataset").value == "mnist5k"
    assert page.number_input(key="vae.training.steps").value == 4000
    [button] = [button for button in page.button if "Start" in button.label]
    assert button.disabled, "there is nothing new to start"
    assert submitted() == []


def test_every_setting_of_the_recipe_has_a_widget_with_its_bounds(page: AppTest) -> None:
    slider = page.slider(key="vae.model.k")
    assert (slider.min, slider.max) == (1, 128)
    number = page.number_input(key="vae.training.steps")
    assert (number.min, number.max) == (1, 200_000)
    kinds = (page.slider, page.number_input, page.selectbox, page.select_slider, page.get("button_group"))
    keys = {widget.key for kind in kinds for widget in kind}
    settings = set(leaf_paths(type(SHIPPED))) - {"method", "version", "parent"}
    assert keys >= {f"vae.{path}" for path in settings}


def test_start_submits_what_the_knobs_ask_and_puts_it_in_view(page: AppTest) -> None:
    page.slider(key="vae.model.k").set_value(16)
    page.slider(key="vae.model.beta").set_value(0.5)
    page.run()
    assert any("k 16 (was 2)" in caption.value for caption in page.caption)
    start(page)
    [recipe] = submitted()
    assert recipe["model"]["k"] == 16
    assert recipe["model"]["beta"] == 0.5
    assert recipe == SHIPPED.replace(**{"model.k": 16, "model.beta": 0.5}).model_dump()
    assert page.query_params["run"] == run_id(recipes.parse(recipe))
    assert page.slider(key="vae.model.k").value == 16, "the knobs stay where they were put"


def test_a_known_run_is_shown_and_not_trained_again(page: AppTest) -> None:
    page.selectbox(key="vae.preset").set_value("2-D map of digits").run()
    assert page.query_params["run"] == run_id(recipes.preset("vae", "2-D map of digits"))
    assert page.selectbox(key="vae.dataset").value == "digits"
    page.session_state["vae.model.prior"] = "laplace"
    page.run()
    assert [button.label for button in page.button if "Show" in button.label]
    start(page)
    assert page.query_params["run"] == run_id(recipes.preset("vae", "A Laplace prior"))
    assert submitted() == []


@pytest.mark.parametrize("asked", ["nonsense", "vae-00000000000000ff", "gan-0123456789abcdef", "../..", "x" * 5000])
def test_a_bad_run_is_one_sentence_beside_a_working_page(home: Path, asked: str) -> None:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["run"] = asked
    page.run()
    assert not page.exception
    [warning] = page.warning
    assert asked[:60] in warning.value.replace("\\", "")  # what the URL says is shown as it is, never as markup
    assert page.slider(key="vae.model.k").value == 2


def test_a_run_root_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    page = AppTest.from_function(script, default_timeout=30).run()
    (home.parent / "file").write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPZ_HOME", str(home.parent / "file" / "below"))
        page.slider(key="vae.model.k").set_value(3).run()
        start(page)
    assert not page.exception
    [error] = page.error
    assert "REPZ_HOME" in error.value


@pytest.mark.parametrize("section", list(vae.SECTIONS))
@pytest.mark.parametrize("preset", ["2-D map of digits", "16 dimensions", "Posterior collapse", "A Laplace prior"])
def test_every_section_shows_every_run(home: Path, section: str, preset: str) -> None:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["run"] = run_id(recipes.preset("vae", preset))
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert not page.error
    assert page.query_params["show"] == section
    assert len(page.subheader) >= 1
    assert submitted() == []


def test_a_section_that_there_is_not_is_the_first(home: Path) -> None:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["show"] = "cats"
    page.run()
    assert not page.exception
    assert next(heading.value for heading in page.subheader) == "What does it generate?"


@pytest.mark.parametrize("changes", [{"model.likelihood": "gaussian"}, {"model.k": 1}, {"model.net": "linear"}])
@pytest.mark.parametrize("section", list(vae.SECTIONS))
def test_sections_of_a_run_that_has_just_been_asked_for(home: Path, section: str, changes: dict) -> None:
    """No frame, no row, no twin yet."""
    run = RunStore().submit(recipes.preset("vae", "2-D map of digits").replace(**changes))
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["run"] = run.id
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert not page.error


def test_a_twin_is_trained_beside_by_one_button(home: Path) -> None:
    run = RunStore().submit(recipes.preset("vae", "2-D map of digits").replace(seed=5))
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["run"] = run.id
    page.query_params["show"] = "twin"
    page.run()
    [button] = [button for button in page.button if "beside" in button.label]
    button.click().run()
    assert not page.exception
    assert {recipe["model"]["beta"] for recipe in submitted()} == {0.0, 1.0}
    assert page.query_params["run"] == run.id
    assert not [button for button in page.button if "beside" in button.label]


def test_knobs_that_contradict_each_other_are_one_sentence(page: AppTest) -> None:
    page.slider(key="vae.model.free_bits").set_value(0.5)
    page.session_state["vae.model.objective"] = "iwae"
    page.run()
    assert not page.exception
    [error] = page.error
    assert "free_bits" in error.value


def test_a_fork_carries_the_knobs_and_stays_in_view(page: AppTest) -> None:
    """What the run bar's button leads to; the click itself is in tests/e2e."""

    def forked() -> None:
        import streamlit as st

        from pages.parts import knobs
        from pages.parts.view import run_in_view

        run = run_in_view(("vae",))
        recipe = knobs.recipe_knobs(run)
        if st.button("fork"):
            knobs.fork_run(recipe, run, 1000)

    page = AppTest.from_function(forked, default_timeout=30).run()
    page.slider(key="vae.model.beta").set_value(4.0)
    page.button[-1].click().run()
    assert not page.exception
    [recipe] = submitted()
    assert recipe["parent"]["step"] == 1000
    assert recipe["parent"]["recipe"] == SHIPPED.plain()
    assert recipe["model"]["beta"] == 4.0
    assert page.slider(key="vae.model.beta").value == 4.0
    page.slider(key="vae.model.k").set_value(3)
    page.button[-1].click().run()
    [error] = page.error
    assert "k stays 2; got 3" in error.value
    assert len(submitted()) == 1
