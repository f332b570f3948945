"""Whatever a link's author puts into a page's URL: the page comes, perhaps with a sentence."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from repz_core import recipes
from repz_core.runs import RunStore, run_id
from tests.test_run import DAMAGE

PAGES = ("compare", "data", "gan", "linear", "runs", "simclr", "sparse", "vae")  # home asks the URL nothing
RECORDED = [run_id(recipes.preset("gan", "Ring of 8")), run_id(recipes.preset("vae", "2-D map of MNIST"))]
LOGS = ["events line broken", "events line no object", "events frame no number", "snapshot truncated"]
TEXT = st.sampled_from(
    [*RECORDED, "", "\0", "../../etc/passwd", "vae-0123456789abcdef", "x" * 5000, "![](http://evil.example/a.png)",
     "[here](javascript:alert(1))", "<script>alert(1)</script>", "{run}", "%s", "数据", "\u202e", "map", "pairs",
     "troubles", "__class__", "None", "-1", "1e999", '{"model.k": 1e999}', '{"dataset": 3}', "[" * 5000]
) | st.text(max_size=20)  # fmt: skip
NAMES = st.sampled_from(
    [
        "run",
        "show",
        "with",
        "trouble",
        "comparison",
        "section",
        "embed",
        "page",
        "knob",
        "knobs",
        "q",
        "sweep",
        "data",
        "look",
        "curve",
        "pictures",
    ]
) | st.text(max_size=5)


def page_script(name: str) -> None:
    from importlib import import_module

    import_module(f"pages.{name}").page()


@pytest.mark.parametrize("name", PAGES)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, TEXT | st.lists(TEXT, max_size=3), max_size=4))
def test_any_question_is_answered(name, home, asked):
    page = AppTest.from_function(page_script, kwargs={"name": name}, default_timeout=60)
    for key, value in asked.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert len(page.main.children) > 0
    for warning in page.warning:
        assert not re.search(r"(?<!\\)[\[<`]", warning.value), "words of the URL are shown as they are"
    assert RunStore(shipped=home / "none").list() == []


@pytest.mark.parametrize("kind", ["broken recipe", "status nonsense", "control nonsense", *LOGS])
def test_a_damaged_run_is_a_sentence(kind, copy):
    """In view by its URL, and among the cards of the home page."""
    name, content = DAMAGE[kind]
    (copy.folder / name).write_bytes(
        (copy.folder / name).read_bytes()[:content] if isinstance(content, int) else content
    )
    for which in ("vae", "home"):
        page = AppTest.from_function(page_script, kwargs={"name": which}, default_timeout=60)
        page.query_params["run"] = copy.id
        page.run()
        assert not page.exception, which


@pytest.mark.parametrize(
    "asked", ["[here](http://evil.example)", "<b>", "**run**", ":red[run]", "`a`", "$x$", "a\\](b"]
)
def test_words_of_a_url_are_no_markup(asked, home):
    page = AppTest.from_function(page_script, kwargs={"name": "vae"}, default_timeout=60)
    page.query_params["run"] = asked
    page.run()
    assert repr(asked)[1:-1] in re.sub(r"\\(.)", r"\1", page.warning[0].value)
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]<*:`$]", page.warning[0].value)
