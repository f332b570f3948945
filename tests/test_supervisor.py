"""The supervisor with real processes: queue, pause, step, stop, killed workers, a killed supervisor, a new version."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from repz_core import presence, recipes, supervisor
from repz_core.config import Recipe
from repz_core.run import Run
from repz_core.runs import RunStore, run_id
from repz_core.status import ENDED

DEADLINE = 60.0  # seconds; a machine under load is slow, and a hang must not last


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for `condition`, and say what did not come."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, f"waited {DEADLINE:.0f} s for {what}"
        time.sleep(0.01)


def asked(seed: int, steps: int = 4000) -> Recipe:
    """A run of some seconds on one thread."""
    small = {"threads": 1, "model.k": 2, "model.width": 64, "training.num_frames": 12}
    return recipes.default("vae", "digits").replace(**small, **{"seed": seed, "training.steps": steps})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A run root with a supervisor, which takes seconds to start, for tests that ask for other runs each."""
    folder = tmp_path_factory.mktemp("lab")
    store = RunStore(folder / "root", shipped=folder / "none")
    with supervisor.ensure(store.root):
        yield store
    end_supervisor(store)


def chief(store: RunStore, other_than: int = 0) -> psutil.Process:
    """The supervisor's process, once it is there (and is not `other_than`)."""
    card = store.root / "supervisor.json"

    def pid() -> int:
        held = presence.held(store.root / "supervisor.lock") and card.exists()
        found = json.loads(card.read_text())["pid"] if held else 0
        return found if found != other_than and psutil.pid_exists(found) else 0

    until(pid, "a supervisor")
    return psutil.Process(pid())


def end_supervisor(store: RunStore) -> None:
    """End it and all it started, whatever state they are in."""
    process = chief(store)
    family = [*process.children(recursive=True), process]
    for member in family:
        with suppress(psutil.NoSuchProcess):  # it may end by itself meanwhile
            member.kill()
    psutil.wait_procs(family, timeout=10)


def at_work(run: Run) -> psutil.Process | None:
    """The worker that has the run's lock open, if one has."""
    for worker in psutil.process_iter():
        with suppress(psutil.Error):
            here = worker.open_files() if "forkserver" in " ".join(worker.cmdline()) else []
            if any(file.path == str(run.folder / "lock") for file in here):
                return worker
    return None


def worker_of(run: Run) -> psutil.Process:
    """The process that holds the run's lock."""
    found: list[psutil.Process] = []
    until(lambda: found.extend(filter(None, [at_work(run)])) or found, "a worker")
    return found[0]


def rows_without_time(run: Run) -> list[dict[str, float]]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.events()]


def weights(run: Run) -> bytes:
    return (run.folder / "weights.safetensors").read_bytes()


def undisturbed(recipe: Recipe, folder: Path) -> Run:
    """The same recipe trained in one go, in this process."""
    from repz_core.executors.work import work

    store = RunStore(folder, shipped=folder / "none")
    run = store.create(recipe, folder / "vae-0000000000000000")
    work(run)
    return run


def test_a_submitted_run_is_worked_on_to_its_end(store: RunStore) -> None:
    run = store.submit(asked(1, steps=200))
    until(lambda: run.status.state == "done", "the run's end")
    assert run.status.step == 200
    assert run.events()[-1]["step"] == 200
    assert set(run.status.metrics) == {"recon", "kl", "elbo", "log_prior", "active_units", "nll"}
    assert store.submit(run.recipe).id == run.id, "a known run is replayed"
    assert run.status.state == "done"


def test_runs_past_the_limit_wait_in_the_order_of_their_submission(store: RunStore) -> None:
    runs = [store.submit(asked(seed, steps=400)) for seed in range(3)]
    until(lambda: all(run.status.state == "done" for run in runs), "all three")
    ends = [(run.folder / "weights.safetensors").stat().st_mtime for run in runs]
    assert ends == sorted(ends)


