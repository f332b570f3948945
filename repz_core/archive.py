"""A run as one file: its folder zipped, without locks, wishes and states. Export packs one, import checks one.

Nothing of a foreign file reaches the store as it came: each part is parsed, held against what a run can be, and written
anew. Nothing is unpickled, nothing is unpacked by name.
"""

import gzip
import io
import json
import math
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.events import VOCABULARY
from repz_core.locale import _
from repz_core.run import Control, Run, replace_file, write_json
from repz_core.runs import RUN_ID, RunStore, run_id
from repz_core.status import ENDED, Status

MEGA = 1_000_000
MOST_BYTES = 64 * MEGA  # of an archive; a run is 40 MB at the very most
MOST_UNPACKED, MOST_RATIO = 128 * MEGA, 100  # bytes of all parts together, and how much smaller one may be packed
MOST_FILES, MOST_LINES = 200, 4000
MOST_TEXT, MOST_LOG, MOST_FRAME = MEGA, 8 * MEGA, 32 * MEGA  # bytes of a JSON file, of the log, of a frame's arrays
EXPORTED = re.compile(
    r"recipe\.json|status\.json|events\.jsonl(\.gz)?|weights\.safetensors|snapshots/\d{7}\.safetensors\.gz"
)
TERM = re.compile(r"[a-z][a-z0-9_]{0,60}")
WEIGHT = re.compile(r"model\.[a-zA-Z0-9_.]{1,100}")
KINDS = {np.dtype(name) for name in ("float16", "float32", "float64", "int64", "int32", "uint8", "bool")}
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, SafetensorError, struct.error, EOFError, KeyError, NotImplementedError, OSError,
    OverflowError, RuntimeError, ValueError,
)  # fmt: skip


def export(run: Run, path: Path) -> Path:
    """Write `run`, which has ended, to the zip file `path`, whole or not at all."""
    content = packed(run)
    try:
        replace_file(path, content)
    except OSError as error:
        fault = _("Run {id} cannot be written to {path}: {reason}; name another place.")
        raise RepzError(fault.format(id=run.id, path=path, reason=error.strerror)) from None
    return path


def packed(run: Run) -> bytes:
    """The archive of `run`. Raises RepzError where it has not ended, or cannot be read."""
    if run.status.state not in ENDED:
        raise RepzError(_("Run {id} is under way; export it once it has ended.").format(id=run.id))
    files = [file for file in sorted(run.folder.rglob("*")) if EXPORTED.fullmatch(_name_in(run, file))]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{run.id}/{_name_in(run, file)}")  # of 1980: the same run, the same bytes
            entry.compress_type = zipfile.ZIP_STORED if file.suffix == ".gz" else zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            try:
                archive.writestr(entry, file.read_bytes())
            except OSError as error:
                fault = _("Run {id} cannot be read: {reason}; it may just have been deleted.")
                raise RepzError(fault.format(id=run.id, reason=error.strerror)) from None
    return buffer.getvalue()


def _name_in(run: Run, file: Path) -> str:
    return file.relative_to(run.folder).as_posix()


def import_(source: bytes | Path, store: RunStore) -> Run:
    """The run of an exported file, put into `store`; the one that is there where it is known and done.

    Raises RepzError with one sentence for whatever is no such file, and then leaves nothing behind.
    """
    try:
        given = source if isinstance(source, bytes) else read(source)
        files = _files(given)
        recipe, status, rows = _recipe(files), _status(files), _rows(files)
        frames = _frames(files, [row["frame"] for row in rows if "frame" in row])
        weights = _weights(files, status)
    except RepzError:
        raise
    except UNREADABLE as error:
        reason = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise _refused(reason) from None
    if status.step > recipe.training.steps or any(row.get("step", 0) > recipe.training.steps for row in rows):
        raise _refused(_("it has more steps than its recipe"))
    if found := store.find(recipe):
        if found.status.state == "done":
            return found
        fault = _("Run {id} is here already and has not come to its end; delete it before importing another.")
        raise RepzError(fault.format(id=found.id))
    return _write(store, recipe, status, rows, frames, weights)


