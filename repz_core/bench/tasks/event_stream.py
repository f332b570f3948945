"""Milliseconds from a logged row to its arrival at 1, 10 and 100 listeners of the run's event stream.

The lab is started as its user starts it; tests/listeners.py, a process of its own, writes the log and listens. `ours`
is the 95th percentile over rows and listeners at the most listeners; the table has the others, what they cost the
server (share of a core, memory) and rows that never came, of which there must be none.
"""

import tempfile
from pathlib import Path

from repz_core.bench.lab import lab, report
from repz_core.bench.measure import Result, Settings
from repz_core.config import RepzError


def run(settings: Settings) -> Result:
    """The delay at the most listeners."""
    viewers = (1, 3) if settings.size == "quick" else (1, 10, 100)
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as served:
        found = report("listeners", served, "--rows", settings.pick(2, 20, 60), "--viewers", *viewers)
    table = [{"viewers": int(count), **figures} for count, figures in found.items()]
    if any(row["missing"] for row in table):
        raise RepzError(f"Not every row came to every listener: {table}")
    return Result.of("event_stream", "ms", [table[-1]["p95"]], [], table=table)
