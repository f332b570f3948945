"""The compare page's script: a comparison, none at all, and what two runs differ in."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.compare_sections import _csv, _digits
from pages.parts.two_runs import _flat
from repz_core import recipes
from repz_core.comparison import opened, write
from repz_core.runs import RunStore, run_id
from tests.test_comparison import ARRAYS, small_table


def page_script() -> None:
    from pages import compare

    compare.page()


@pytest.fixture
def page(home: Any) -> AppTest:
    return AppTest.from_function(page_script, default_timeout=60)


@pytest.mark.parametrize("section", ["table", "copies", "walks", "maps"])
def test_every_section_asks_its_question(section: str, page: AppTest) -> None:
    write(small_table(), ARRAYS, RunStore().root)
    page.query_params["comparison"] = "digits-8x2"
    page.query_params["show"] = section
    page.run()
    assert not page.exception
    assert page.subheader[0].value.endswith("?")
    assert "measured here" in page.caption[0].value
    [choice] = page.selectbox
    assert choice.value == "digits-8x2"


def test_where_there_is_none_the_command_is_named(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("pages.compare.RunStore", lambda: RunStore(shipped=tmp_path / "none"))
    page.run()
    assert not page.exception
    assert page.code[0].value == "python -m repz_core compare --dataset mnist5k --size 32 --seeds 3"


def test_an_unknown_comparison_is_a_sentence(page: AppTest) -> None:
    write(small_table(), ARRAYS, RunStore().root)
    page.query_params["comparison"] = "nothing"
    page.run()
    assert not page.exception
    assert "There is no comparison" in page.warning[0].value
    assert page.selectbox


def test_two_runs_differ_in_what_their_recipes_say(page: AppTest) -> None:
    one, other = (recipes.preset("vae", name) for name in ("2-D map of MNIST", "16 dimensions"))
    page.query_params["show"] = "runs"
    page.query_params["run"], page.query_params["with"] = run_id(one), run_id(other)
    page.run()
    assert not page.exception
    [table] = [found.value for found in page.markdown if found.value.startswith("| setting")]
    told = {line.split(" | ")[0].removeprefix("| ").replace("\\", "") for line in table.splitlines()[2:]}
    mine, theirs = _flat(one.plain()), _flat(other.plain())
    assert told == {path for path in mine if mine[path] != theirs[path]}
    assert "model.k" in told
    assert "model.beta" not in told
    page.selectbox(key="two-run").set_value(run_id(other)).run()  # the one beside it gives way
    assert not page.exception
    assert run_id(other) in page.query_params["run"]
    assert run_id(other) not in page.query_params["with"]


def test_which_pictures_and_which_curve_two_runs_show_is_in_the_url(page: AppTest) -> None:
    one, other = (run_id(recipes.preset("vae", name)) for name in ("2-D map of MNIST", "16 dimensions"))
    page.query_params.update(show="runs", run=one, pictures="samples", curve="no such")
    page.query_params["with"] = other
    page.run()
    assert [page.selectbox(key=f"two-{name}").value for name in ("pictures", "curve")] == ["samples", "loss"]
    page.selectbox(key="two-pictures-with").set_value("samples").run()
    page.selectbox(key="two-curve").set_value("val_elbo").run()
    assert not page.exception
    assert page.query_params["pictures-with"] == "samples"
    assert page.query_params["curve"] == "val_elbo"
    assert page.selectbox(key="two-pictures").value == "samples"


def test_runs_of_any_families_stand_side_by_side(page: AppTest) -> None:
    page.query_params["show"] = "runs"
    for one, other in (("Ring of 8", "gan"), ("MNIST, h of 128 numbers", "simclr")):
        page.query_params["run"] = run_id(recipes.preset(other, one))
        page.run()
        assert not page.exception


def test_the_csv_has_every_number(home: Any) -> None:
    write(small_table(), ARRAYS, RunStore().root)
    lines = _csv(opened(RunStore(), "digits-8x2").table.rows).splitlines()
    assert lines[0] == "family,number,mean,half interval,values,reason,runs"
    assert any(line.startswith("vae,recon,4.0,12.7062,3 5,,vae-0123456789abcdef") for line in lines)
    assert len(lines) == 1 + 2 * 9


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [
        ("weights", 25938.0, "25,938"),
        ("knn", 0.97852, "0.979"),
        ("recon", 21.666, "21.67"),
        ("seconds", 597.64, "597.6"),
    ],
)
def test_digits_are_sensible(name: str, number: float, text: str) -> None:
    assert _digits(name, number) == text
