"""A run from its folder to its end: finished, stopped, paused, interrupted, broken; and what the writer keeps."""

import json
import threading
import time
from contextlib import contextmanager

import pytest
import torch
from safetensors.torch import load_file

from repz_core import config, engine
from repz_core.config import RepzError
from repz_core.events import Snapshot, State, Step
from repz_core.executors import pacer
from repz_core.executors.work import summary, work
from repz_core.methods.vae import VAE
from repz_core.run import Run, write_json
from repz_core.runs import RunStore

DEADLINE = 60.0  # seconds; only a test that fails waits that long

METRICS = {"recon", "kl", "elbo", "log_prior", "active_units", "nll"}


@pytest.fixture
def store(home, tmp_path):
    return RunStore(shipped=tmp_path / "shipped")


@pytest.fixture
def run(store, tiny):
    return store.submit(tiny())


@pytest.fixture
def patient(monkeypatch):
    """A worker that looks at control.json before each step."""
    monkeypatch.setattr(pacer, "POLL", 0.0)


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory):
    """The same run, done without interruption."""
    run = RunStore(tmp_path_factory.mktemp("undisturbed")).submit(tiny())
    work(run)
    return run


def content(run):
    """Rows without their times, and the bytes of frames and weights."""
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in run._lines()]
    files = [*sorted((run.folder / "snapshots").iterdir()), run.folder / "weights.safetensors"]
    return rows, {path.name: path.read_bytes() for path in files}


@contextmanager
def before_step(number, act):
    """Have `act` called just before a fresh run's step `number` is taken."""
    real, steps = VAE.loss, iter(range(1, 10_000))

    def loss(self, x):
        if next(steps) == number:
            act()
        return real(self, x)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VAE, "loss", loss)
        yield


def die(*_arguments):
    """As a kill: no `except Exception` sees it."""
    raise SystemExit


def wait_for(condition, what):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def test_to_the_end(run):
    status = work(run)
    assert status == run.status
    assert (status.state, status.step, status.message, status.restarts) == ("done", 20, "", 0)
    assert set(status.metrics) == METRICS
    assert status.metrics["elbo"] == pytest.approx(-status.metrics["recon"] - status.metrics["kl"], abs=1e-3)
    assert status.metrics == pytest.approx(engine.evaluate(run.model(), run.recipe.dataset), rel=1e-6)
    last = {name.removeprefix("val_"): value for name, value in run.events()[-1].items() if name.startswith("val_")}
    assert status.validation == pytest.approx(last, rel=1e-6)
    assert status.seconds > 0
    assert status.examples_per_second > 0
    assert list((run.folder / "states").iterdir()) == []
    assert all(name.startswith("model.") for name in load_file(run.folder / "weights.safetensors"))
    assert [path.name for path in run.folder.rglob(".*")] == []
    assert sum(path.stat().st_size for path in run.folder.rglob("*")) < 200_000
    assert not run.locked()
    told = json.loads(summary(run, status))
    assert set(told) == {"run", "steps", "seconds", "examples_per_second", "metrics", "validation"}
    assert (told["run"], told["steps"], told["metrics"]) == (str(run.folder), 20, status.metrics)


def test_the_folder_holds_what_training_said(run):
    work(run)
    events = list(engine.train(run.recipe))
    rows = {event.step: event.values for event in events if isinstance(event, Step)}
    assert [row["step"] for row in run.events()] == list(rows)
    for row in run.events():
        assert {name: row[name] for name in rows[row["step"]]} == pytest.approx(rows[row["step"]], rel=1e-6)
    seconds = [row["seconds"] for row in run.events()]
    assert seconds == sorted(seconds)
    kept = {snapshot.step: snapshot.arrays for snapshot in run.snapshots()}
    said = {event.step: event.arrays for event in events if isinstance(event, Snapshot)}
    assert list(kept) == list(said) == run.frames()
    for step, arrays in said.items():
        assert kept[step].keys() == arrays.keys()
        assert all((kept[step][name] == array).all() for name, array in arrays.items())
    last = [event for event in events if isinstance(event, State)][-1].tensors
    assert all(torch.equal(last[f"model.{name}"], tensor) for name, tensor in run.model().state_dict().items())


