"""A peer as a process of its own, told what to do by JSON lines, so that its imports are in no timing."""

import json
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from repz_core.config import RepzError

ROOT = Path(__file__).parent.parent.parent


class Peer:
    """`repz_core.bench.peers.NAME`, run by the peers' interpreter; use it in a `with` statement.

    What the peer says on standard error (progress bars, logs) goes to a file and is shown only where it fails.
    """

    def __init__(self, interpreter: Path, name: str) -> None:
        self.name = name
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in __exit__)
        self.process = subprocess.Popen(
            [interpreter, "-m", f"repz_core.bench.peers.{name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
        )

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """The answer to one command. Raises RepzError with the peer's last words where it has none."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"command": command} | arguments) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RepzError(f"The peer {self.name} failed at '{command}': {self.log.read()[-2000:].strip()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it: by the end of its input, or by force."""
        with suppress(BrokenPipeError):
            self.process.communicate(timeout=10) if kind is None else self.process.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()
