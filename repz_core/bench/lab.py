"""A lab as its user starts it, for what is measured from outside: by viewers, listeners and a browser."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from repz_core.bench.peer import ROOT
from repz_core.config import RepzError

PATIENCE = 90.0  # seconds


class Lab(NamedTuple):
    """A lab that listens on `port`, its process and its run root."""

    port: int
    pid: int
    home: Path


@contextmanager
def lab(home: Path) -> Iterator[Lab]:
    """The lab as its user starts it, on a free port; afterwards none of its processes is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    environment = os.environ | {"REPZ_HOME": str(home)}
    with open(home / "server.log", "wb") as log:
        server = subprocess.Popen(
            [*command, f"--server.port={port}"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait(lambda: _answers(port) and (home / "supervisor.json").exists())
        yield Lab(port, server.pid, home)
    finally:
        server.kill()
        server.wait()
        _end_supervisor(home)


def _answers(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
        return True
    return False


def _end_supervisor(home: Path) -> None:
    """End it and its workers at once."""
    with suppress(OSError, psutil.NoSuchProcess):
        chief = psutil.Process(json.loads((home / "supervisor.json").read_text())["pid"])
        family = [*chief.children(recursive=True), chief]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)


def wait(done: Callable[[], bool]) -> None:
    """Return as soon as `done`. Raises RepzError where that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RepzError(f"Nothing came within {PATIENCE:.0f} s.")
        time.sleep(0.05)


def report(module: str, served: Lab, *arguments: object) -> Any:
    """What a program of tests/ says of the lab, from a process of its own: its last line, which is JSON."""
    command = [
        sys.executable,
        "-m",
        f"tests.{module}",
        "--port",
        served.port,
        "--pid",
        served.pid,
        "--home",
        served.home,
    ]
    done = subprocess.run([str(word) for word in [*command, *arguments]], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RepzError(f"tests.{module} failed: {done.stderr[-2000:].strip()}")
    return json.loads(done.stdout.splitlines()[-1])
