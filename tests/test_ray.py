"""Runs on a real Ray cluster of two nodes on this machine: one node a run at a time, and one that is killed."""

import json
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest

from repz_core import datasets, recipes, supervisor
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.executors.cluster import Cluster as Connection
from repz_core.executors.ray import Ray
from repz_core.limits import Limits
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED
from tests.test_supervisor import DEADLINE, asked, chief, end_supervisor, rows_without_time, undisturbed, until, weights

SPARE = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
PLAIN = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_prestart_worker_first_driver": "0",  # processes that no run would use
    "RAY_enable_worker_prestart": "0",
}


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Data set files as the lab's machine has them, and the nodes: without those that come over the network."""
    lab, nodes = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("nodes")
    datasets.load("digits")
    for folder in (lab, nodes):
        shutil.copy(datasets.cache_folder() / f"{catalogue.identity('digits')}.npz", folder)
    noise = np.random.default_rng(0)
    x, y = noise.integers(0, 256, (600, 784)).astype(np.uint8), noise.integers(0, 10, 600)
    split = np.repeat([0, 1, 2], 200).astype(np.uint8)
    np.savez(lab / f"{catalogue.identity('mnist')}.npz", x=x, y=y, split=split, white=np.array(255))
    return lab, nodes


@pytest.fixture(scope="module")
def cluster(caches: tuple[Path, Path]) -> Iterator[Any]:
    """A head and a second node, with a processor each, as Ray counts; all processes are gone afterwards."""
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        for name, value in (PLAIN | {"REPZ_CACHE": str(caches[1])}).items():
            patch.setenv(name, value)
        handler = signal.getsignal(signal.SIGTERM)  # Ray puts its own there
        cluster = Cluster(initialize_head=True, head_node_args=SPARE)
        try:
            cluster.second = cluster.add_node(**SPARE)
            yield cluster
        finally:
            session = cluster.head_node.get_session_dir_path()
            roots = [child for child in psutil.Process().children() if session in " ".join(child.cmdline())]
            family = roots + [process for root in roots for process in root.children(recursive=True)]
            cluster.shutdown()
            for left in psutil.wait_procs(family, timeout=5)[1]:
                left.kill()
            shutil.rmtree(session, ignore_errors=True)
            signal.signal(signal.SIGTERM, handler)


