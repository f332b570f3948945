"""What an upload would become, found out by a process of its own: short-lived, and bounded in time and memory.

It runs `python -m repz_core data add --draft`; whatever a file does to it, the web process goes on.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from repz_core.config import RepzError
from repz_core.datasets import shelf
from repz_core.datasets.bounds import MOST_MEMORY, MOST_SECONDS
from repz_core.datasets.cards import Card
from repz_core.locale import _, language
from repz_core.locale.retold import retell

ROOT = Path(__file__).resolve().parent.parent.parent
FAULT = "repz_core: "  # how the command line begins its sentence


class Draft(NamedTuple):
    """A data set that is not kept yet: its file, its card, and how the uploaded files were taken, a line each."""

    file: Path
    card: Card
    said: tuple[str, ...]


def draft(paths: Sequence[Path], file: Path, options: dict[str, Any]) -> Draft:
    """The data set of those files, written to `file`. Raises RepzError with the sentence for what is none."""
    chosen = [word for name, value in options.items() if value not in (None, False) for word in _words(name, value)]
    command = [sys.executable, "-m", "repz_core", "data", "add", *map(str, paths), "--draft", str(file), "--json"]
    try:
        done = subprocess.run([*command, *chosen], cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        fault = _("These files take longer than {seconds:.0f} s to read; add them by python -m repz_core data add.")
        raise RepzError(fault.format(seconds=MOST_SECONDS)) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        if last.startswith(FAULT):
            raise RepzError(retell(last.removeprefix(FAULT), language()))
        fault = _("These files cannot be read within {memory:,} MB of memory; leave some out.")
        raise RepzError(fault.format(memory=MOST_MEMORY))
    said = json.loads(done.stdout.splitlines()[-1])["said"]
    return Draft(file, shelf.of_file(file), tuple(retell(line, language()) for line in said))


def _words(name: str, value: Any) -> list[str]:
    return [f"--{name}"] if value is True else [f"--{name}={value}"]
