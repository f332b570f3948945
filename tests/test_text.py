"""Every string a person reads goes through gettext: what Streamlit shows, and every RepzError."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "pages").rglob("*.py"), *(ROOT / "repz_core").rglob("*.py")])
FILES = [path for path in FILES if "bench" not in path.parts]  # a developer's tool, in English
SHOWS = {"title", "header", "subheader", "markdown", "caption", "write", "text", "info", "warning", "error", "success",
         "button", "selectbox", "slider", "select_slider", "number_input", "toggle", "popover", "expander",
         "segmented_control", "radio", "checkbox", "tabs", "metric", "toast", "Page"}  # fmt: skip
READ = {"label", "help", "placeholder", "title", "caption", "text"}


def words(node):
    """The literal text of an expression that has words of its own; "" if it has none, or is translated."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    else:
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    text = re.sub(r":[a-z-]+\[", "", text)  # Streamlit's colour and badge marks
    return text if re.search(r"[A-Za-z]{3}", text) else ""


def faults(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if name == "RepzError" or (owner == "st" and name in SHOWS):
            shown = [*node.args[:1], *(word.value for word in node.keywords if word.arg in READ)]
            yield from (f"{path.name}:{part.lineno} {text!r}" for part in shown if (text := words(part)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_people_read_is_translated(path):
    assert not list(faults(path))


def test_the_check_itself_finds_what_it_should(tmp_path):
    page = tmp_path / "page.py"
    page.write_text('st.title("Hello you")\nst.button(_("fine"), help="not fine")\nraise RepzError(f"bad {x} thing")')
    assert len(list(faults(page))) == 3
