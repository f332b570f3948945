"""The Ray cluster: the one place where the lab's machine speaks to Ray. Loaded by the courier's process alone."""

import logging
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from repz_core import datasets
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.executors import node, parcel
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.run import Run

KNOCK = 3.0  # seconds the cluster's port may take to answer
ATTEMPTS = "RAY_NUM_REDIS_GET_RETRIES", "1"  # to find Ray behind that port; else it tries for a quarter of an hour
CODE = Path(__file__).resolve().parent.parent.parent


class Cluster:
    """Connected on first need, and again where that failed. The lab's code travels with the connection."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.lock = threading.Lock()
        self.board: Any = None
        self.files: dict[str, Any] = {}  # data sets that were put into Ray's store

    def warm_up(self) -> None:
        """Connect before the first run does; a fault is told when there is somebody to tell."""
        with suppress(RepzError):
            self.connect()

    def connect(self) -> None:
        """Raises RepzError where Ray is missing, or there is no cluster to be reached."""
        with self.lock:
            if self.board:
                return
            os.environ.setdefault(*ATTEMPTS)
            try:
                import ray
            except ImportError:
                raise RepzError(
                    _(
                        "REPZ_EXECUTOR=ray needs the package ray, which is not installed; run "
                        "`pip install -r requirements-cluster.txt` in the lab's environment and start the run again."
                    )
                ) from None
            address = os.environ.get("RAY_ADDRESS") or "auto"
            try:
                _knock(address)
                ray.init(address, runtime_env=_code(), log_to_driver=False, logging_level=logging.ERROR)
            except Exception as error:  # Ray's faults here are of many kinds, and the cure is the same
                raise _unreachable(address, error) from None
            self._settle_in()

    def _settle_in(self) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        # Should it die, its followers hand their runs back, and those write on the new one.
        settings = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
        self.board = ray.remote(node.Board).options(**settings).remote()
        for other in ray.nodes():
            if other["Alive"] and other["Resources"].get("CPU"):
                there = NodeAffinitySchedulingStrategy(other["NodeID"], soft=True)
                ray.remote(node.warm_up).options(num_cpus=1, scheduling_strategy=there).remote()

    def train(self, key: str, run: Run) -> Any:
        """Hand a run over; the stream of its news. Raises RepzError for data that cannot be had, and `faults`."""
        import ray

        files = parcel.pack(run.folder)
        data = self._data(run.recipe.dataset)
        ray.get(self.board.write.remote(key, files["control.json"]))
        settings = {"num_cpus": run.recipe.threads, "num_returns": "streaming", "scheduling_strategy": "SPREAD"}
        settings["max_retries"] = 0  # the supervisor repeats a run, from the last state that came home
        settings["_generator_backpressure_num_objects"] = 2  # a slow way home gets fewer, not older news
        return ray.remote(node.train).options(**settings).remote(key, run.id, files, data, self.board, self.limits)

    def _data(self, dataset: str) -> dict[str, list[Any]]:
        """Files that a node may lack, by name: references in lists, which Ray leaves to the node to follow."""
        import ray

        path = datasets.download(dataset)
        if path is None:
            return {}
        card = catalogue.card(dataset)
        name = f"own/{card.identity}{path.suffix}" if card.own else path.name
        with self.lock:
            if name not in self.files:
                self.files[name] = ray.put(path.read_bytes())
        return {name: [self.files[name]]}

    def next(self, stream: Any) -> Any:
        """What comes next out of a stream; None at its end. Raises `faults`."""
        import ray

        reference = next(stream, None)
        return None if reference is None else ray.get(reference)

    def cancel(self, stream: Any) -> None:
        """Take a run back that no node has begun."""
        import ray

        ray.cancel(stream)

    def tell(self, key: str, control: bytes | None) -> None:
        """Write on the board."""
        self.board.write.remote(key, control)

    def wipe(self, key: str) -> None:
        """Nobody reads that on the board any more."""
        if self.board:
            self.board.wipe.remote(key)

    def faults(self) -> tuple[type[Exception], ...]:
        """What Ray raises for a node that is lost, or a task that is cancelled; none where there is no Ray."""
        try:
            from ray.exceptions import RayError
        except ImportError:
            return ()
        return (RayError,)

    def leave(self) -> None:
        """Part in good order."""
        if self.board:
            import ray

            ray.shutdown()


def _code() -> dict[str, Any]:
    """The code that nodes need, sent along, so that they run the lab's version whatever they have."""
    top = [path.name for path in CODE.iterdir() if path.name not in ("repz_core", "checkpoints")]
    runs = [f"checkpoints/{path.name}" for path in (CODE / "checkpoints").glob("*") if path.name != "classifiers"]
    return {"working_dir": str(CODE), "excludes": ["__pycache__", *(f"/{name}" for name in (*top, *runs))]}


def _knock(address: str) -> None:
    """Find out whether anybody answers there, which Ray takes its time for."""
    if address == "auto":
        return
    host, _colon, port = address.rpartition(":")
    if not host or "/" in host:
        raise ValueError(_("an address is HOST:PORT or auto"))
    socket.create_connection((host, int(port)), KNOCK).close()


def _unreachable(address: str, error: Exception) -> RepzError:
    reason = " ".join(str(error).split())[:200].split(". ")[0].rstrip(".:") or type(error).__name__
    return RepzError(
        _(
            "The Ray cluster at {address} cannot be used ({reason}); start it, have this machine join it by "
            "`ray start --address=HOST:PORT --num-cpus=0`, give its HOST:PORT in RAY_ADDRESS, and start the run again."
        ).format(address=address, reason=reason)
    )
