"""`python -m repz_core sweep`: many runs through the queue, at once, or one by what the others came to (a search)."""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from repz_core import presence, sweep
from repz_core.config import Recipe, RepzError, value
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED
from repz_core.sweep import Sweep

LOOK = 0.3  # seconds between two looks at the runs
STARTING = 20.0  # seconds a supervisor may take to be there


def add_options(sub: argparse.ArgumentParser) -> None:
    """The command's options besides those of `train`."""
    sub.add_argument("--grid", action="append", default=[], metavar="KNOB=1,2,3", help="try each of these values")
    sub.add_argument(
        "--random", action="append", default=[], metavar="KNOB=log:0.1:10", help="draw it; or KNOB=uniform:0:1"
    )
    sub.add_argument("--runs", type=int, default=10, help="random draws (default: 10)")
    sub.add_argument("--seeds", type=int, default=1, help="seeds of each combination (default: 1)")
    sub.add_argument("--name", default="", help="the sweep's name, and its runs' tag")
    how = sub.add_mutually_exclusive_group()
    how.add_argument("--search", metavar="METRIC", help="choose values for the best of this metric, by Optuna")
    how.add_argument("--no-wait", action="store_true", help="leave the runs to the supervisor, and return at once")
    sub.add_argument("--trials", type=int, default=20, help="runs of a search (default: 20)")


def run(options: argparse.Namespace, base: Recipe) -> list[dict[str, Any]]:
    """Have all members trained; a row of each. Ctrl-C leaves them to the queue."""
    store = RunStore()
    asked = asked_sweep(options, base)
    with presence.ensure(store.root):
        _wait_for_supervisor(store)
        try:
            if options.search:
                from repz_core.search import search

                ids = search(store, asked, options.trials, lambda ids: _wait(store, ids, options))
            else:
                ids = sweep.submit(store, asked)
                if not options.no_wait:
                    _wait(store, ids, options)
        except KeyboardInterrupt:
            print(_("The runs go on; see python -m repz_core runs tag:{name}").format(name=asked.name), file=sys.stderr)
            raise
    return [row(store.open(id), asked) for id in ids]


def asked_sweep(options: argparse.Namespace, base: Recipe) -> Sweep:
    """The sweep of a command's options."""
    axes = [sweep.axis(base, text) for text in [*options.grid, *options.random]]
    for text, each in zip([*options.grid, *options.random], axes, strict=True):
        if bool(each.law) != (text in options.random):
            raise RepzError(
                _("--grid takes values, KNOB=1,2,3, and --random a law, KNOB=log:0.1:10; got '{given}'.").format(
                    given=text
                )
            )
    if not axes and options.seeds == 1:
        raise RepzError(_("A sweep varies something: give --grid, --random or --seeds."))
    numbers = {"seeds": options.seeds, "runs": options.runs, "seed": options.seed or 0, "goal": options.search or ""}
    return sweep.make(base, axes, options.name, **numbers)


def row(run: Run, asked: Sweep) -> dict[str, Any]:
    """A member as JSON values: what it has of the axes, where it stands and what it came to."""
    status = run.status
    knobs = {path: value(run.recipe, path) for path in [*(each.path for each in asked.axes), "seed"]}
    return {
        "id": run.id, "state": status.state, "knobs": knobs, "metrics": status.metrics, "seconds": status.seconds,
        "message": status.message,
    }  # fmt: skip


def line(row: dict[str, Any]) -> str:
    """That in a line."""
    knobs = "  ".join(f"{path.rpartition('.')[2]}={setting}" for path, setting in row["knobs"].items())
    metrics = "  ".join(f"{name} {number:.4g}" for name, number in row["metrics"].items())
    return f"{row['id']}  {row['state']:8} {knobs}  {metrics or row['message']}"


def _wait(store: RunStore, ids: Sequence[str], options: argparse.Namespace) -> None:
    """Until all of them have ended; how far they are goes to standard error, where somebody looks."""
    workers, before = Limits.from_environment().workers, ""
    while True:
        found = [(run.status, run.recipe.training.steps) for run in map(store.open, ids)]
        now = sweep.progress(found, len(ids), workers)
        words = _("{done} of {total} done").format(done=len(ids) - now.under_way, total=now.total)
        if now.left is not None:
            words += _(", about {seconds:.0f} s left").format(seconds=now.left)
        if words != before and sys.stderr.isatty() and not options.json:
            print(f"\r{words:60}", end="\n" * (now.under_way == 0), file=sys.stderr, flush=True)
            before = words
        if all(status.state in ENDED for status, _steps in found):
            return
        time.sleep(LOOK)


def _wait_for_supervisor(store: RunStore) -> None:
    """It is started in another thread, which ends with us: be sure that it is there."""
    deadline = time.monotonic() + STARTING
    while not presence.held(store.root / "supervisor.lock"):
        if time.monotonic() > deadline:
            raise RepzError(
                _("No supervisor starts in {root}; python -m repz_core doctor says why.").format(root=store.root)
            )
        time.sleep(0.05)