def test_a_run_is_worked_on_by_one(run):
    with run.lock(), pytest.raises(BlockingIOError):
        work(run)
    assert run.status.state == "queued"


def test_stop_before_the_start(run):
    run.steer(desired="stop")
    status = work(run)
    assert (status.state, status.step) == ("stopped", 0)
    assert set(status.metrics) == METRICS
    assert run.state().step == 0


@pytest.mark.usefixtures("patient")
def test_stop_in_mid_run_and_go_on(store, run, undisturbed):
    with before_step(8, lambda: run.steer(desired="stop")):
        status = work(run)
    assert (status.state, status.step) == ("stopped", 8)
    assert set(status.metrics) == METRICS
    assert [row["step"] for row in run.events()] == list(range(9))
    assert run.state().step == 8
    assert run.model().encode(torch.zeros(1, 64)).shape == (1, 2)
    again = store.submit(run.recipe)
    assert work(again).state == "done"
    assert content(again) == content(undisturbed)


@pytest.mark.usefixtures("patient")
def test_pause_and_single_steps(run, undisturbed):
    run.steer(desired="pause", until=3)
    thread = threading.Thread(target=work, args=(run,))
    thread.start()
    try:
        for until in (3, 4, 11):
            run.steer(until=until)
            wait_for(lambda until=until: (run.status.state, run.status.step) == ("paused", until), f"pause at {until}")
            time.sleep(0.05)  # a worker that went on would be seen
            assert (run.status.state, run.status.step, run.events()[-1]["step"]) == ("paused", until, until)
        run.steer(desired="run")
        wait_for(lambda: run.status.state == "done", "the end")
    finally:
        run.steer(desired="stop")
        thread.join(DEADLINE)
    assert content(run) == content(undisturbed)


@pytest.mark.usefixtures("patient")
def test_stop_while_paused(run):
    run.steer(desired="pause", until=2)
    thread = threading.Thread(target=work, args=(run,))
    thread.start()
    wait_for(lambda: run.status.state == "paused", "the pause")
    run.steer(desired="stop")
    thread.join(DEADLINE)
    assert (run.status.state, run.status.step) == ("stopped", 2)


def test_paused_time_is_not_training(run):
    run.steer(desired="pause", until=0)
    start = time.monotonic()
    thread = threading.Thread(target=work, args=(run,))
    thread.start()
    wait_for(lambda: run.status.state == "paused", "the pause")
    paused = time.monotonic()
    time.sleep(0.2)
    paused = time.monotonic() - paused
    run.steer(desired="run")
    thread.join(DEADLINE)
    assert run.status.state == "done"
    assert run.status.seconds <= time.monotonic() - start - paused + 0.001


def test_a_limit_of_seconds(store, tiny):
    run = store.submit(tiny(**{"training.steps": 200_000}))
    status = work(run, seconds=0.2)
    assert status.state == "stopped"
    assert 0.2 <= status.seconds < DEADLINE
    assert 0 < status.step < 200_000
    assert set(status.metrics) == METRICS
    assert run.state().step == status.step


@pytest.mark.parametrize("after", [0, 1, 9, 19])
def test_interrupted_and_taken_up_again(after, run, undisturbed):
    calls = iter(range(1000))
    status = work(run, interrupted=lambda: "queued" if next(calls) >= after else None)
    assert (status.state, status.step, run.state().step) == ("queued", after, after)
    assert work(Run(run.folder)).state == "done"
    assert content(run) == content(undisturbed)


