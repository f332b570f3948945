"""A run is a folder. Reading one; writing events into it is writer.py's business, finding and submitting runs.py's.

    recipe.json  status.json  control.json  events.jsonl (events.jsonl.gz of a shipped run)  lock
    snapshots/<step>.safetensors.gz  states/<step>.safetensors  weights.safetensors (once it is done)
    now.safetensors.gz (a passing look between two snapshots, while it is paused or slow)
    pin (an empty file: this run is never offered for deletion)

`status.json` is written by the holder of `lock` alone, `control.json` by the user interface alone.
"""

import fcntl
import gzip
import json
import os
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load

from repz_core import recipes
from repz_core.config import Config, Recipe, RepzError
from repz_core.events import Snapshot, State
from repz_core.locale import _
from repz_core.status import Status, check_move

if TYPE_CHECKING:
    from repz_core.methods.base import Method

SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"


class Control(Config):
    """What the user wants of a run. While paused it may go on until `until` turns are over, a total, so no click is
    lost. `pace`: seconds to rest after each turn, for a look.
    """

    desired: Literal["run", "pause", "stop"] = "run"
    until: int = 0
    pace: float = Field(0.0, ge=0.0, le=10.0)


class Run:
    """One run folder. Reading is lazy; a missing or foreign file raises RepzError naming the run and the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    def __repr__(self) -> str:
        return f"Run({self.id})"

    @cached_property
    def recipe(self) -> Recipe:
        """What was asked."""
        values = self._json("recipe.json")
        try:
            return recipes.parse(values)
        except RepzError as error:
            raise self._damaged("recipe.json", error) from None

    @property
    def status(self) -> Status:
        """Where it stands; a run nobody has touched yet is queued."""
        return self._config(Status, "status.json")

    def tell(self, status: Status) -> None:
        """Replace status.json, in one stroke; for the holder of the lock. Raises IllegalMove, OSError."""
        try:
            before = self.status.state
        except RepzError:  # what cannot be read has failed
            before = "failed"
        check_move(before, status.state)
        write_json(self.folder / "status.json", status.model_dump())

    @property
    def control(self) -> Control:
        """What its user wants."""
        return self._config(Control, "control.json")

    def steer(self, **wishes: Any) -> None:
        """Change `desired`, `until` or `pace` in control.json. Raises RepzError for a shipped run."""
        if self.folder.is_relative_to(SHIPPED):
            raise RepzError(_("Run {id} is a recording and cannot be steered; start a new run.").format(id=self.id))
        try:
            write_json(self.folder / "control.json", self.control.replace(**wishes).model_dump())
        except OSError as error:
            raise self._damaged("control.json", error) from None

    def events(self) -> list[dict[str, float]]:
        """The logged rows in order: {"step", "seconds", terms, validation metrics}; a torn last line is left out."""
        return [row for row in self._lines() if "step" in row]

    def frames(self) -> list[int]:
        """Steps of the snapshots, ascending."""
        return [int(row["frame"]) for row in self._lines() if "frame" in row]

    def snapshots(self) -> Iterator[Snapshot]:
        """All snapshots, ascending. What never changes (labels, inputs) is in the first alone."""
        for step in self.frames():
            yield self.snapshot(step)

    def snapshot(self, step: int) -> Snapshot:
        """The arrays recorded after `step` steps. Raises RepzError where there is no such frame or it is damaged."""
        path = self.snapshot_file(step)
        try:
            return Snapshot(step, load(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, ValueError, KeyError, zlib.error, SafetensorError) as error:
            raise self._damaged(f"snapshots/{path.name}", error) from None

    def snapshot_file(self, step: int) -> Path:
        """Where the frame of `step` is kept: safetensors, gzipped so that a browser takes the file as it is."""
        return self.folder / "snapshots" / f"{step:07d}.safetensors.gz"

    def now_file(self) -> Path:
        """Where the passing look between two frames is, in the same form."""
        return self.folder / "now.safetensors.gz"

    def state(self) -> State | None:
        """The newest full state, to resume from; None where there is none yet. Needs torch."""
        files = sorted((self.folder / "states").glob("[0-9]*.safetensors"))
        return State(int(files[-1].stem), self._tensors(files[-1])) if files else None

    def kept_step(self) -> int:
        """The step of the newest full state; -1 where there is none. What is behind it, no kill can undo."""
        return max((int(path.stem) for path in (self.folder / "states").glob("[0-9]*.safetensors")), default=-1)

    @property
    def pinned(self) -> bool:
        """Whether it is never to be offered for deletion: there is a file `pin` in its folder."""
        return os.path.exists(os.path.join(self.folder, "pin"))

    def weights(self) -> tuple[int, dict[str, np.ndarray[Any, Any]]]:
        """The newest weights that are kept, and after how many steps: {"decoder.0.weight": (400, 20), ...}.

        Raises RepzError where there are none yet. Needs no torch.
        """
        try:
            for _look in range(3):
                with suppress(FileNotFoundError):  # the worker has just replaced its state by a newer one
                    return self._newest_weights()
            raise FileNotFoundError("states")
        except (OSError, SafetensorError) as error:
            raise self._damaged("weights.safetensors", error) from None

    def _newest_weights(self) -> tuple[int, dict[str, np.ndarray[Any, Any]]]:
        files = sorted((self.folder / "states").glob("[0-9]*.safetensors"))
        path = files[-1] if files else self.folder / "weights.safetensors"
        if not files and not path.exists():
            raise RepzError(_("Run {id} has no weights yet; wait for its first snapshot.").format(id=self.id))
        with safe_open(path, framework="numpy") as tensors:
            names = [name for name in tensors.keys() if name.startswith("model.")]  # noqa: SIM118 (it is no dict)
            weights = {name.removeprefix("model."): tensors.get_tensor(name) for name in names}
        return int(path.stem) if files else self.status.step, weights

    def model(self) -> "Method":
        """The trained method in evaluation mode; encode / decode / sample where they mean something. Needs torch."""
        from repz_core import engine, methods
        from repz_core.datasets import catalogue

        method = methods.build(self.recipe, catalogue.card(self.recipe.dataset).shape)
        weights = self.folder / "weights.safetensors"
        state = None if weights.exists() else self.state()
        if state is None and not weights.exists():
            raise RepzError(_("Run {id} has no weights yet; wait for its first snapshot.").format(id=self.id))
        try:
            engine.load_weights(method, state.tensors if state else self._tensors(weights))
        except RuntimeError as error:
            raise self._damaged("weights.safetensors", error) from None
        method.step = state.step if state else self.status.step
        return method.eval()

    @contextmanager
    def lock(self, patience: float = 0.2) -> Iterator[None]:
        """Hold the run: only then may its status, events and states be written.

        Raises BlockingIOError where somebody else holds it for longer than `patience` seconds (a mere look is shorter).
        """
        deadline = time.monotonic() + patience
        with open(self.folder / "lock", "ab") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise
                    time.sleep(0.01)
            yield

    def locked(self) -> bool:
        """Whether somebody (a worker) holds the run."""
        try:
            with self.lock(patience=0):
                return False
        except BlockingIOError:
            return True

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(name, error) from None

    def _config(self, cls: type[Any], name: str) -> Any:
        try:
            return cls.model_validate(json.loads((self.folder / name).read_bytes()))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(name, error) from None

    def log(self, start: int = 0) -> bytes:
        """What events.jsonl holds from byte `start` on; nothing where there is none yet. Raises OSError."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return self._packed_log[start:]
        with path.open("rb") as file:
            file.seek(start)
            return file.read()

    def log_size(self) -> int:
        """How many bytes `log` has."""
        path = self.folder / "events.jsonl"
        return path.stat().st_size if path.exists() else len(self._packed_log)

    @cached_property
    def _packed_log(self) -> bytes:
        path = self.folder / "events.jsonl.gz"
        return gzip.decompress(path.read_bytes()) if path.exists() else b""

    def _lines(self) -> Iterator[dict[str, float]]:
        try:
            for line in self.log().split(b"\n")[:-1]:
                row = json.loads(line)
                if not isinstance(row, dict) or not all(isinstance(row.get(k, 0), int) for k in ("step", "frame")):
                    raise ValueError(_("a line is no row"))
                yield row
        except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
            raise self._damaged("events.jsonl", error) from None

    def _tensors(self, path: Path) -> dict[str, Any]:
        try:
            with safe_open(path, framework="pt") as tensors:
                return {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118 (it is no dict)
        except (OSError, SafetensorError) as error:
            raise self._damaged(path.name, error) from None

    def unwritable(self, error: Exception) -> RepzError:
        """What is wrong where the folder takes no more."""
        fault = _(
            "Run {id} cannot be written ({reason}): make room on its disk, or its folder writable, and start it again; "
            "it goes on from its last state."
        )
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return RepzError(fault.format(id=self.id, reason=reason))

    def _damaged(self, name: str, error: Exception) -> RepzError:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return RepzError(
            _("Run {id} cannot be read: its {file} is missing or damaged ({reason}).").format(
                id=self.id, file=name, reason=reason
            )
        )


def write_json(path: Path, value: Any) -> None:
    """Replace `path` atomically."""
    replace_file(path, json.dumps(value, indent=1).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Replace `path` atomically: whoever reads finds what it was or what it is. Raises OSError and leaves no half."""
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError:
        with suppress(OSError):
            draft.unlink()  # a full disk has no room for half a file
        raise
