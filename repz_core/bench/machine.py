"""What the numbers were measured on: without it they mean nothing."""

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "numpy", "scikit-learn", "umap-learn", "numba", "streamlit", "plotly")
PEER_PACKAGES = ("torch", "numpy", "pythae", "lightly", "kornia", "pytorch-metric-learning")

# Run by the peers' interpreter, which need not be able to import this package's needs.
ASK = """
import json, platform, sys
from importlib import metadata
print(json.dumps({"python": platform.python_version()} | {name: metadata.version(name) for name in sys.argv[1:]}))
"""


def machine(peers: Path | None) -> dict[str, Any]:
    """Processor, cores in all and those this process may use, load before the start, versions of both sides."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": usable,
        "load": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in PACKAGES},
        "peers": _peer_versions(peers) if peers else None,
    }


def cpu_model() -> str:
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _peer_versions(peers: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(subprocess.check_output([peers, "-c", ASK, *PEER_PACKAGES], text=True))
    return found
