"""What is kept on the way, how often, and what a second telling of the same events changes: nothing."""

import math

import pytest

from repz_core import engine, writer
from repz_core.events import State
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.writer import RunWriter
from tests.test_work import before_step, content, die


@pytest.fixture
def run(store, tiny):
    return store.submit(tiny())


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory):
    """The same run, done without interruption."""
    run = RunStore(tmp_path_factory.mktemp("undisturbed")).submit(tiny())
    work(run)
    return run


@pytest.mark.parametrize("number", [4, 13, 19])
def test_states_between_frames_cost_a_kill_less(number, run, undisturbed, monkeypatch):
    monkeypatch.setattr(writer, "KEEP", 0.0)
    monkeypatch.setattr(writer, "SHARE", math.inf)
    with before_step(number, die), pytest.raises(SystemExit):
        work(run)
    assert run.kept_step() == run.state().step == number - 1
    assert number - 1 not in run.recipe.training.frame_steps()
    work(Run(run.folder))
    assert content(run) == content(undisturbed)


def test_states_are_kept_by_the_clock_and_cost_little(run, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(writer.time, "monotonic", lambda: clock[0])
    with RunWriter(run) as drain:
        assert not drain.due()
        clock[0] += writer.KEEP
        assert drain.due()
        drain.write(State(1, {}))
        assert not drain.due()
        drain.keeping = 1.0  # a slow disk
        clock[0] += 0.9 / writer.SHARE
        assert not drain.due()
        clock[0] += 0.2 / writer.SHARE
        assert drain.due()


def test_the_writer_keeps_silent_on_what_is_known(run):
    events = list(engine.train(run.recipe))
    with RunWriter(run) as writer:
        for event in events:
            writer.write(event)
    files = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    assert {path.name for path in (run.folder / "states").iterdir()} == {"0000020.safetensors"}
    with RunWriter(run) as writer:
        for event in events:
            writer.write(event)
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == files
