"""The VAE page's logic, without a browser: knobs make recipes, Start submits, bad input is a sentence."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

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
    settings = set(leaf_paths(type(SHIPPED))) - {"method", "version"}
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
    page.selectbox(key="vae.dataset").set_value("mnist5k").run()
    assert [button.label for button in page.button if "Show" in button.label]
    start(page)
    assert page.query_params["run"] == run_id(SHIPPED)
    assert submitted() == []


@pytest.mark.parametrize("asked", ["nonsense", "vae-00000000000000ff", "gan-0123456789abcdef", "../..", "x" * 5000])
def test_a_bad_run_is_one_sentence_beside_a_working_page(home: Path, asked: str) -> None:
    page = AppTest.from_function(script, default_timeout=30)
    page.query_params["run"] = asked
    page.run()
    assert not page.exception
    [warning] = page.warning
    assert asked[:60] in warning.value
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