@pytest.mark.parametrize("number", [1, 2, 13, 20])
def test_killed_and_taken_up_again(number, run, undisturbed):
    """Killed between two events: the next worker starts from an older state and keeps silent on what is known."""
    with before_step(number, die), pytest.raises(SystemExit):
        work(run)
    before = (run.folder / "events.jsonl").read_bytes()
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(b'{"step": 99, "lo')
    (run.folder / "snapshots" / ".0000099.safetensors.gz").write_bytes(b"half")
    (run.folder / "states" / ".0000099.safetensors").write_bytes(b"half")
    status = work(Run(run.folder))
    assert (status.state, status.step) == ("done", 20)
    assert (run.folder / "events.jsonl").read_bytes().startswith(before)
    assert [line["step"] for line in run.events()] == list(range(21))
    assert not list((run.folder / "snapshots").glob(".*"))
    assert content(run) == content(undisturbed)


def test_killed_after_the_last_step(run, undisturbed, monkeypatch):
    with monkeypatch.context() as mine:
        mine.setattr(engine, "evaluate", die)
        with pytest.raises(SystemExit):
            work(run)
    status = work(Run(run.folder))
    assert (status.state, status.step, status.metrics) == ("done", 20, undisturbed.status.metrics)
    assert content(run) == content(undisturbed)


def test_speed_counts_the_steps_this_worker_took(run):
    """The worker before got as far as step 15, but its last state is older: those steps are taken again."""
    calls = iter(range(1000))
    work(run, interrupted=lambda: "queued" if next(calls) >= 5 else None)
    write_json(run.folder / "status.json", run.status.replace(state="running", step=15, seconds=100.0).model_dump())
    status = work(run)
    assert status.examples_per_second * (status.seconds - 100) == pytest.approx(32 * (20 - 5), rel=0.2)


def test_an_unforeseen_fault_is_one_sentence(run, caplog):
    def fault():
        raise ZeroDivisionError("by\nzero")

    with before_step(8, fault):
        status = work(run)
    assert (status.state, status.step) == ("failed", 8)
    assert status.message == "Training stopped at step 8 on an unforeseen fault (ZeroDivisionError: by)."
    assert [row["step"] for row in run.events()] == list(range(8))
    assert "Traceback" in caplog.text
    assert not run.locked()


def test_divergence_ends_a_run_with_its_sentence(store, run, undisturbed, monkeypatch):
    with monkeypatch.context() as mine:
        mine.setattr(VAE, "loss", lambda self, x: {"loss": sum(p.sum() for p in self.parameters()) * float("nan")})
        status = work(run)
    assert status.state == "failed"
    assert status.message.startswith("Training diverged at step 1: 'loss' became nan")
    assert [row["step"] for row in run.events()] == [0]
    again = store.submit(run.recipe)
    assert work(again).message == ""
    assert content(again) == content(undisturbed)


def test_metrics_that_are_not_finite_fail_in_words(run, monkeypatch):
    monkeypatch.setattr(engine, "evaluate", lambda *_arguments: {"recon": float("nan")})
    status = work(run)
    assert status.state == "failed"
    assert "recon" in status.message
    assert "no setting" not in status.message


def test_no_line_is_anything_but_json(run, monkeypatch):
    """NaN is none: a browser could not read it."""
    monkeypatch.setattr(VAE, "evaluate", lambda self, x: {"recon": float("nan")})
    work(run)
    for line in (run.folder / "events.jsonl").read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} in a row"))


@pytest.mark.parametrize("name", ["events.jsonl", "control.json"])
def test_a_damaged_file_is_a_run_that_failed(name, run):
    (run.folder / name).write_text('{"step": \n{"step": 1}\n')
    try:
        status = work(run)
    except RepzError as error:
        pytest.fail(f"the run is left {run.status.state}: {error}")
    assert (status.state, run.id in status.message, name in status.message) == ("failed", True, True)


def test_a_run_of_many_steps_logs_few_lines(run, monkeypatch):
    monkeypatch.setattr(config.Training, "MAX_ROWS", 4)
    work(run)
    assert len((run.folder / "events.jsonl").read_bytes().splitlines()) <= 4 + 2 * 5
