"""docs/methods.md is what the code says, and the code says what each family minimises, whatever its knobs."""

import re
from pathlib import Path

import pytest

from repz_core import recipes
from repz_core.__main__ import main
from repz_core.config import choices, field_at, leaf_paths
from repz_core.handbook import COMMAND, handbook

PAGE = Path(__file__).parent.parent / "docs" / "methods.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == handbook(), f"bring it up to date by {COMMAND} > docs/methods.md"


def test_its_command_prints_it(capsys):
    assert main(["methods", "--markdown"]) == 0
    assert capsys.readouterr().out == handbook()


@pytest.fixture(params=recipes.names())
def chapter(request):
    """A family's name and what is said of it."""
    title = f"## {recipes.family(request.param).TITLE} (`{request.param}`)"
    return request.param, handbook().split(title)[1].split("\n## ")[0]


def test_every_knob_has_its_row(chapter):
    name, text = chapter
    rows = set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE))
    common = {"method", "dataset", "seed", "threads", "version", "parent"}
    assert rows == set(leaf_paths(recipes.family(name).Recipe)) - common
    assert "| `model.beta` | 1 | a number from 0.0 to 20.0 | weight of the KL term |" in handbook()
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in text.splitlines() if row.startswith("| `"))


def test_a_source_and_shapes_are_named(chapter):
    _name, text = chapter
    assert re.search(r"\b(19|20)\d\d\b", text.split("Training minimises")[0])
    assert "(N, " in text


def test_there_is_a_formula_whatever_is_chosen(chapter):
    """Where formulas are told apart by a setting, each of its values has one."""
    name, text = chapter
    module = recipes.family(name)
    told = {}
    for when in module.MINIMISED:
        if found := re.match(r"(model\.\w+) = (\w+)(?: or (\w+))?", when):
            path, *values = found.groups()
            told.setdefault(path, set()).update(filter(None, values))
    assert told
    for path, values in told.items():
        field = field_at(module.Recipe, path)
        assert values == {str(choice) for choice in choices(field) or ("true", "false")}
    assert all(formula in text and formula.count("{") == formula.count("}") for formula in module.MINIMISED.values())
