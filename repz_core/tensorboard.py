"""A run's rows as an event file that TensorBoard opens, written without TensorBoard.

An event file is a sequence of records, each a length, its checksum, the data and their checksum; the data are an Event
in protocol buffers' form. The `tensorboard` package would write the same bytes, and bring gRPC, a web server and ten
more packages along.
"""

import math
import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from repz_core.config import RepzError
from repz_core.locale import _
from repz_core.run import Run, replace_file

VERSION = "brain.Event:2"
CASTAGNOLI = 0x82F63B78  # the polynomial of CRC-32C, reflected


def event_file(run: Run) -> bytes:
    """All that was logged of `run`, a scalar a column; metrics of the test images at its last step as test/NAME."""
    begun = os.stat(run.folder / "recipe.json").st_mtime
    events = [record(_time(begun) + _text(3, VERSION))]
    for row in run.events():
        values = {_tag(name): value for name, value in row.items() if name not in ("step", "seconds")}
        events.append(record(event(begun + row.get("seconds", 0.0), int(row["step"]), values)))
    status = run.status
    if status.metrics:
        values = {f"test/{name}": value for name, value in status.metrics.items()}
        events.append(record(event(begun + status.seconds, status.step, values)))
    return b"".join(events)


def file_name(run: Run) -> str:
    """As TensorBoard looks for it: it takes what has `tfevents` in its name."""
    return f"events.out.tfevents.{int(os.stat(run.folder / 'recipe.json').st_mtime):010d}.repz"


def write(run: Run, folder: Path) -> Path:
    """Write the event file into `folder`/RUN, which TensorBoard shows as that run. Raises RepzError where it cannot."""
    path = folder / run.id / file_name(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, event_file(run))
    except OSError as error:
        fault = _("{path} cannot be written: {reason}; name another place.")
        raise RepzError(fault.format(path=path, reason=error.strerror)) from None
    return path


def record(data: bytes) -> bytes:
    """One record of the file: uint64 length, its masked CRC-32C, the data, their masked CRC-32C; little-endian."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def event(when: float, step: int, values: Mapping[str, float]) -> bytes:
    """Event(wall_time=1, step=2, summary=5) with Summary(value=1) of Value(tag=1, simple_value=2)."""
    scalars = (_text(1, tag) + b"\x15" + _float(value) for tag, value in values.items())
    return _time(when) + b"\x10" + _varint(step) + _bytes(5, b"".join(_bytes(1, scalar) for scalar in scalars))


def masked(data: bytes) -> int:
    """CRC-32C of the data, turned by 15 bits and shifted by a constant, as the format has it."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: Iterable[int]) -> int:
    """Castagnoli's checksum (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _row_of_table(byte: int) -> int:
    for _bit in range(8):
        byte = byte >> 1 ^ CASTAGNOLI * (byte & 1)
    return byte


_TABLE = tuple(map(_row_of_table, range(256)))


def _tag(name: str) -> str:
    """What TensorBoard groups by: train/NAME, validation/NAME."""
    return f"validation/{name.removeprefix('val_')}" if name.startswith("val_") else f"train/{name}"


def _time(when: float) -> bytes:
    return b"\x09" + struct.pack("<d", when)


def _float(value: float) -> bytes:
    """In single precision; what is beyond it is infinite."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", math.copysign(math.inf, value))


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _bytes(field: int, data: bytes) -> bytes:
    """A field of delimited length (wire type 2)."""
    return bytes([field << 3 | 2]) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
