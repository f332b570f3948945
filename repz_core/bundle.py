"""Several runs as one file: a zip of their archives, imported one by one, each trusted as little as one alone."""

import io
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from repz_core import archive
from repz_core.config import RepzError
from repz_core.locale import _
from repz_core.run import Run, replace_file
from repz_core.runs import RUN_ID, RunStore

MOST_RUNS = 50
MOST_BYTES = 200 * archive.MEGA  # of a bundle, which is held in memory


def packed(runs: Sequence[Run]) -> bytes:
    """The archive of one run; of several, a zip of their archives. Raises RepzError where they are too many."""
    if len(runs) == 1:
        return archive.packed(runs[0])
    if not 0 < len(runs) <= MOST_RUNS:
        raise RepzError(
            _("One file holds 1 to {most} runs; got {given}, so export them in parts.").format(
                most=MOST_RUNS, given=len(runs)
            )
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as bundle:
        for run in runs:
            entry = zipfile.ZipInfo(f"{run.id}.zip")
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            bundle.writestr(entry, archive.packed(run))
            if buffer.tell() > MOST_BYTES:
                raise RepzError(
                    _("One file holds runs of {most} MB together; export fewer at a time.").format(
                        most=MOST_BYTES // archive.MEGA
                    )
                )
    return buffer.getvalue()


def export(runs: Sequence[Run], path: Path) -> Path:
    """Write the runs to `path`, whole or not at all."""
    content = packed(runs)
    try:
        replace_file(path, content)
    except OSError as error:
        raise RepzError(
            _("{path} cannot be written: {reason}; name another place.").format(path=path, reason=error.strerror)
        ) from None
    return path


def import_(source: Path | bytes, store: RunStore) -> list[Run]:
    """The runs of an archive or bundle, in the store. Raises RepzError at the first that is none; those before stay."""
    given = source if isinstance(source, bytes) else archive.read(source, MOST_BYTES)
    return [archive.import_(part, store) for part in _parts(given)]


def _parts(given: bytes) -> list[bytes]:
    """The archives of a bundle, within bounds; whatever is no bundle is one archive, or will be refused as one."""
    if len(given) > MOST_BYTES or given.count(b"PK\x01\x02") > MOST_RUNS * archive.MOST_FILES:
        raise RepzError(
            _("A file of runs is at most {most} MB large; import fewer at a time.").format(
                most=MOST_BYTES // archive.MEGA
            )
        )
    try:
        with zipfile.ZipFile(io.BytesIO(given)) as bundle:
            entries = bundle.infolist()
            room = sum(entry.file_size for entry in entries) <= len(given)  # no byte of it is in two of them
            if not 0 < len(entries) <= MOST_RUNS or not room or not all(map(_is_archive, entries)):
                return [given]
            return [bundle.read(entry) for entry in entries]
    except archive.UNREADABLE:
        return [given]


def _is_archive(entry: zipfile.ZipInfo) -> bool:
    """Whether it can be a run's archive, kept as it is."""
    name, _dot, kind = entry.filename.partition(".")
    plain = entry.compress_type == zipfile.ZIP_STORED and entry.file_size == entry.compress_size
    return bool(RUN_ID.fullmatch(name)) and kind == "zip" and plain and not entry.flag_bits & 1
