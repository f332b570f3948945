"""The house plan, held: who imports whom, what the web process never loads, how long a file may be."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house_plan import EXTRA, HEAVY, LEAVES, LIGHT, MAY, PAGES_MAY

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "repz_core").rglob("*.py"))
PAGES = [*sorted((ROOT / "pages").rglob("*.py")), ROOT / "streamlit_app.py"]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def tree(path):
    return ast.parse(path.read_text(), str(path))


def part(path):
    """The room of repz_core a file is in: "config", "datasets"."""
    return path.relative_to(ROOT / "repz_core").parts[0].removesuffix(".py")


def is_for_types(node):
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(path, everywhere=True):
    """Dotted names a file imports; at module level alone, or in its functions too. Never those for types alone."""
    found, waiting = set(), [tree(path)]
    while waiting:
        for node in ast.iter_child_nodes(waiting.pop()):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name} imports relatively"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif not is_for_types(node) and (
                everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ):
                waiting.append(node)
    return found


def core_parts(names):
    """The rooms of repz_core among dotted names; catalogue and mixtures, which are light, count for themselves."""
    for name in names:
        if name.startswith("repz_core."):
            _core, room, *rest = name.split(".")
            full = ".".join([room, *rest[:1]])
            yield full if full in LEAVES else room


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_imports_as_planned(path):
    assert not {name.split(".")[0] for name in imports(path)} & {"streamlit", "starlette", "uvicorn", "pages", "tests"}
    own = part(path)
    used = set(core_parts(imports(path, everywhere=False))) - {own}
    if own == "datasets":
        used -= LEAVES
    if own in MAY:
        surplus = {name for name in used if name not in MAY[own] and name.split(".")[0] not in MAY[own]}
        assert not surplus, f"{name_of(path)} imports {surplus}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_meet_the_core_through_runs_and_figures(path):
    may = PAGES_MAY | EXTRA.get(path.name, set())
    surplus = set(core_parts(imports(path))) - may
    assert not surplus, f"{name_of(path)} imports {surplus}"
    assert not {name.split(".")[0] for name in imports(path)} & (HEAVY - {"streamlit", "pandas"})


@pytest.mark.parametrize("path", [path for path in CORE if part(path) in LIGHT], ids=name_of)
def test_what_the_web_process_loads_is_light(path):
    assert not {name.split(".")[0] for name in imports(path, everywhere=False)} & HEAVY


@pytest.mark.parametrize("path", [path for path in CORE if part(path) == "figures"], ids=name_of)
def test_figures_touch_no_model(path):
    assert not {name.split(".")[0] for name in imports(path)} & HEAVY


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_start_and_steer_through_access_alone(path):
    calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
    forbidden = {"submit", "steer", "create", "delete", "restore", "pin", "label", "import_", "write_json"}
    found = {call for call in calls if call.rpartition(".")[2] in forbidden}
    gates = {f"access.{name}" for name in ("submit", "steer", "label", "pin", "delete", "restore", "import_")}
    assert path.name == "access.py" or found <= gates


def loaded_by(code):
    """Top-level modules in memory after `code`, run from the project's folder."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_web_process_never_imports_the_heavy_ones():
    assert "streamlit" in (loaded := loaded_by("import streamlit_app"))
    assert not loaded & {"torch", "sklearn", "umap", "numba", "scipy", "matplotlib", "mlxtend", "ray"}


def test_neither_do_recipes_and_the_supervisor():
    code = "from repz_core import recipes, runs, supervisor\nfor name in recipes.names(): recipes.family(name)"
    assert not loaded_by(code) & (HEAVY | {"scipy", "plotly"})


def test_every_page_is_light():
    """Each page's module, and with it all it imports, in one process."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PAGES]
    importable = [name for name in names if name != "pages.shell" and not name.endswith("__init__")]
    loaded = loaded_by("\n".join(f"import {name}" for name in importable))
    assert not loaded & {"torch", "sklearn", "umap", "numba", "matplotlib", "mlxtend", "ray"}


@pytest.mark.parametrize("path", CORE + PAGES, ids=name_of)
def test_nothing_is_unpickled_or_evaluated(path):
    assert not {name.split(".")[0] for name in imports(path)} & {"pickle", "dill", "cloudpickle", "joblib", "marshal"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "exec", "compile", "__import__", "torch.load", "torch.save", "os.system"}
            named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert named.get("allow_pickle", "False") == "False"
            assert named.get("shell", "False") == "False"


@pytest.mark.parametrize("path", CORE + PAGES + TESTS, ids=name_of)
def test_a_file_fits_in_a_head(path):
    assert len(path.read_text().splitlines()) < 350


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_what_is_public_has_a_docstring(path):
    """Methods that only carry out what their base class documents may go without."""
    inherited = {"forward", *re.findall(r"def (\w+)", (ROOT / "repz_core/methods/base.py").read_text())}
    module = tree(path)
    assert ast.get_docstring(module), f"{name_of(path)} says nothing of itself"
    for owner in [module, *(node for node in module.body if isinstance(node, ast.ClassDef))]:
        for node in owner.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                exempt = isinstance(owner, ast.ClassDef) and node.name in inherited
                assert exempt or ast.get_docstring(node), f"{name_of(path)}: {node.name}"
