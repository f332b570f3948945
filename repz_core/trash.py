"""Deleted runs, kept aside in the run root for an undo: the last few alone, and none where room is short."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from repz_core import labels
from repz_core.config import RepzError
from repz_core.locale import _

FOLDER = "trash"
KEPT = 20  # the ones that were deleted last; those before them are gone for good


def discard(folder: Path) -> None:
    """Move a run's folder into the trash beside it, and let go of the oldest there. Raises OSError."""
    trash = folder.parent / FOLDER
    trash.mkdir(exist_ok=True)
    place = trash / folder.name
    if place.exists():  # deleted before, then trained anew
        shutil.rmtree(place)
    folder.rename(place)
    after = max((_mtime(other) for other in _folders(trash) if other != place), default=0)
    os.utime(place, ns=(after + 1, after + 1))  # their order, whatever the clock says
    empty(folder.parent, keep=KEPT)


def discarded(root: Path) -> list[str]:
    """Ids of the runs that can be restored, the one that was deleted last first."""
    return [folder.name for folder in sorted(_folders(root / FOLDER), key=_mtime, reverse=True)]


def restore(root: Path, id: str) -> Path:
    """The run's folder, back in its place. Raises RepzError where that cannot be."""
    if (root / id).exists():
        raise RepzError(_("Run {id} is here again already: it was trained or imported anew.").format(id=id))
    if id not in discarded(root):
        words = _("Run {id} is gone for good: the last {count} that were deleted are kept, unless room is short.")
        raise RepzError(words.format(id=id, count=KEPT))
    try:
        (root / FOLDER / id).rename(root / id)
    except OSError as error:
        raise RepzError(_("Run {id} cannot be restored: {reason}.").format(id=id, reason=error.strerror)) from None
    return root / id


def empty(root: Path, keep: int = 0) -> list[str]:
    """Remove for good what is in the trash, but for the last `keep`; the ids that are gone."""
    gone = discarded(root)[keep:]
    for id in gone:
        with suppress(OSError):
            shutil.rmtree(root / FOLDER / id)
            if not (root / id).exists():  # it may have been trained anew
                labels.forget(root, id)
    return gone


def _folders(trash: Path) -> list[Path]:
    with suppress(OSError):
        return [folder for folder in trash.iterdir() if folder.is_dir()]
    return []


def _mtime(folder: Path) -> int:
    with suppress(OSError):
        return folder.stat().st_mtime_ns
    return 0
