"""The runs of a root folder: listing, opening, finding by recipe, submitting."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from repz_core import trash
from repz_core.config import Recipe, RepzError
from repz_core.home import home
from repz_core.limits import Limits, variable
from repz_core.locale import _
from repz_core.run import SHIPPED, Control, Run, write_json
from repz_core.status import ENDED

MEASURING = 3.0  # seconds to wait for a worker that measures what a stopped run came to
RUN_ID = re.compile(r"[a-z][a-z0-9_]{0,30}-[0-9a-f]{16}")


class RunStore:
    """The runs of one root folder, and the shipped ones beside them, which are read-only."""

    def __init__(self, root: Path | str | None = None, shipped: Path = SHIPPED) -> None:
        self.root = Path(root).expanduser().absolute() if root else home()
        self.shipped = shipped

    def list(self) -> list[Run]:
        """All readable runs: the user's, newest first, then the shipped ones. A damaged folder is passed over."""
        return [run for run in map(Run, self.folders()) if _readable(run)]

    def folders(self) -> Sequence[Path]:
        """The folders of all runs in that order, readable or not."""
        return [*sorted(_run_folders(self.root), key=_asked_at, reverse=True), *sorted(_run_folders(self.shipped))]

    def open(self, id: str) -> Run:
        """The run of that id. Raises RepzError for an id of the wrong form, an unknown one and a damaged folder."""
        if not RUN_ID.fullmatch(id):
            raise RepzError(_("{id!r} is no run id; one looks like vae-0123456789abcdef.").format(id=id[:60]))
        for parent in (self.root, self.shipped):
            if (parent / id).is_dir():
                run = Run(parent / id)
                assert run.recipe is not None  # raises where it cannot be read
                return run
        raise RepzError(
            _(
                "There is no run {id} here: it was deleted, or it lives on another machine; choose one of the list."
            ).format(id=id)
        )

    def find(self, recipe: Recipe) -> Run | None:
        """The run of that recipe, if it was ever asked for."""
        with suppress(RepzError):
            run = self.open(run_id(recipe))
            if run.recipe == recipe and run.status is not None:
                return run
        return None

    def pending(self) -> Sequence[Run]:
        """The user's runs that are still to be worked on: the one that was asked for first comes first."""
        runs = [Run(folder) for folder in sorted(_run_folders(self.root), key=_asked_at)]
        return [run for run in runs if _unfinished(run)]

    def offered(self) -> Sequence[Run]:
        """What to delete first where room is short: ended runs that nobody pinned, the oldest first."""
        return [
            run
            for run in reversed(self.list())
            if run.folder.parent == self.root and run.status.state in ENDED and not run.pinned
        ]

    def size(self) -> int:
        """Bytes of all files in the root."""
        return folder_size(self.root)

    def submit(self, recipe: Recipe) -> Run:
        """The run of `recipe`: replayed if it is known, continued if it had ended early, else created and queued.

        Raises RepzError where the limits allow no more.
        """
        with self._alone():
            if run := self.find(recipe):
                if run.status.state in ("stopped", "failed"):
                    self._admit()
                    self._queue_again(run)
            else:
                self._admit()
                run = self.create(recipe, self.root / run_id(recipe))
        self.wake()
        return run

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One submission at a time: two cannot both be the last that fits."""
        try:
            root = os.open(self.root, os.O_RDONLY)
        except OSError:  # it is made by the first submission
            yield
            return
        try:
            with suppress(OSError):  # a file system that locks no folders
                fcntl.flock(root, fcntl.LOCK_EX)
            yield
        finally:
            os.close(root)

    def _admit(self) -> None:
        """Raises RepzError where another run is more than the limits allow."""
        limits = Limits.from_environment()
        waiting = sum(run.status.state == "queued" for run in self.pending())
        if waiting >= limits.queue:
            fault = _("{count} runs wait already, the most that may ({variable}); start it when one of them has ended.")
            raise RepzError(fault.format(count=waiting, variable=variable("queue")))
        used = self.size()
        if used > limits.disk * 10**6 and trash.empty(self.root):  # what was deleted makes room first
            used = self.size()
        if used > limits.disk * 10**6:
            fault = _(
                "The runs in {root} take {used:,} MB, and may take {most:,} ({variable}): delete some first, "
                "the oldest are {oldest}."
            )
            oldest = ", ".join(run.id for run in self.offered()[:3]) or "-"
            raise RepzError(
                fault.format(
                    root=self.root, used=used // 10**6, most=limits.disk, variable=variable("disk"), oldest=oldest
                )
            )

    def _queue_again(self, run: Run) -> None:
        try:
            with run.lock(patience=MEASURING):
                run.steer(desired="run")  # first: a queued run whose user wants it stopped would be
                run.tell(run.status.replace(state="queued", message="", restarts=0))
            self._ask(run.folder)
        except BlockingIOError:
            raise RepzError(_("Run {id} is just ending; try again in a moment.").format(id=run.id)) from None
        except OSError as error:
            raise run.unwritable(error) from None

    def _ask(self, folder: Path) -> None:
        """Note that the run was asked for after all others: their order is the queue's, whatever the clock says."""
        last = max((_asked_at(other) for other in _run_folders(self.root) if other != folder), default=0)
        os.utime(folder / "recipe.json")
        if _asked_at(folder) <= last:
            os.utime(folder / "recipe.json", ns=(last + 1, last + 1))

    def create(self, recipe: Recipe, folder: Path) -> Run:
        """A new, queued run at `folder`, whole or not at all; the run that is there if somebody else was quicker.

        Raises RepzError where the folder cannot be written, or holds something else. In the run root alone, a run that
        cannot be read is set aside under a hidden name, for a look.
        """
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as scratch:
                draft = Path(scratch) / folder.name
                draft.mkdir()
                write_json(draft / "recipe.json", recipe.plain())
                write_json(draft / "control.json", Control().model_dump())
                try:
                    draft.rename(folder)  # onto nothing, or an empty folder
                except OSError:
                    run = Run(folder)
                    if _readable(run) and run.recipe == recipe:
                        return run
                    if not (folder.parent == self.root and RUN_ID.fullmatch(folder.name)):
                        raise
                    folder.rename(tempfile.mkdtemp(prefix=f".damaged-{folder.name}-", dir=self.root))
                    draft.rename(folder)
            if folder.parent == self.root:
                self._ask(folder)
        except OSError as error:
            fault = _(
                "The run cannot be written to {folder}: {reason}; free that place or name another, e.g. in REPZ_HOME."
            )
            raise RepzError(fault.format(folder=folder, reason=error.strerror)) from None
        return Run(folder)

    def delete(self, run: Run) -> None:
        """Move one of the user's runs to the trash. Raises RepzError for a shipped or a running one."""
        if not run.folder.exists():
            self.open(run.id)
        try:
            if run.folder.parent != self.root:
                raise BlockingIOError
            with run.lock(patience=0):
                trash.discard(run.folder)
        except BlockingIOError:
            raise RepzError(
                _("Run {id} is shipped or running; stop it before deleting it.").format(id=run.id)
            ) from None
        except OSError as error:
            raise RepzError(
                _("Run {id} cannot be deleted: {reason}.").format(id=run.id, reason=error.strerror)
            ) from None

    def restore(self, id: str) -> Run:
        """A deleted run, back where it was. Raises RepzError where it is gone for good, or here again."""
        run = Run(trash.restore(self.root, id))
        self.wake()  # it may have been waiting in the queue
        return run

    def pin(self, run: Run, on: bool) -> None:
        """Never offer the run for deletion, or do so again. Raises RepzError for a shipped one."""
        if run.folder.parent != self.root:
            raise RepzError(_("Run {id} came with the lab and is kept anyway; pin one of your own.").format(id=run.id))
        try:
            (run.folder / "pin").touch() if on else (run.folder / "pin").unlink(missing_ok=True)
        except OSError as error:
            raise RepzError(
                _("Run {id} cannot be pinned: {reason}.").format(id=run.id, reason=error.strerror)
            ) from None

    def wake(self) -> None:
        """Tell the supervisor of this root, if one runs, that there is something to do."""
        with suppress(OSError):  # none: no such pipe, or nobody reads it
            pipe = os.open(self.root / "wake", os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(pipe, b"!")
            finally:
                os.close(pipe)


def run_id(recipe: Recipe) -> str:
    """The folder name of a recipe's run: method and digest."""
    return f"{recipe.method}-{recipe.digest()}"


def folder_size(folder: Path) -> int:
    """Bytes of all files in `folder`; what vanishes meanwhile does not count."""
    size = 0
    for parent, _folders, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_size
    return size


def _asked_at(folder: Path) -> int:
    with suppress(OSError):
        return os.stat(os.path.join(folder, "recipe.json")).st_mtime_ns
    return 0


def _run_folders(parent: Path) -> list[Path]:
    with suppress(OSError), os.scandir(parent) as entries:
        return [parent / entry.name for entry in entries if RUN_ID.fullmatch(entry.name) and entry.is_dir()]
    return []


def _unfinished(run: Run) -> bool:
    with suppress(RepzError):
        return run.status.state not in ENDED and run.recipe is not None
    return False


def _readable(run: Run) -> bool:
    with suppress(RepzError):
        return run.recipe is not None and run.status is not None
    return False
