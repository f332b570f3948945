"""The one drain: events of any executor go into a run folder through here. Used by the holder of the run's lock.

A write that fails (disk full, folder read-only) leaves the file it was for as it was, and raises RepzError.
"""

import errno
import gzip
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import save

from repz_core.events import Look, Snapshot, State, Step
from repz_core.run import Run
from repz_core.status import Condition, Status

HEARTBEAT = 0.5  # seconds between two status.json at the most
KEEP = 1.0  # seconds between two full states, so that a kill costs no more,
SHARE = 0.02  # unless writing them took more than this share of the time


class RunWriter:
    """Appends what is new and keeps silent on what a resumed run tells again, so byte offsets stay true."""

    def __init__(self, run: Run, first: int = 0) -> None:
        """`first` is the step of the state that training starts from. Raises RepzError for a damaged folder."""
        self.run, self.first = run, first
        self.path = run.folder / "events.jsonl"
        with self._told():
            _cut_torn_line(self.path)
            _sweep(run.folder)
            for name in ("snapshots", "states"):
                (run.folder / name).mkdir(exist_ok=True)
        rows = run.events()
        self.last_row = max((row["step"] for row in rows), default=-1)
        self.frames = set(run.frames())
        with self._told():
            self.log = self.path.open("ab", buffering=0)
        self.before = run.status.replace(message="")  # what ended the last worker is over
        self.start: float | None = None  # of the first step: loading data and nets is not training
        self.paused = 0.0
        self.looks = self.before.looks
        self.wrote = 0.0
        self.kept, self.keeping = time.monotonic(), 0.0

    def __enter__(self) -> "RunWriter":
        return self

    def __exit__(self, *_fault: object) -> None:
        self.log.close()

    def write(self, event: Step | Look | Snapshot | State) -> None:
        """Take one event of the training generator."""
        with self._told():
            self._write(event)

    def _write(self, event: Step | Look | Snapshot | State) -> None:
        match event:
            case Step(step, values) if step > self.last_row:
                self._append({"step": step, "seconds": round(self.seconds(), 3)} | rounded(values))
                self.last_row = step
            case Snapshot(step, arrays) if step not in self.frames:
                _pack(self.run.snapshot_file(step), arrays)
                self._append({"frame": step})
                self.frames.add(step)
            case State(step, tensors):
                self._keep(step, tensors)
            case Look(step, arrays) if step not in self.frames:
                self.show(arrays)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A fault of the disk becomes a sentence."""
        try:
            yield
        except (OSError, SafetensorError) as error:
            raise self.run.unwritable(error) from None

    def _append(self, row: dict[str, Any]) -> None:
        """Log a whole line or nothing: what comes after half a line would be lost, too."""
        line, end = json.dumps(row, separators=(",", ":")).encode() + b"\n", self.path.stat().st_size
        try:
            if self.log.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.truncate(self.path, end)
            raise

    def _keep(self, step: int, tensors: Any) -> None:
        from safetensors.torch import save_file

        start = time.monotonic()
        folder = self.run.folder / "states"
        older = list(folder.glob("*.safetensors"))
        newest = folder / f"{step:07d}.safetensors"
        _replace(newest, lambda path: save_file(tensors, path))
        for path in older:
            if path != newest:
                path.unlink()
        self.kept = time.monotonic()
        self.keeping = self.kept - start

    def due(self) -> bool:
        """Whether it is time to keep another state."""
        return time.monotonic() - self.kept >= max(KEEP, self.keeping / SHARE)

    def seconds(self) -> float:
        """Time spent training, over all workers this run has had, pauses left out."""
        now = time.monotonic()
        return self.before.seconds + now - (self.start or now) - self.paused

    def status(self, state: Condition, step: int, **changes: Any) -> Status:
        """Write status.json now."""
        seconds = self.seconds()
        examples = self.run.recipe.training.batch_size * (step - self.first)
        rate = examples / max(seconds - self.before.seconds, 1e-9) if step > self.first else 0.0
        status = self.before.replace(
            state=state, step=step, seconds=round(seconds, 3), examples_per_second=round(rate, 1), looks=self.looks,
            **changes,
        )  # fmt: skip
        with self._told():
            self.run.tell(status)
        self.wrote = time.monotonic()
        return status

    def beat(self, state: Condition, step: int, message: str = "") -> None:
        """Write status.json unless that was done a moment ago."""
        if time.monotonic() - self.wrote >= HEARTBEAT:
            self.status(state, step, message=message)

    def keep_weights(self) -> None:
        """Write the weights of the last state, which are to stay once a run is done."""
        from safetensors.torch import save_file

        state = self.run.state()
        assert state is not None, "a run that is done has a last state"
        weights = {name: tensor for name, tensor in state.tensors.items() if name.startswith("model.")}
        with self._told():
            _replace(self.run.folder / "weights.safetensors", lambda path: save_file(weights, path))

    def show(self, arrays: Any) -> None:
        """Write a passing look, which no event tells of; the status counts them."""
        with self._told():
            _pack(self.run.now_file(), arrays)
        self.looks += 1

    def drop_look(self) -> None:
        """Remove the passing look."""
        with self._told():
            self.run.now_file().unlink(missing_ok=True)

    def drop_states(self) -> None:
        """Remove the full states: nothing is left to resume."""
        with self._told():
            for path in (self.run.folder / "states").iterdir():
                path.unlink()


def rounded(values: Any) -> dict[str, float]:
    """Seven significant digits: float32 has no more, and lines stay short."""
    return {name: float(f"{value:.7g}") for name, value in values.items()}


def _pack(path: Path, arrays: Any) -> None:
    packed = gzip.compress(save(dict(arrays)), mtime=0)
    _replace(path, lambda draft: draft.write_bytes(packed))


def _replace(path: Path, save: Any) -> None:
    draft = path.with_name(f".{path.name}")
    try:
        save(draft)
        os.replace(draft, path)
    except (OSError, SafetensorError):
        with suppress(OSError):
            draft.unlink(missing_ok=True)  # its room is needed to say what happened
        raise


def _sweep(folder: Path) -> None:
    """Remove what a killed worker left of files it was writing. Drafts of control.json are other people's."""
    for pattern in (".status.json-*", ".now.*", ".weights.*", "snapshots/.*", "states/.*"):
        for path in folder.glob(pattern):
            path.unlink()


def _cut_torn_line(path: Path) -> None:
    """Remove what a killed worker left of a last line."""
    if path.exists():
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
