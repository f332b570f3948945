"""The SimCLR page's logic, without a browser: every section of every preset and of a finished run, and bad input."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.simclr import COLOUR, GREY, sections
from repz_core import __main__ as cli
from repz_core import embed, recipes
from repz_core.executors.work import work
from repz_core.figures.simclr import labels
from repz_core.methods import vae_codes
from repz_core.run import Run
from repz_core.runs import RunStore
from tests.datasets.uploads import images, npz

PRESETS = list(recipes.family("simclr").PRESETS)
WHOLE = ("MNIST, h of 128 numbers", "Sprites with colour jitter")  # a run on grey images and one on coloured ones
OF_OTHERS = ("views", "loss", "collapse")  # where it matters what is minimised
PAIRS = [(preset, section) for preset in PRESETS for section in (COLOUR if preset in WHOLE else OF_OTHERS)]


def script() -> None:
    from pages import simclr

    simclr.page()


@pytest.fixture
def page(home: Path) -> AppTest:
    return AppTest.from_function(script, default_timeout=30)


def shown(page: AppTest, run: Run, section: str) -> None:
    """The section shows the run, and complains of nothing."""
    page.query_params["run"] = run.id
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert not page.error
    assert not page.warning  # nothing is said of a run that could not be shown
    assert page.subheader or page.button


@pytest.mark.parametrize(("preset", "section"), PAIRS)
def test_every_section_shows_every_preset(preset: str, section: str, page: AppTest) -> None:
    recipe = recipes.preset("simclr", preset)
    shown(page, RunStore().find(recipe) or RunStore().submit(recipe), section)


def test_every_section_shows_a_finished_run_and_offers_those_beside_it(
    page: AppTest, tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "movie", lambda snapshots: {})  # which takes its time, and is tested elsewhere
    monkeypatch.setattr(embed, "flat_map", lambda features, seed=0: features[:, :2])  # as does this
    monkeypatch.setattr(vae_codes, "STEPS", 10)  # of the VAE that h is held against
    store = RunStore()
    run = store.submit(tiny("simclr", "digits"))
    assert work(run).state == "done"
    for section in GREY:
        shown(page, run, section)
    offers = [button for button in page.button if button.label == "Train it beside"]
    assert len(offers) == 3  # no negatives, SimSiam, VICReg
    offers[0].click().run()
    assert not page.exception
    beside = [other for other in store.list() if other.id != run.id and other.folder.parent == store.root]
    assert [other.recipe.model.objective for other in beside] == ["no_negatives"]


def test_the_chart_of_labels_has_the_mean_over_draws() -> None:
    accuracies = np.random.default_rng(0).random((6, 3, 4))
    figure = labels([1, 10, 36], accuracies).to_plotly_json()
    lines = {trace["name"]: trace["y"] for trace in figure["data"] if trace["name"]}
    assert list(lines) == ["h", "z", "pixels", "h, untrained", "PCA, as many", "VAE, as many"]
    assert lines["pixels"] == pytest.approx(accuracies[2].mean(1))
    assert figure["layout"]["xaxis"]["ticktext"] == ["1", "10", "all, 36"]


@pytest.mark.parametrize(
    ("widget", "value", "sentence"),
    [
        ("training.batch_size", 1, "training.batch_size must be at least 2"),
        ("training.batch_size", 4096, "training.batch_size must be at most the 3,600 training examples"),
        ("data.crop", 0.95, "data.crop must be at most 0.9, or the image vanishes"),
        ("data.noise", 3.0, "data.noise must be at most 2, or the image vanishes"),
    ],
)
def test_what_cannot_be_trained_is_said_before_it_starts(
    widget: str, value: float, sentence: str, page: AppTest
) -> None:
    page.run()
    boxes = [*page.slider, *page.number_input]
    [box] = [box for box in boxes if box.key == f"simclr.{widget}"]
    box.set_value(value).run()
    assert not page.exception
    assert sentence in page.error[0].value.replace("3600", "3,600")
    assert not [button for button in page.button if "Start" in button.label]


def test_without_classes_nothing_asks_for_them(page: AppTest, tiny, tmp_path: Path) -> None:
    assert cli.main(["data", "add", str(npz(tmp_path / "bare.npz", x=images()))]) == 0
    run = RunStore().submit(tiny("simclr", "bare", **{"training.batch_size": 16}))
    assert "learned" not in sections(run)
    page.query_params["run"], page.query_params["show"] = run.id, "collapse"
    page.run()
    assert not page.exception
    assert [title.value for title in page.subheader] == ["How many axes are in use?", "Aligned, but uniform?"]