@pytest.fixture(scope="module")
def store(cluster: Any, caches: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A run root whose supervisor sends runs to the cluster."""
    folder = tmp_path_factory.mktemp("lab")
    store = RunStore(folder / "root", shipped=folder / "none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPZ_EXECUTOR", "ray")
        patch.setenv("RAY_ADDRESS", cluster.address)
        patch.setenv("REPZ_CACHE", str(caches[0]))
        with supervisor.ensure(store.root):
            yield store
        end_supervisor(store)


def nodes_of(run: Run) -> list[str]:
    """The nodes that have had the run, in order."""
    log = (run.folder.parent / "supervisor.log").read_text()
    return re.findall(rf"run {run.id} is on node (\w+)", log)


def done(*runs: Run) -> None:
    until(lambda: all(run.status.state in ENDED for run in runs), "the end")
    for run in runs:
        assert run.status.state == "done", run.status.message


def same(run: Run, plain: Run) -> None:
    """Both folders hold the same, but for times."""
    assert rows_without_time(run) == rows_without_time(plain)
    assert weights(run) == weights(plain)
    assert run.frames() == plain.frames()
    for step in run.frames():
        assert run.snapshot_file(step).read_bytes() == plain.snapshot_file(step).read_bytes()
    assert run.status.metrics == plain.status.metrics
    kept = [{path.name for path in other.folder.rglob("[a-z0-9]*")} for other in (run, plain)]
    assert kept[0] == kept[1]


def test_a_run_on_the_cluster_is_bit_by_bit_the_one_trained_here(store: RunStore, tmp_path: Path) -> None:
    run = store.submit(asked(1, steps=400))
    done(run)
    same(run, undisturbed(run.recipe, tmp_path))
    assert len(nodes_of(run)) == 1


def test_pause_step_slow_and_stop(store: RunStore) -> None:
    run = store.submit(asked(2, steps=100_000))
    until(lambda: run.status.step > 10, "some steps")
    run.steer(desired="pause")
    until(lambda: run.status.state == "paused", "the pause")
    before = run.status.step
    time.sleep(0.3)
    assert run.status.step == before
    run.steer(until=before + 7)
    until(lambda: run.status.step == before + 7, "seven steps")
    assert run.now_file().exists(), "a passing look came home"
    run.steer(desired="run", pace=0.3)
    looks = run.status.looks
    until(lambda: run.status.looks > looks + 1, "looks in slow motion")
    run.steer(pace=0.0)
    until(lambda: run.status.step > before + 100, "going on")
    run.steer(desired="stop")
    until(lambda: run.status.state == "stopped", "the stop")
    assert run.state().step == run.status.step, "what a stopped run had is kept"


def test_a_paused_run_lends_its_processor_and_one_that_waits_says_so(store: RunStore) -> None:
    paused = [store.submit(asked(seed, steps=100_000)) for seed in (3, 4)]
    until(lambda: all(run.status.step > 10 for run in paused), "some steps of both")
    run = store.submit(asked(5, steps=100))
    until(lambda: "waiting for the cluster" in run.status.message, "the third to wait")
    unwanted = store.submit(asked(6, steps=100))
    until(lambda: unwanted.locked(), "the fourth to be taken up")
    unwanted.steer(desired="stop")
    until(lambda: unwanted.status.state == "stopped", "the end of one that nobody has begun")
    assert run.status.state == "queued"
    for other in paused:
        other.steer(desired="pause")
    done(run)
    assert {other.status.state for other in paused} == {"paused"}
    for other in paused:
        other.steer(desired="stop")
    until(lambda: all(other.status.state == "stopped" for other in paused), "the stops")


def test_a_fork_trains_its_parent_anew_on_its_node(store: RunStore, tmp_path: Path) -> None:
    parent = asked(7, steps=200)
    fork = parent.replace(**{"parent": {"recipe": parent.plain(), "step": 50}, "training.lr": 0.01})
    run = store.submit(fork)
    done(run)
    assert run.events()[0]["step"] == 50
    same(run, undisturbed(fork, tmp_path))


def test_a_sweep_spreads_over_the_nodes(store: RunStore) -> None:
    runs = [store.submit(asked(seed, steps=60)) for seed in range(20, 36)]
    done(*runs)
    assert len({node for run in runs for node in nodes_of(run)}) == 2


def test_a_data_set_from_the_network_travels_with_the_run(store: RunStore, caches: tuple[Path, Path]) -> None:
    small = {"training.steps": 20, "model.k": 2, "model.width": 16, "training.num_frames": 2}
    run = store.submit(recipes.default("vae", "mnist").replace(**small))
    done(run)
    [name] = {path.name for path in caches[1].iterdir()} - {f"{catalogue.identity('digits')}.npz"}
    assert (caches[1] / name).read_bytes() == (caches[0] / name).read_bytes()


def test_a_supervisor_of_other_code_brings_the_runs_home_and_sends_them_again(store: RunStore, tmp_path: Path) -> None:
    run = store.submit(asked(8, steps=800))
    until(lambda: run.status.step > 50, "some steps")
    run.steer(desired="pause")
    until(lambda: run.status.state == "paused", "the pause")
    first = chief(store)
    (store.root / "supervisor.json").write_text(json.dumps({"pid": first.pid, "code": "of yesterday"}))
    with supervisor.ensure(store.root):
        chief(store, other_than=first.pid)
        until(lambda: len(nodes_of(run)) == 2, "its second node")
        run.steer(desired="run")
        done(run)
    same(run, undisturbed(run.recipe, tmp_path))


def test_a_node_that_dies_loses_and_doubles_nothing(cluster, store: RunStore, tmp_path: Path) -> None:
    runs = [store.submit(asked(seed, steps=1500)) for seed in (9, 10)]
    until(lambda: all(run.status.step > 100 for run in runs), "steps of both")
    [victim] = [run for run in runs if nodes_of(run)[-1] == cluster.second.node_id]
    cluster.remove_node(cluster.second, allow_graceful=False)
    done(*runs)
    assert len(nodes_of(victim)) == 2
    assert nodes_of(victim)[-1] == cluster.head_node.node_id
    same(victim, undisturbed(victim.recipe, tmp_path))
    assert victim.status.seconds >= victim.events()[-1]["seconds"]


@pytest.mark.parametrize(
    ("address", "why"), [("127.0.0.1:1", "refused"), ("ray://somewhere:1", "HOST:PORT or auto"), ("nonsense", "HOST")]
)
def test_a_cluster_that_cannot_be_reached_is_one_sentence(address, why, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(
        RepzError, match=rf"^The Ray cluster at {address} cannot be used \(.*{why}.*\); start it, .*\.$"
    ):
        Connection(Limits()).connect()


def test_without_ray_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RepzError, match=r"pip install -r requirements-cluster\.txt"):
        Connection(Limits()).connect()


def test_a_run_that_no_cluster_takes_has_failed_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))  # a page's test may have left its own there
    store = RunStore(tmp_path / "root", shipped=tmp_path / "none")
    run = store.submit(asked(11))
    executor = Ray(Limits())
    errand = executor.start(run.folder)
    errand.join(DEADLINE)
    executor.door.close()  # as when the supervisor ends
    executor.courier.join(DEADLINE)
    assert executor.courier.exitcode == 0
    assert errand.exitcode == 0, "nobody died"
    assert run.status.state == "failed"
    assert "RAY_ADDRESS" in run.status.message
    assert not run.locked()
