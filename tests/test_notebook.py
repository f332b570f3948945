"""docs/notebook.md: its examples run, and there is one of each public name."""

import ast
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

import repz_core
from repz_core import figures, recipes
from repz_core.figures import sparse
from repz_core.figures.dimensions import dimensions
from repz_core.figures.filled import filled
from repz_core.figures.live import comparison
from repz_core.figures.rate import rate_distortion
from repz_core.run import SHIPPED
from repz_core.runs import RunStore

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "notebook.md").read_text(encoding="utf-8"), re.DOTALL)
CONTRACT = {"nt_xent", "kl_standard_normal", "laplace_nll", "lasso", "gan_losses", "sparse_encode"}


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the examples leave behind, run one after the other as a reader would."""
    found: dict = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPZ_HOME", str(tmp_path_factory.mktemp("home")))
        for block in BLOCKS:
            exec(compile(block, "docs/notebook.md", "exec"), found)
    return found


def test_examples_come_to_what_they_say(names):
    assert names["status"].state == names["forked"].status.state == "done"
    assert names["sheet"].dtype == names["picture"].dtype == np.uint8
    assert names["sheet"].any()
    assert names["copy"].id == names["run"].id


def test_their_figures_hold_numbers(names):
    shown = [value for value in names.values() if isinstance(value, go.Figure)] + names["figures"]
    assert len(shown) > 10
    for figure in shown:
        asking = [trace for trace in figure.data if trace.meta] or figure.data
        drawn = [trace.dimensions[0]["values"] if isinstance(trace, go.Parcoords) else trace.y for trace in asking]
        assert any(numbers is not None and len(numbers) for numbers in drawn)


def plotted():
    """The lab's figures and pictures: what figures/ has that returns one."""
    for module in pkgutil.iter_modules(figures.__path__):
        owner = import_module(f"repz_core.figures.{module.name}")
        for name, made in inspect.getmembers(owner, inspect.isfunction):
            kind = str(made.__annotations__.get("return"))
            helper = name in ("finish", "logarithmic") or name.startswith("_")
            if made.__module__ == owner.__name__ and not helper and ("Figure" in kind or "uint8" in kind):
                yield name


def test_every_public_name_has_an_example():
    trees = [ast.walk(ast.parse(block)) for block in BLOCKS]
    used = {getattr(node, "id", getattr(node, "attr", "")) for tree in trees for node in tree}
    wanted = {*repz_core.__all__, *plotted(), *CONTRACT}
    assert len(wanted) > 40
    assert not wanted - used


def test_names_are_those_of_their_rooms():
    assert repz_core.RunStore is RunStore
    assert repz_core.default is recipes.default
    assert set(repz_core.__all__) <= set(dir(repz_core))
    for name in repz_core.__all__:
        assert not (ROOT / "repz_core" / f"{name}.py").exists(), f"{name} is a module too: which one would it be?"
    with pytest.raises(AttributeError, match="nothing"):
        _ = repz_core.nothing


def test_importing_the_package_stays_light():
    code = "import sys, repz_core; from repz_core import RunStore, Recipe, preset; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """shipped(family, preset): a recorded run."""
    store = RunStore(tmp_path_factory.mktemp("none"), SHIPPED)
    return lambda family, name: store.find(recipes.preset(family, name))


def test_bars_come_in_the_order_of_an_array(shipped):
    run = shipped("vae", "16 dimensions") or shipped("vae", "2-D map of MNIST")
    last = run.snapshot(run.frames()[-1]).arrays
    bars, dots, spectrum = filled(dimensions(), run).data
    order = np.argsort(-last["kl_each"])
    assert list(bars.x) == list(dots.x) == [str(place + 1) for place in order]
    np.testing.assert_array_equal(bars.y, last["kl_each"][order])
    np.testing.assert_array_equal(dots.y, last["code_variance"][order])
    assert list(spectrum.y) == sorted(spectrum.y, reverse=True)


def test_rows_end_at_the_step_asked_for(shipped):
    run = shipped("vae", "2-D map of MNIST")
    rows = [row for row in run.events() if "val_kl" in row]
    middle = rows[len(rows) // 2]
    *_lines, way, now = filled(rate_distortion([], []), run, step=int(middle["step"])).data
    assert list(way.x) == [row["val_kl"] for row in rows]
    assert (list(now.x), list(now.y)) == ([middle["val_kl"]], [middle["val_recon"]])


def test_a_run_beside_has_its_own_numbers(shipped):
    one, other = shipped("vae", "2-D map of MNIST"), shipped("vae", "2-D map of digits")
    first, second = filled(comparison("kl", [("one", "red"), ("other", "blue")], "KL"), one, other).data
    for trace, run in ((first, one), (second, other)):
        assert list(trace.y) == [row["kl"] for row in run.events() if "kl" in row]


def test_histograms_are_shares_of_all_codes(shipped):
    run = shipped("sparse_ae", "18 of 256 units on average")
    codes = run.snapshot(run.frames()[-1]).arrays["codes"]
    zeros, others = filled(sparse.values(), run).data
    assert zeros.y[0] == pytest.approx((codes == 0).mean())
    assert sum(zeros.y) + sum(others.y) == pytest.approx(1)
    [active] = filled(sparse.active(), run).data
    assert sum(active.y) == pytest.approx(1)
    assert np.dot(active.x, active.y) == pytest.approx((codes != 0).sum(1).mean(), abs=active.width)


def test_what_a_run_lacks_stays_empty(shipped):
    run = shipped("vae", "2-D map of MNIST")
    assert all(len(trace.y) == 0 for trace in filled(sparse.use(), run).data)
    assert dimensions().data[0].y in ((), None)
