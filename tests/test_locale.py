"""The catalogues: nothing is missing, nothing is lost on the way, and the letters are there to show it."""

import ast
import io
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fontTools.ttLib import TTFont

from repz_core import recipes
from repz_core.config import choices, field_at, leaf_paths
from repz_core.locale import LANGUAGES, N_, _, language, use_language
from repz_core.locale.retold import retell
from repz_core.locale.words import SPOKEN, WRITTEN, spoken
from tests.font import SMALL, STYLE, needed

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "repz_core" / "locale"
FONT = ROOT / "pages" / "components" / "fonts" / "repz-sc.woff2"
TRANSLATED = [code for code in LANGUAGES if code != "en"]
# What has to come through as it is: places to fill in, formulas, Markdown's marks; and signs of the mathematics.
KEPT = re.compile(r"\{\{|\}\}|\{[^{}]*\}|\$[^$]*\$|\*\*|`[^`]*`|:[a-z-]+\[|<[^>]+>")
SIGNS = re.compile(r"[α-ωΑ-Ω∇∂Σ‖√≈≠ᵀᵗ⁻⁺²₀₁₊±×÷½→←●■▲]|x̂|x̃|F̃|t′|z′")


def catalogue(code: str) -> Catalog:
    with open(LOCALE / code / "LC_MESSAGES" / "repz.po", "rb") as file:
        return read_po(file, locale=code)


def messages(code: str) -> list[tuple[str, str]]:
    return [(str(entry.id), str(entry.string)) for entry in catalogue(code) if entry.id]


@pytest.fixture(scope="module")
def extracted() -> set[str]:
    """What `make messages` finds in the code."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = extract_from_dir(ROOT, methods, keywords={"_": None, "N_": None})
    return {message for _file, _line, message, _comments, _context in found}


def test_the_extraction_sees_every_marked_word(extracted: set[str]) -> None:
    """Babel is blind to a mark within an f-string under Python 3.11."""
    files = [path for room in ("pages", "repz_core") for path in (ROOT / room).rglob("*.py")]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    marks = [node for node in nodes if isinstance(node.func, ast.Name) and node.func.id in ("_", "N_") and node.args]
    written = {node.args[0].value for node in marks if isinstance(node.args[0], ast.Constant)}
    assert len(written) > 1000
    assert not written - extracted


@pytest.mark.parametrize("code", TRANSLATED)
def test_nothing_lacks_its_translation(code: str, extracted: set[str]) -> None:
    assert len(extracted) > 1000
    entries = {entry.id: entry for entry in catalogue(code) if entry.id}
    assert not extracted - set(entries), "run make messages, and translate what is new"
    assert not set(entries) - extracted, "run make messages: the code no longer says that"
    assert not [id for id, entry in entries.items() if entry.fuzzy or not entry.string]


@pytest.mark.parametrize("code", TRANSLATED)
def test_places_formulas_and_marks_come_through(code: str) -> None:
    for message, translation in messages(code):
        assert sorted(KEPT.findall(message)) == sorted(KEPT.findall(translation)), message
        assert set(SIGNS.findall(message)) <= set(SIGNS.findall(translation)), message
        assert (message[0] == " ", message[-1] == " ") == (translation[0] == " ", translation[-1] == " "), message
        assert message.count("\n") == translation.count("\n"), message


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_loaded_is_what_was_translated(code: str) -> None:
    packed = io.BytesIO()
    write_mo(packed, catalogue(code))
    assert (LOCALE / code / "LC_MESSAGES" / "repz.mo").read_bytes() == packed.getvalue(), "run make messages"


def test_the_font_has_every_chinese_sign() -> None:
    used = {sign for _message, translation in messages("zh_CN") for sign in translation if ord(sign) > 0x2E80}
    assert len(used) > 500
    assert not used - {chr(code) for code in TTFont(FONT).getBestCmap()}
    assert FONT.stat().st_size < 600_000


def test_the_small_font_has_the_labs_own_words() -> None:
    assert needed() <= set(TTFont(SMALL).getBestCmap()), "run make messages"
    assert {f"U+{code:X}" for code in needed()} <= set(re.findall(r"U\+[0-9A-F]+", STYLE.read_text())), (
        "run make messages"
    )
    assert SMALL.stat().st_size < 250_000


def test_every_setting_choice_and_metric_has_words() -> None:
    known = set(SPOKEN) | set(WRITTEN)
    names = set()
    for method in recipes.names():
        family = recipes.family(method)
        names |= set(family.METRICS)
        for path in leaf_paths(family.Recipe):
            if path not in ("method", "version", "dataset", "parent"):
                names |= {path.rpartition(".")[2], *choices(field_at(family.Recipe, path))}
    assert not {name for name in names if isinstance(name, str) and not {name, name.replace("_", " ")} & known}


@pytest.fixture
def chinese():
    before = language()
    use_language("zh_CN")
    yield
    use_language(before)


def test_words_follow_the_language(chinese: None) -> None:
    assert (_("Start"), spoken("batch_size"), spoken("nt_xent"), spoken(0.5)) == ("开始", "批次大小", "NT-Xent", "0.5")
    assert N_("Start") == "Start"
    assert _("") == "", "not the catalogue's header"
    assert _("no such message") == "no such message"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("queued, number 2 of 5", "排队中，第 2 个，共 5 个"),
        ("laying out the maps", "正在排布映射图"),
        ("Training diverged at step 3: 'loss' became nan; try a smaller learning rate.",
         "训练在第 3 步发散：'loss' 变成了 nan；请试试更小的学习率。"),
        ("going back: the parent run is trained again, step 1,234 of 4,000",
         "回溯：重新训练父运行，第 1,234 / 4,000 步"),
        ("queued, number 2 of", "queued, number 2 of"),
        ("nobody says that", "nobody says that"),
        ("x" * 5000, "x" * 5000),
        ("", ""),
    ],
)  # fmt: skip
def test_what_a_worker_said_is_told_in_another_language(said: str, told: str) -> None:
    assert retell(said, "zh_CN") == told
    assert retell(said, "en") == said
