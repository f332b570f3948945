"""What is given as data: files by name, out of paths, folders and zip archives, bounded before anything is read.

Nothing is unpacked by name: an archive's entries are read one by one, and their names only say which class they are of.
"""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from repz_core.config import RepzError
from repz_core.datasets.bounds import MEGA, MOST_BYTES, MOST_FILES, MOST_LISTING, MOST_UNPACKED
from repz_core.locale import _

PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")


class Given(NamedTuple):
    """A file by its name, "/" between folders, and how to read all of it; `size` is known before."""

    name: str
    size: int
    read: Callable[[], bytes]

    @property
    def base(self) -> str:
        """The name without folders."""
        return self.name.rpartition("/")[2]


def refused(name: str, reason: str) -> RepzError:
    """The one sentence for a file that is no data."""
    return RepzError(_("{name} cannot be taken as data: {reason}.").format(name=shown(name), reason=reason.rstrip(".")))


def shown(name: str) -> str:
    """A name from anywhere, printable and of bounded length."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in name)
    return clean if len(clean) <= 60 else f"{clean[:28]}...{clean[-28:]}"


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Whatever a damaged file makes Python raise is one sentence that names it."""
    try:
        yield
    except RepzError:
        raise
    except Exception as error:  # a file from anywhere can fail in any way
        words = (str(getattr(error, "strerror", None) or error).splitlines() or [""])[0][:120].split(". ")[0]
        raise refused(name, words or type(error).__name__) from None


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[list[Given]]:
    """The files of those paths, in the order of their names: of a folder and of an archive what is in them, without
    what systems leave there. Raises RepzError for links, for what is too much, and for an archive that is none.
    """
    with ExitStack() as archives:
        found = [each for path in paths for each in _below(path)]
        if sum(given.size for given, _path in found) > MOST_BYTES:
            raise _too_much(MOST_BYTES)
        files = [part for given, path in found for part in _unpacked(given, path, archives)]
        if len(files) > MOST_FILES or sum(each.size for each in files) > MOST_UNPACKED:
            raise _too_much(MOST_UNPACKED)
        yield sorted(files, key=lambda each: each.name)


def _too_much(most: int) -> RepzError:
    fault = _("That is too much for one data set: at most {most} MB in {files:,} files; leave some out.")
    return RepzError(fault.format(most=most // MEGA, files=MOST_FILES))


def _junk(name: str) -> bool:
    return any(part in JUNK or (part.startswith(".") and part.strip(".")) for part in name.split("/"))


def _below(path: Path) -> list[tuple[Given, Path]]:
    """The file, or the files in the folder; a link is neither."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise RepzError(_("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror)) from None
    if stat.S_ISREG(mode):
        return [_file(path, path.name)]
    if not stat.S_ISDIR(mode):
        raise refused(str(path), _("it is neither a file nor a folder"))
    found: list[tuple[Given, Path]] = []
    for parent, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not _junk(name))
        for name in names:
            file = Path(parent, name)
            if not _junk(name) and stat.S_ISREG(file.lstat().st_mode):
                found.append(_file(file, file.relative_to(path.parent).as_posix()))
        if len(found) > MOST_FILES:
            raise _too_much(MOST_UNPACKED)
    return found


def _file(path: Path, name: str) -> tuple[Given, Path]:
    size = path.stat().st_size

    def read() -> bytes:
        with reading(name), path.open("rb") as file:
            return file.read(size)

    return Given(name, size, read), path


def _unpacked(given: Given, path: Path, archives: ExitStack) -> list[Given]:
    """What is in the file where it is an archive, which `archives` closes; an npz file is a file."""
    with reading(given.name), path.open("rb") as file:
        if not file.read(4).startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return [given]
    with reading(given.name):
        archive = archives.enter_context(listed(archives.enter_context(path.open("rb"))))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if entries and all(entry.filename.endswith(".npy") for entry in entries):
            return [given]
        return [_entry(archive, entry) for entry in entries if not _junk(entry.filename)]


def listed(file: BinaryIO) -> zipfile.ZipFile:
    """An archive whose own list is not too long to be read. Raises what zipfile does, and RepzError."""
    file.seek(max(0, file.seek(0, io.SEEK_END) - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and len(tail) >= end + 22 and struct.unpack_from("<I", tail, end + 12)[0] > MOST_LISTING:
        raise _too_much(MOST_UNPACKED)
    return zipfile.ZipFile(file)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Given:
    name = entry.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        raise refused(name, _("its name leads out of the archive"))
    check_entry(entry)

    def read() -> bytes:
        with reading(name), archive.open(entry) as file:
            return file.read(entry.file_size)  # no more, whatever is packed; the sum of these is bounded

    return Given(name, entry.file_size, read)


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Raises RepzError for one that is no plain packed file."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or entry.compress_type not in PACKINGS:
        raise refused(entry.filename, _("it is a link, encrypted, or packed in a way of its own"))


def gunzipped(name: str, content: bytes) -> bytes:
    """`content` unpacked where it is gzip, else as it is. Raises RepzError for too much, and for a torn file."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    unpack = zlib.decompressobj(wbits=31)
    with reading(name):
        plain = unpack.decompress(content, MOST_UNPACKED + 1)
    if len(plain) > MOST_UNPACKED:
        raise _too_much(MOST_UNPACKED)
    if not unpack.eof:
        raise refused(name, _("it ends too early"))
    return plain
