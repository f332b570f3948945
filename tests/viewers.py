"""Many viewers of one live run, and what they cost its server.

    python -m tests.viewers --port 8501 --pid SERVER --home RUN_ROOT --run ID --viewers 500 --join 60 --stay 60

Viewers join one by one, stay, and a share of them loses the network and comes back. Prints one JSON object; all traffic
goes to 127.0.0.1; ends by itself, at the latest PATIENCE seconds after its plan. It is a process of its own, so that
what it costs is not taken for the server's. Without viewers it measures how fast training goes alone.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.viewer import AWAY, Viewer

MOST = 1000
PATIENCE = 90.0


class Meter:
    """The server's processor time and memory, the supervisor's and its workers', and the run's progress."""

    def __init__(self, pid: int, home: Path, run: str) -> None:
        self.server = psutil.Process(pid)
        self.home, self.log = home, home / run / "events.jsonl"
        self.peak = 0

    def look(self) -> dict[str, float]:
        """Now: seconds of the clock, of the server and of the workers; steps trained; bytes resident."""
        memory = self.server.memory_info().rss
        self.peak = max(self.peak, memory)
        return {
            "clock": time.monotonic(),
            "server": _seconds(self.server),
            "workers": sum(_seconds(worker) for worker in self._workers()),
            "viewers": _seconds(psutil.Process()),
            "step": self._step(),
            "memory": memory,
        }

    async def watch(self) -> None:
        """Keep an eye on memory."""
        while True:
            self.peak = max(self.peak, self.server.memory_info().rss)
            await asyncio.sleep(0.5)

    def _workers(self) -> list[psutil.Process]:
        with suppress(OSError, psutil.NoSuchProcess):
            chief = psutil.Process(json.loads((self.home / "supervisor.json").read_text())["pid"])
            return [chief, *chief.children(recursive=True)]
        return []

    def _step(self) -> int:
        """The last step that is logged."""
        lines = self.log.read_bytes().split(b"\n")[:-1] if self.log.exists() else []
        for line in reversed(lines):
            if "step" in (row := json.loads(line)):
                return int(row["step"])
        return 0


def _seconds(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


def phase(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What lies between two looks: seconds, cores in use by each, steps a second."""
    seconds = after["clock"] - before["clock"]
    found = {name: (after[name] - before[name]) / seconds for name in ("server", "workers", "viewers")}
    return {"seconds": seconds, **found, "steps_per_second": (after["step"] - before["step"]) / seconds}


async def crowd(options: argparse.Namespace) -> dict[str, Any]:
    """Join, stay, break, leave; a report."""
    meter = Meter(options.pid, options.home, options.run)
    watch = asyncio.create_task(meter.watch())
    viewers = [Viewer(options.port, options.run) for _ in range(options.viewers)]
    looks = [meter.look()]
    arrivals = [asyncio.create_task(_arrive(v, i * options.join / len(viewers))) for i, v in enumerate(viewers)]
    await asyncio.gather(asyncio.sleep(options.join), *arrivals)
    looks.append(meter.look())
    before = viewers[0].updates if viewers else 0
    await asyncio.sleep(options.stay)
    looks.append(meter.look())
    updates = (viewers[0].updates - before) / options.stay if viewers else 0.0
    away = viewers[:: round(1 / options.share)] if options.share else []
    if away:
        await asyncio.gather(*(viewer.return_after_a_break() for viewer in away))
        await asyncio.sleep(AWAY)
    looks.append(meter.look())
    goal = meter.log.stat().st_size
    await _until(lambda: all(viewer.offset >= goal and viewer.frames == viewer.told for viewer in viewers), 15)
    frames = {"told": sum(viewer.told for viewer in viewers), "fetched": sum(viewer.frames for viewer in viewers)}
    faults = [fault for fault in await asyncio.gather(*(v.leave() for v in viewers), return_exceptions=True) if fault]
    watch.cancel()
    log = meter.log.read_bytes()
    scripts = sorted(viewer.script for viewer in viewers if viewer.script is not None)
    return {
        "viewers": len(viewers),
        **{name: phase(*looks[i : i + 2]) for i, name in enumerate(("joining", "connected", "returning"))},
        "memory": {"before": looks[0]["memory"] / 1e6, "peak": meter.peak / 1e6},
        "first_script": quantiles(scripts),
        "scripts": len(scripts),
        "returned": sum(viewer.returns for viewer in viewers),
        "on_stage": sum(viewer.heard > 0 for viewer in viewers),
        "rows": max((viewer.rows for viewer in viewers), default=0),
        "updates_a_second": updates,
        "behind": sum(viewer.offset < goal for viewer in viewers),
        "wrong": sum(not whole(viewer, log) for viewer in viewers),
        "frames": frames,
        "megabytes": sum(viewer.bytes for viewer in viewers) / 1e6,
        "faults": [repr(fault) for fault in faults[:3]],
    }


async def _arrive(viewer: Viewer, after: float) -> None:
    await asyncio.sleep(after)
    await viewer.arrive()


async def _until(done: Any, patience: float) -> None:
    end = time.monotonic() + patience
    while not done() and time.monotonic() < end:
        await asyncio.sleep(0.1)


def whole(viewer: Viewer, log: bytes) -> bool:
    """Whether what came is the log up to the last event's id: each line once, in order."""
    return viewer.digest.digest() == hashlib.sha256(log[: viewer.offset].replace(b"\n", b",")).digest()


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and greatest of ascending numbers."""
    if not seconds:
        return {}
    p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
    return {"p50": statistics.median(seconds), "p95": p95, "max": seconds[-1]}


def main(arguments: list[str] | None = None) -> None:
    """Print the report; one sentence where it takes too long."""
    parser = argparse.ArgumentParser(prog="python -m tests.viewers", description="Many viewers of one live run.")
    for name in ("port", "pid"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="the server's run root")
    parser.add_argument("--run", required=True, help="the run's id")
    parser.add_argument("--viewers", type=int, default=20, help=f"at most {MOST}")
    parser.add_argument("--join", type=float, default=5.0, help="seconds over which they join")
    parser.add_argument("--stay", type=float, default=10.0, help="seconds that all are there")
    parser.add_argument("--share", type=float, default=0.1, help="how many of them lose the network for a while")
    options = parser.parse_args(arguments)
    if not 0 <= options.viewers <= MOST:
        parser.error(f"--viewers is at most {MOST}, not {options.viewers}")
    plan = options.join + options.stay + PATIENCE
    try:
        print(json.dumps(asyncio.run(asyncio.wait_for(crowd(options), plan))))
    except TimeoutError:
        sys.exit(f"The viewers were not done within {plan:.0f} s: the server cannot keep up, or the machine is busy.")


if __name__ == "__main__":
    main()