def _refused(reason: str) -> RepzError:
    words = _("This is no run exported by the lab: {reason}; export it again with python -m repz_core export.")
    return RepzError(words.format(reason=reason.rstrip(".")))


def read(path: Path, most: int = MOST_BYTES) -> bytes:
    """A file from outside; of a larger one than `most` bytes, one byte more than that."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise RepzError(_("{path} cannot be read: {reason}.").format(path=path, reason=error.strerror)) from None


def _files(packed: bytes) -> dict[str, bytes]:
    """The archive's files by their names in the run's folder, and under "id" the folder's name; all within bounds."""
    if len(packed) > MOST_BYTES:
        raise _refused(_("it is larger than {size} MB").format(size=MOST_BYTES // MEGA))
    if packed.count(b"PK\x01\x02") > 2 * MOST_FILES:  # each entry begins so: their number, before any is read
        raise _refused(_("it holds too many files"))
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        entries = [entry for entry in archive.infolist() if not _is_folder(entry)]
        if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise _refused(_("it holds too much"))
        for entry in entries:
            id, _slash, name = entry.filename.partition("/")
            _check(entry, id, name, found)
            found["id"] = id.encode()
            with archive.open(entry) as file:
                found[name] = file.read(entry.file_size)  # no more, whatever is packed; the sum of these is bounded
    if missing := {"recipe.json", "status.json"} - found.keys():
        raise _refused(_("it has no {name}").format(name=min(missing)))
    return found


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    """Whether it is the run's folder or the one of its frames, which archivers list too."""
    id, _slash, name = entry.filename.partition("/")
    return bool(RUN_ID.fullmatch(id)) and name in ("", "snapshots/") and entry.file_size == 0 and entry.is_dir()


def _check(entry: zipfile.ZipInfo, id: str, name: str, found: Mapping[str, bytes]) -> None:
    """Raises RepzError for an entry that no run has."""
    shown = entry.orig_filename[:60]
    if not RUN_ID.fullmatch(id) or not EXPORTED.fullmatch(name) or found.get("id", id.encode()) != id.encode():
        raise _refused(_("{name!r} is no file of a run").format(name=shown))
    if name in found or entry.orig_filename != entry.filename:
        raise _refused(_("{name!r} is there twice").format(name=shown))
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.flag_bits & 1 or entry.compress_type not in PACKINGS:
        raise _refused(_("{name!r} is a link, encrypted, or packed in a way of its own").format(name=shown))
    if entry.file_size > MOST_RATIO * max(entry.compress_size, 100):
        raise _refused(_("{name!r} is packed tighter than a run's files are").format(name=shown))


def _unzipped(data: bytes, most: int) -> bytes:
    """What was gzipped. Raises RepzError where it is more than `most` bytes."""
    unpack = zlib.decompressobj(wbits=31)
    content = unpack.decompress(data, most + 1)
    if len(content) > most:
        raise _refused(_("a part of it unpacks to too much"))
    if not unpack.eof or unpack.unused_data:
        raise _refused(_("a part of it is torn"))
    return content


def _json(files: Mapping[str, bytes], name: str) -> Any:
    if len(files[name]) > MOST_TEXT:
        raise _refused(_("its {name} is too long").format(name=name))
    return _parsed(files[name])


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise _refused(_("its values are nested too deep")) from None


def _recipe(files: Mapping[str, bytes]) -> Recipe:
    """The recipe, whose digest is the folder's name."""
    recipe = recipes.parse(_json(files, "recipe.json"))
    if run_id(recipe) != files["id"].decode():
        raise _refused(_("its recipe is that of {id}").format(id=run_id(recipe)))
    return recipe


def _status(files: Mapping[str, bytes]) -> Status:
    status = Status.parse(_json(files, "status.json"))
    names = [*status.metrics, *status.validation]
    if status.state not in ENDED or status.step < 0 or len(names) > 100 or not all(map(TERM.fullmatch, names)):
        raise _refused(_("its status is none of a run that has ended"))
    return status.replace(message=status.message[:500])


def _rows(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The log's rows: numbers by name after ascending steps, and the frames'."""
    if "events.jsonl" in files and "events.jsonl.gz" in files:
        raise _refused(_("it has two logs"))
    log = files.get("events.jsonl", b"")
    if "events.jsonl.gz" in files:
        log = _unzipped(files["events.jsonl.gz"], MOST_LOG)
    lines = log.split(b"\n")
    if len(log) > MOST_LOG or len(lines) > MOST_LINES:
        raise _refused(_("its log is too long"))
    rows = [_row(line) for line in lines if line]
    for kind in ("step", "frame"):
        places = [row[kind] for row in rows if kind in row]
        if places != sorted(set(places)):
            raise _refused(_("its log goes back"))
    return rows


def _row(line: bytes) -> dict[str, Any]:
    row = _parsed(line)
    if not isinstance(row, dict) or ("step" in row) == ("frame" in row) or ("frame" in row and len(row) > 1):
        raise _refused(_("a line of its log is no row"))
    numbers = {name: value for name, value in row.items() if name not in ("step", "frame")}
    place = row.get("step", row.get("frame"))
    if type(place) is not int or not 0 <= place < 10_000_000 or len(row) > 200:
        raise _refused(_("a line of its log is no row"))
    for name, value in numbers.items():
        if not TERM.fullmatch(name) or type(value) not in (int, float) or not math.isfinite(value):
            raise _refused(_("a line of its log holds something else than finite numbers"))
    return row


def _frames(files: Mapping[str, bytes], steps: list[int]) -> dict[str, bytes]:
    """The frames that the log tells of, each packed anew: {"snapshots/0000000.safetensors.gz": bytes, ...}."""
    packed, room = {}, MOST_UNPACKED
    for step in steps:
        name = f"snapshots/{step:07d}.safetensors.gz"
        if name not in files:
            raise _refused(_("it has no frame of step {step}").format(step=step))
        content = _unzipped(files[name], min(MOST_FRAME, room))
        room -= len(content)
        arrays = load(content)
        for key, array in arrays.items():
            known = VOCABULARY.get(key)
            if known is None or array.dtype != known.dtype or array.ndim != known.dims.count(",") + 1 or not array.size:
                raise _refused(_("its frame of step {step} holds an array that no run has").format(step=step))
        packed[name] = gzip.compress(save(arrays), 6, mtime=0)
    if surplus := {name for name in files if name.startswith("snapshots/")} - packed.keys():
        raise _refused(_("its log does not tell of {name}").format(name=min(surplus)))
    return packed


def _weights(files: Mapping[str, bytes], status: Status) -> bytes | None:
    """The weights of a run that is done, written anew; None where there are none."""
    if "weights.safetensors" not in files:
        if status.state == "done":
            raise _refused(_("it is done and has no weights"))
        return None
    arrays = load(files["weights.safetensors"])
    if not all(WEIGHT.fullmatch(name) and array.dtype in KINDS for name, array in arrays.items()):
        raise _refused(_("its weights are none of a model"))
    return save(arrays)


def _write(
    store: RunStore, recipe: Recipe, status: Status, rows: list[dict[str, Any]], frames: Mapping[str, bytes],
    weights: bytes | None,
) -> Run:  # fmt: skip
    """The run's folder in the store, whole or not at all."""
    folder = store.root / run_id(recipe)
    try:
        store.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=store.root) as scratch:
            draft = Path(scratch) / folder.name
            (draft / "snapshots").mkdir(parents=True)
            write_json(draft / "recipe.json", recipe.plain())
            write_json(draft / "status.json", status.model_dump())
            write_json(draft / "control.json", Control().model_dump())
            lines = [json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows]
            (draft / "events.jsonl").write_bytes(b"".join(lines))
            for name, content in frames.items():
                (draft / name).write_bytes(content)
            if weights is not None:
                (draft / "weights.safetensors").write_bytes(weights)
            draft.rename(folder)
    except OSError as error:
        fault = _(
            "The run cannot be written to {folder}: {reason}; free that place or name another, e.g. in REPZ_HOME."
        )
        raise RepzError(fault.format(folder=folder, reason=error.strerror)) from None
    return Run(folder)
