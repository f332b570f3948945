"""What runs may take of the machine: one table, each line with a bound and a variable of the environment."""

import os
import re
import sys
from pathlib import Path
from typing import Literal

from pydantic import Field

from repz_core.config import Config, RepzError
from repz_core.locale import N_, _

PREFIX = "REPZ_"
HANDED_OVER = "256"  # runs a cluster is given at once; how many of them train is its business


class Limits(Config):
    """Limits of the runs that a page starts; REPZ_WORKERS sets `workers`, and so on. `train` of the command line has
    its own.
    """

    workers: int = Field(
        max(1, (os.cpu_count() or 1) // 2), ge=1, le=4096, description=N_("runs that train at once, paused ones aside")
    )
    queue: int = Field(64, ge=1, le=100_000, description=N_("runs that may wait for a worker"))
    seconds: float = Field(3600, ge=1, le=1e7, description=N_("training a run may take, pauses aside, in s"))
    memory: int = Field(4096, ge=16, le=10**8, description=N_("memory a run may add to its worker's, in MB (Linux)"))
    disk: int = Field(20_000, ge=1, le=10**9, description=N_("what all runs may take on disk, in MB"))
    executor: Literal["local", "ray"] = Field("local", description=N_("where runs train: here, or on a Ray cluster"))

    @classmethod
    def from_environment(cls) -> "Limits":
        """The defaults, changed by REPZ_WORKERS, REPZ_QUEUE, ... Raises RepzError for a value that cannot be."""
        given = {name: os.environ[PREFIX + name.upper()] for name in cls.model_fields if os.environ.get(variable(name))}
        if given.get("executor") == "ray":
            given.setdefault("workers", HANDED_OVER)
        try:
            return cls.parse(given)
        except RepzError as error:
            raise RepzError(
                _("A limit cannot be read from {prefix}*: {fault}").format(prefix=PREFIX, fault=error)
            ) from None


def variable(name: str) -> str:
    """The environment's name of a limit: REPZ_WORKERS of workers."""
    return PREFIX + name.upper()


def cap_memory(megabytes: int) -> None:
    """Let this process allocate so much more (10^6 bytes) and no more; nothing on systems without /proc.

    Counted is what it may write to, private and not shared with files (RLIMIT_DATA): address space alone costs nothing.
    """
    if sys.platform == "linux":
        import resource

        found = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert found is not None, "Linux tells VmData"
        _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = int(found[1]) * 1024 + megabytes * 10**6
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
