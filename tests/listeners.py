"""How long a row of a run's log takes to those who listen to its event stream.

    python -m tests.listeners --port 8501 --pid SERVER --home RUN_ROOT --viewers 1 10 100 --rows 20

This process is the run's worker: it holds its lock and logs a row every now and then, while so many connections of its
own listen. Prints one JSON object: {viewers: {"p50", "p95" (milliseconds from the row's end to its arrival, over all
viewers), "server" (share of a core), "megabytes", "missing" (rows that did not come)}}.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import psutil

from repz_core import recipes
from repz_core.events import Step
from repz_core.run import Run
from repz_core.runs import RunStore, run_id
from repz_core.status import Status
from repz_core.writer import RunWriter
from tests.viewer import Http
from tests.viewers import quantiles

PATIENCE = 20.0  # seconds for all to be there, and for the last row to come
PAUSES = (0.55, 0.95)  # seconds between two rows: a stream that was busy rests for half a second


async def listen(port: int, run: Run, arrivals: dict[int, list[float]]) -> None:
    """Note when each row comes."""
    http = Http(port)
    try:
        async with aclosing(http.chunks(f"/repz/runs/{run.id}/events")) as chunks:
            async for rows in rows_of(chunks):
                now = time.monotonic()
                for row in rows:
                    arrivals.setdefault(row["step"], []).append(now)
    finally:
        http.close()


async def rows_of(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[dict[str, int]]]:
    """The rows of each event that has some."""
    rest = b""
    async for chunk in chunks:
        *events, rest = (rest + chunk).split(b"\n\n")
        for event in events:
            lines = [line[6:] for line in event.split(b"\n") if line.startswith(b"data: [")]
            yield [row for line in lines for row in json.loads(line) if "step" in row]


async def hall(port: int, pid: int, run: Run, writer: RunWriter, viewers: int, rows: int) -> dict[str, float]:
    """The figures of so many viewers and rows."""
    arrivals: dict[int, list[float]] = {}
    moments, server = random.Random(0), psutil.Process(pid)
    first = int(writer.last_row) + 1
    tasks = [asyncio.create_task(listen(port, run, arrivals)) for _viewer in range(viewers)]
    written = {first: log(writer, first)}
    await until(lambda: len(arrivals.get(first, ())) == viewers)
    before, start = server.cpu_times(), time.monotonic()
    for step in range(first + 1, first + 1 + rows):
        await asyncio.sleep(moments.uniform(*PAUSES))
        written[step] = log(writer, step)
    await until(lambda: len(arrivals.get(first + rows, ())) == viewers)
    after, seconds = server.cpu_times(), time.monotonic() - start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    del written[first]  # it was there before some of them
    late = sorted(1e3 * (when - written[step]) for step in written for when in arrivals.get(step, ()))
    used = after.user + after.system - before.user - before.system
    return {
        **quantiles(late),
        "server": used / seconds,
        "megabytes": server.memory_info().rss / 1e6,
        "missing": viewers * rows - len(late),
    }


def log(writer: RunWriter, step: int) -> float:
    """Append a row; when it was whole."""
    writer.write(Step(step, {"recon": 1.0 / (1 + step)}))
    return time.monotonic()


async def until(done) -> None:  # type: ignore[no-untyped-def]
    """Wait for it, within a while."""
    end = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < end:
        await asyncio.sleep(0.005)


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m tests.listeners")
    for name in ("port", "pid"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True, help="the server's run root")
    parser.add_argument("--viewers", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--rows", type=int, default=20)
    options = parser.parse_args()
    store, recipe = RunStore(options.home), recipes.default("vae", "digits").replace(seed=2**31 - 1)
    run = store.create(recipe, options.home / run_id(recipe))
    found = {}
    with run.lock(), RunWriter(run) as writer:
        run.tell(Status(state="running"))
        for viewers in options.viewers:
            found[viewers] = asyncio.run(hall(options.port, options.pid, run, writer, viewers, options.rows))
        run.tell(Status(state="stopped"))
    with suppress(OSError):
        store.delete(run)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
