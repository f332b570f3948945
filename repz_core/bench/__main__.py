"""`python -m repz_core.bench`: one JSON object a line, the machine first, then a line a task as it is done."""

import argparse
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from repz_core.bench import tasks
from repz_core.bench.machine import machine
from repz_core.bench.measure import Settings


def main(arguments: list[str] | None = None) -> int:
    """Measure; 1 where a task failed (its line says why), 2 where the arguments cannot be."""
    options = _parser().parse_args(arguments)
    settings = Settings(options.peers, "full" if options.full else "quick" if options.quick else "normal")
    if settings.peers and not settings.peers.is_file():
        print(f"repz_core.bench: there is no interpreter {settings.peers}; `make bench` makes it.", file=sys.stderr)
        return 2
    _print({"machine": machine(settings.peers), "size": settings.size, "command": command(options)})
    if settings.peers is None:
        _print({"note": "no --peers: fields of peers that need another environment are null"})
    rows = [_measured(name, settings) for name in options.only or tasks.names()]
    return 1 if any("error" in row for row in rows) else 0


def command(options: argparse.Namespace) -> str:
    """What makes these lines again."""
    if options.only or options.quick or not options.peers:
        words = (
            [f"--only {name}" for name in options.only or ()] + ["--quick"] * options.quick + ["--full"] * options.full
        )
        return " ".join(["python -m repz_core.bench", *["--peers PYTHON"] * bool(options.peers), *words])
    return "make bench-full" if options.full else "make bench"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m repz_core.bench", description="Measure side by side with peers.")
    parser.add_argument("--peers", type=Path, metavar="PYTHON", help="interpreter of the environment with the peers")
    parser.add_argument("--only", action="append", choices=tasks.names(), help="this task alone; may be repeated")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--full", action="store_true", help="longer and more runs")
    size.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, the numbers mean nothing")
    return parser


def _measured(name: str, settings: Settings) -> dict[str, Any]:
    """The printed line of a task, with the seconds it took in all; {"task", "error", "took"} where it fails, so that
    the others are still measured.
    """
    start = time.monotonic()
    try:
        row = tasks.load(name)(settings).row()
    except Exception as error:
        traceback.print_exc()
        row = {"task": name, "error": f"{type(error).__name__}: {error}"}
    _print(row | {"took": round(time.monotonic() - start, 3)})
    return row


def _print(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
