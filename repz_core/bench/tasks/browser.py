"""The lab in a real browser: page loads, cold and warm, reruns, a drag on the latent pad, scrubbing.

The lab is started as its user starts it; tests/looks.py, a process of its own, drives Chromium and a bare WebSocket.
`ours` is the first heading of a page in a browser with an empty cache; the table has the rest, each with what it is to
be within (rates: what it is to reach).
"""

import tempfile
from pathlib import Path

from repz_core.bench.lab import lab, report
from repz_core.bench.measure import Result, Settings

LIMITS = {"cold_heading": 2.0, "warm_heading": 0.8, "rerun_server": 0.03, "drag_p95": 20.0}
LEAST = {"scrub_vae_digits": 30.0, "scrub_vae_mnist5k": 30.0, "scrub_linear": 30.0}
UNITS = {"drag": "ms", "scrub": "frames/s"}


def run(settings: Settings) -> Result:
    """Medians over repeats."""
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as served:
        found: dict[str, float] = report("looks", served, "--repeats", settings.pick(1, 5, 15))
    table = [
        {"figure": name, "ours": value, "unit": UNITS.get(name.partition("_")[0], "s"), "limit": LIMITS.get(name),
         "least": LEAST.get(name)}
        for name, value in found.items()
    ]  # fmt: skip
    return Result.of("browser", "s", [found["cold_heading"]], [], limit=LIMITS["cold_heading"], table=table)
