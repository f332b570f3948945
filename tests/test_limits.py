"""What runs may take: queue, disk, time and memory, set by the environment. And what the wall clock may do."""

import ast
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repz_core import runs
from repz_core.config import RepzError, leaf_paths
from repz_core.executors.work import work
from repz_core.limits import Limits, variable
from repz_core.runs import RunStore, run_id
from repz_core.status import Status

ROOT = Path(__file__).parent.parent
ONE_SENTENCE = r"^[^\n]+\.$"


def end(run, state="stopped"):
    (run.folder / "status.json").write_text(Status(state=state).model_dump_json())


def test_the_environment_changes_the_table(monkeypatch):
    for name in Limits.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    assert Limits.from_environment() == Limits()
    monkeypatch.setenv("REPZ_QUEUE", "3")
    monkeypatch.setenv("REPZ_SECONDS", "90.5")
    monkeypatch.setenv("REPZ_DISK", "")
    assert Limits.from_environment() == Limits(queue=3, seconds=90.5)


@pytest.mark.parametrize("given", ["many", "0", "-3", "1e99", "nan"])
@pytest.mark.parametrize("name", leaf_paths(Limits))
def test_a_limit_that_cannot_be_is_one_sentence(monkeypatch, name, given):
    monkeypatch.setenv(variable(name), given)
    with pytest.raises(RepzError, match=rf"^[^\n]*{name} must be .*; got '{given}'\.$"):
        Limits.from_environment()


def test_the_readme_has_the_whole_table():
    text = (ROOT / "README.md").read_text()
    for name, field in Limits.model_fields.items():
        assert f"| `{variable(name)}` |" in text
        assert field.description in text


def test_a_full_queue_takes_no_more(store, tiny, monkeypatch):
    monkeypatch.setenv("REPZ_QUEUE", "2")
    first, second = store.submit(tiny(seed=1)), store.submit(tiny(seed=2))
    with pytest.raises(RepzError, match=r"2 runs wait already.*REPZ_QUEUE.*\.$"):
        store.submit(tiny(seed=3))
    assert store.submit(first.recipe).id == first.id, "a known run is no more"
    assert store.find(tiny(seed=3)) is None
    end(second)
    third = store.submit(tiny(seed=3))
    with pytest.raises(RepzError, match="wait already"):
        store.submit(second.recipe)
    assert second.status.state == "stopped"
    assert [run.id for run in store.pending()] == [first.id, third.id]


def test_a_full_root_offers_the_oldest_and_deletes_nothing(store, tiny, monkeypatch):
    old, pinned, new, going = (store.submit(tiny(seed=seed)) for seed in range(4))
    for run in (old, pinned, new):
        end(run)
    (pinned.folder / "pin").touch()
    (going.folder / "events.jsonl").write_bytes(bytes(1_100_000))
    monkeypatch.setenv("REPZ_DISK", "1")
    assert store.size() > 1_100_000
    offer = rf"may take 1 \(REPZ_DISK\): delete some first, the oldest are {old.id}, {new.id}\.$"
    with pytest.raises(RepzError, match=offer):
        store.submit(tiny(seed=9))
    with pytest.raises(RepzError, match="REPZ_DISK"):
        store.submit(old.recipe)
    assert [run.id for run in store.offered()] == [old.id, new.id]
    assert len(store.list()) == 4
    (going.folder / "events.jsonl").unlink()
    assert store.submit(tiny(seed=9)).status.state == "queued"


def test_a_limit_of_seconds_says_so(store, tiny):
    run = store.submit(tiny(**{"training.steps": 200_000}))
    status = work(run, seconds=0.2)
    assert (status.state, status.message) == ("stopped", "stopped after 0.2 s of training, as long as it may take")


HUNGRY = """
import sys
from repz_core.executors.work import work
from repz_core.limits import cap_memory
from repz_core.run import Run
from pathlib import Path
import torch
torch.zeros(1 << 20)
cap_memory(int(sys.argv[2]))
status = work(Run(Path(sys.argv[1])))
print(status.state, status.message)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
def test_more_memory_than_allowed_fails_in_words(store, tiny):
    run = store.submit(tiny(**{"model.width": 1024, "training.batch_size": 1024}))
    done = subprocess.run(
        [sys.executable, "-c", HUNGRY, str(run.folder), "20"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.startswith("failed Training stopped at step"), done.stdout + done.stderr
    assert "needs more memory than it may have" in done.stdout
    assert "REPZ_MEMORY" in done.stdout
    assert not run.locked()


def test_the_queue_keeps_its_order_when_the_clock_jumps(store, tiny):
    """A file's time is the system's clock: runs that were asked for before it was set back are in its future."""
    first, second = store.submit(tiny(seed=1)), store.submit(tiny(seed=2))
    tomorrow = time.time_ns() + 86_400 * 10**9
    for ahead, run in enumerate((first, second)):
        os.utime(run.folder / "recipe.json", ns=(tomorrow + ahead, tomorrow + ahead))
    third, fourth = store.submit(tiny(seed=3)), store.submit(tiny(seed=4))
    order = [first.id, second.id, third.id, fourth.id]
    assert [run.id for run in store.pending()] == order
    assert [run.id for run in store.list()] == order[::-1]
    end(first)
    store.submit(first.recipe)
    assert [run.id for run in store.pending()][-1] == first.id, "asked for again: last in the queue"


def test_a_jumping_clock_changes_no_time_of_a_run(store, tiny, monkeypatch):
    jumps = iter(range(10**6))
    monkeypatch.setattr(time, "time", lambda: 1e9 * (next(jumps) % 3))
    start = time.monotonic()
    run = store.submit(tiny())
    status = work(run)
    assert (status.state, status.step) == ("done", 20)
    assert 0 < status.seconds <= time.monotonic() - start
    seconds = [row["seconds"] for row in run.events()]
    assert seconds == sorted(seconds)


def test_nothing_in_the_core_asks_the_wall_clock():
    for path in (ROOT / "repz_core").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        called = {ast.unparse(call.func) for call in calls}
        if path.name == "listing.py":  # how old a run is, for people, is a matter of dates
            called -= {"time.time"}
        assert not called & {"time.time", "time.time_ns", "datetime.now", "datetime.datetime.now"}, path.name


def test_two_servers_that_submit_at_once_stay_within_the_queue(store, tiny, monkeypatch):
    """The second looks only when the first has its run in the queue."""
    monkeypatch.setenv("REPZ_QUEUE", "1")
    store.root.mkdir(exist_ok=True)
    real = runs.RunStore.size

    def slow(self):
        time.sleep(0.05)
        return real(self)

    monkeypatch.setattr(runs.RunStore, "size", slow)

    def ask(seed):
        try:
            return RunStore(store.root, shipped=store.shipped).submit(tiny(seed=seed)).id
        except RepzError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    ids = {run_id(tiny(seed=seed)) for seed in range(4)}
    assert sorted(answer in ids for answer in answers) == [False] * 3 + [True]