def test_pause_step_and_stop(store: RunStore) -> None:
    run = store.submit(asked(2, steps=100_000))
    until(lambda: run.status.step > 10, "some steps")
    run.steer(desired="pause")
    until(lambda: run.status.state == "paused", "the pause")
    before = run.status.step
    time.sleep(0.2)
    assert run.status.step == before
    run.steer(until=before + 7)
    until(lambda: run.status.step == before + 7, "seven steps")
    assert run.status.state == "paused"
    run.steer(desired="run")
    until(lambda: run.status.step > before + 50, "going on")
    run.steer(desired="stop")
    until(lambda: run.status.state == "stopped", "the stop")
    step = run.status.step
    assert run.state().step == step, "what a stopped run had is kept"
    store.submit(run.recipe)
    until(lambda: run.status.step > step, "a stopped run submitted again goes on")
    run.steer(desired="stop")
    until(lambda: run.status.state == "stopped", "the second stop")


def test_a_killed_worker_is_resumed_without_a_gap_or_a_double(store: RunStore, tmp_path: Path) -> None:
    run = store.submit(asked(3, steps=2000))
    for step in (100, 500):
        until(lambda step=step: run.events() and run.events()[-1]["step"] > step, f"step {step}")
        worker_of(run).kill()
        until(lambda: not run.locked() or run.status.restarts, "its death")
    until(lambda: run.status.state in ENDED, "the run's end")
    assert run.status.state == "done", run.status.message
    plain = undisturbed(run.recipe, tmp_path / "plain")
    assert rows_without_time(run) == rows_without_time(plain)
    assert run.frames() == plain.frames()
    assert weights(run) == weights(plain)


def test_a_worker_that_keeps_dying_ends_as_failed(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.submit(asked(4, steps=100_000).replace(**{"training.num_frames": 2}))
    killed = 0
    while run.status.state not in ENDED:
        if worker := at_work(run):
            worker.kill()
            killed += 1
            worker.wait(DEADLINE)  # not for its lock: the next worker may hold that already
        assert killed < 20
    assert run.status.state == "failed"
    assert "died" in run.status.message
    assert killed > supervisor.MAX_RESTARTS


def test_a_paused_run_does_not_block_the_queue(store: RunStore) -> None:
    paused = store.submit(asked(7, steps=100_000))
    until(lambda: paused.status.step > 10, "some steps")
    paused.steer(desired="pause")
    until(lambda: paused.status.state == "paused", "the pause")
    run = store.submit(asked(8, steps=100))
    until(lambda: run.status.state == "done", "the next run's end")
    assert paused.status.state == "paused"
    paused.steer(desired="stop")
    until(lambda: paused.status.state == "stopped", "the stop")


def test_a_damaged_control_file_ends_that_run_alone(store: RunStore) -> None:
    broken = store.create(asked(9), store.root / run_id(asked(9)))
    (broken.folder / "control.json").write_text("{}x")
    run = store.submit(asked(10, steps=100))
    until(lambda: run.status.state == "done", "the other run's end")
    until(lambda: broken.status.state == "failed", "its failure")
    assert "control.json" in broken.status.message


def test_two_supervisors_on_one_root_are_one(store: RunStore) -> None:
    pid = chief(store).pid
    supervisor.main(store.root)  # returns at once: the lock is held
    with supervisor.ensure(store.root):
        assert chief(store).pid == pid


def test_new_code_replaces_the_supervisor_and_the_run_goes_on(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = store.submit(asked(6))
    until(lambda: run.status.step > 50, "some steps")
    first = chief(store)
    card = store.root / "supervisor.json"
    card.write_text(json.dumps({"pid": first.pid, "code": "of yesterday"}))
    with supervisor.ensure(store.root):
        chief(store, other_than=first.pid)
        until(lambda: run.status.state in ENDED, "the run's end")
    assert run.status.state == "done", run.status.message


def test_without_runs_and_servers_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LINGER", 0.0)
    monkeypatch.setattr(supervisor, "SCAN", 0.05)
    store = RunStore(tmp_path / "root", shipped=tmp_path / "none")
    store.root.mkdir()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        supervisor.main(store.root)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert not presence.held(store.root / "supervisor.lock")
    store.wake()  # nobody listens: no fault
    assert os.path.exists(store.root / "wake")
