"""What travels between a run's home and the node that trains it: its folder, as bytes under file names.

The node gets the folder as it is, works on a copy, and sends home what is new. What it sends is ordered so that the
home folder is whole after each single change: no row without its frame, no state ahead of its log, no "done" without
weights. So a node may die at any moment, and whoever goes on from the home folder loses and doubles nothing.
"""

from pathlib import Path
from typing import NamedTuple

from repz_core.run import replace_file

LOG = "events.jsonl"


class Change(NamedTuple):
    """A file of that name has this content (None: it is gone); of the log, what follows its first `offset` bytes."""

    name: str
    content: bytes | None
    offset: int = 0


def pack(folder: Path) -> dict[str, bytes]:
    """All that a run folder holds, without its lock and half-written files."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if path.name != "lock"}


def unpack(files: dict[str, bytes], folder: Path) -> None:
    """The inverse of `pack`, into a new folder."""
    folder.mkdir()
    apply(folder, [Change(name, content) for name, content in files.items()])


def apply(folder: Path, changes: list[Change]) -> None:
    """Make the changes, in their order, each in one move. Raises OSError where the disk does not take them."""
    for name, content, offset in changes:
        path = folder / name
        if content is None:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(exist_ok=True)
        if name == LOG:
            with path.open("ab") as log:
                log.truncate(offset)  # of what a killed process left of a last line
                log.write(content)
        else:
            replace_file(path, content)


class Outbox:
    """Collects what is new in a run folder that somebody else writes."""

    def __init__(self, folder: Path) -> None:
        """All that is there now counts as known."""
        self.folder = folder
        self.known = {name: _stamp(folder / name) for name in pack(folder)}
        self.offset = (folder / LOG).read_bytes().rfind(b"\n") + 1 if LOG in self.known else 0

    def collect(self) -> list[Change]:
        """What changed since the last call, to be applied in that order.

        What must not come first is read first: a state before the log that leads to it, the log before the frames it
        tells of, the status before all.
        """
        gone = [name for name in self.known if not (self.folder / name).exists()]
        status = self._changed("status.json")
        state = self._newest_state()
        weights = self._changed("weights.safetensors")
        log = self._lines()
        frames = [change for path in self._listed("snapshots") for change in self._changed(f"snapshots/{path.name}")]
        look = self._changed("now.safetensors.gz")
        for name in gone:
            self.known.pop(name, None)
        return [*frames, *look, *log, *state, *weights, *status, *(Change(name, None) for name in gone)]

    def _changed(self, name: str) -> list[Change]:
        path = self.folder / name
        try:
            stamp = _stamp(path)
            if self.known.get(name) == stamp:
                return []
            content = path.read_bytes()
        except FileNotFoundError:
            return []
        self.known[name] = stamp
        return [Change(name, content)]

    def _newest_state(self) -> list[Change]:
        """That of the highest step, if it is new; another may take its place while we look."""
        while states := self._listed("states"):
            change = self._changed(f"states/{states[-1].name}")
            if change or states[-1].exists():
                return change
        return []

    def _listed(self, name: str) -> list[Path]:
        return sorted((self.folder / name).glob("[0-9]*"))

    def _lines(self) -> list[Change]:
        """The whole lines that the log has gained."""
        path, offset = self.folder / LOG, self.offset
        if not path.exists():
            return []
        with path.open("rb") as log:
            log.seek(offset)
            gained = log.read()
        whole = gained[: gained.rfind(b"\n") + 1]
        self.offset += len(whole)
        return [Change(LOG, whole, offset)] if whole else []


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
