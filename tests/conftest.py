"""What the tests share: run roots of their own, and recipes that train in a moment."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import torch
from hypothesis import settings

from repz_core import datasets, recipes
from repz_core.config import Recipe, leaf_paths
from repz_core.datasets.catalogue import CARDS
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import RunStore

T = TypeVar("T")
LOCAL = [name for name, card in CARDS.items() if not card.network]
IMAGES = [name for name in LOCAL if CARDS[name].kind == "images"]
POINTS = [name for name in LOCAL if CARDS[name].kind == "points"]

# The same examples everywhere and no clock: a test that passed goes on passing on a busy machine.
settings.register_profile("repz", deadline=None, derandomize=True)
settings.load_profile("repz")


@pytest.fixture(scope="session", autouse=True)
def _no_real_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test (or a process it starts) that names no run root writes to a passing one, never to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPZ_HOME", str(tmp_path_factory.mktemp("stray")))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small nets on one thread, as runs have it: two wait for each other on a busy machine."""
    torch.set_num_threads(1)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """What asynchronous work gives, in a thread of its own: the browser tests' loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """report(line): a measured number that the end of a test run shows, whether it passed or not."""
    return partial(record_property, "measured")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests reported, in whichever process they ran."""
    ended = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    if lines := [line for report in ended for name, line in report.user_properties if name == "measured"]:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def no_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a contrastive method takes its time for once it is trained, probes and maps, is tested elsewhere."""
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.compare", lambda self, train, held_out: {})
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.probe", lambda self, train, held_out, quick=False: {})
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.reference", lambda self, train, held_out: {})
    monkeypatch.setattr("repz_core.methods.simclr.SimCLR.overview", lambda self, everything: {})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty run root of this test alone, where RunStore() and child processes look."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("REPZ_HOME", str(root))
    return root


@pytest.fixture(scope="session")
def tiny() -> Callable[..., Recipe]:
    """tiny(method, dataset, **changes): a recipe that trains in a moment; dotted changes go in through a dict."""

    def make(method: str = "vae", dataset: str = "digits", **changes: Any) -> Recipe:
        recipe = recipes.default(method, dataset)
        small = {"training.steps": 20, "training.batch_size": 32, "training.num_frames": 5, "threads": 1}
        small |= {"model.k": 2, "model.width": 16, "model.depth": 1, "model.channels": 4, "model.size": 8}
        small |= {"model.units": 16, "model.active": 4}
        known = set(leaf_paths(type(recipe)))
        return recipe.replace(**{path: value for path, value in small.items() if path in known} | changes)

    return make


@pytest.fixture(scope="session")
def images():
    """images(dataset): its first 40 validation examples, images or points."""
    parts = {name: datasets.load(name).part("validation") for name in LOCAL}
    return lambda dataset: torch.from_numpy(parts[dataset].x[:40])


@pytest.fixture(scope="session")
def done(tiny, tmp_path_factory):
    """A finished run, to be copied and never touched."""
    run = RunStore(tmp_path_factory.mktemp("done")).submit(tiny())
    assert work(run).state == "done"
    return run


@pytest.fixture
def store(home, tmp_path):
    return RunStore(shipped=tmp_path / "shipped")


@pytest.fixture
def copy(done, store):
    """A copy of the finished run in this test's store."""
    shutil.copytree(done.folder, store.root / done.id)
    return store.open(done.id)


def read_all(run):
    """Everything that can be read of a run."""
    run = Run(run.folder)
    _ = run.recipe, run.status, run.control, run.events()
    list(run.snapshots())
    run.state()
    return run.model()
