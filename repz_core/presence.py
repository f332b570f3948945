"""A web server's side of the supervisor: to have one there, of this code's version, as long as the server lives.

Any number of servers may share a run root: they share its one supervisor. The first that finds none starts one; each of
them starts the next one when it dies. A server of other code than the supervisor's has it hand over when it starts.
"""

import fcntl
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCAN = 2.0  # seconds between two looks at whether the supervisor lives
SOURCE = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


@contextmanager
def ensure(root: Path) -> Iterator[None]:
    """Be a server of `root`: have a supervisor of this code's version there for as long as the context lasts.

    Where the root cannot be written there is none: recordings can be watched, and to start a run is one sentence.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = open(root / "servers.lock", "ab")  # noqa: SIM115 (closed below)
    except OSError as error:
        log.warning("no run can be started: %s cannot be written (%s)", root, error.strerror)
        yield
        return
    over = threading.Event()
    with handle:
        fcntl.flock(handle, fcntl.LOCK_SH)  # the supervisor counts those who hold it
        _dismiss_old_code(root)
        threading.Thread(target=_keep, args=(root, over), daemon=True, name="keeps a supervisor").start()
        try:
            yield
        finally:
            over.set()


def _keep(root: Path, over: threading.Event) -> None:
    """Start a supervisor whenever there is none; one that finds another at work ends at once."""
    while not over.is_set():
        with suppress(OSError):  # a full disk, say: it is looked at again
            if not held(root / "supervisor.lock"):
                with open(root / "supervisor.log", "ab") as out:
                    command = [sys.executable, "-m", "repz_core.supervisor", str(root)]
                    subprocess.Popen(
                        command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd=SOURCE
                    ).wait()
        over.wait(SCAN)


def _dismiss_old_code(root: Path) -> None:
    """Ask a supervisor of other code to hand over, and wait until it has."""
    card = supervisor_card(root)
    if card is None or card.get("code") == code_version():
        return
    with suppress(OSError, KeyError, TypeError):
        os.kill(card["pid"], signal.SIGTERM)
        deadline = time.monotonic() + 15
        while held(root / "supervisor.lock") and time.monotonic() < deadline:
            time.sleep(0.05)


def supervisor_card(root: Path) -> dict[str, Any] | None:
    """What the living supervisor of `root` says of itself: {"pid", "code", "blocked": {run: why}}; None without one."""
    with suppress(OSError, ValueError):
        card = json.loads((root / "supervisor.json").read_text())
        if isinstance(card, dict) and held(root / "supervisor.lock"):
            return card
    return None


def code_version() -> str:
    """A fingerprint of repz_core's source: a supervisor of other code is replaced."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def held(path: Path) -> bool:
    """Whether any process holds the lock `path`. Raises OSError where it cannot be looked at."""
    try:
        with open(path, "ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
