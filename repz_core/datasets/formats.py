"""Arrays out of npz, IDX and CSV files. None is made before its header says that it may be; nothing is unpickled."""

import io
import re
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from repz_core.datasets.bounds import MOST_UNPACKED
from repz_core.datasets.given import Given, check_entry, gunzipped, listed, reading, refused
from repz_core.locale import _

NAMED_LABEL = ("label", "class", "y", "target")  # a CSV's column of classes, in small letters
IDX_BYTES = 0x08


class Found(NamedTuple):
    """What a file holds: numbers (N, ...) as they are, and labels (N,), numbers or text, None where it has none."""

    values: NDArray[Any]
    labels: NDArray[Any] | None


def npz(given: Given) -> Found:
    """The arrays x and y of an npz file."""
    with reading(given.name), listed(io.BytesIO(given.read())) as archive:
        entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        if "x" not in entries:
            known = ", ".join(sorted(entries))[:80] or "-"
            raise refused(
                given.name,
                _("an npz file needs an array x, and y where there are labels; it has {known}").format(known=known),
            )
        arrays = {}
        for name in ("x", "y"):
            if name in entries:
                check_entry(entries[name])
                with archive.open(entries[name]) as file:
                    arrays[name] = _npy(given.name, name, file)
    return Found(arrays["x"], arrays.get("y"))


def _npy(file_name: str, name: str, file: Any) -> NDArray[Any]:
    """The array of a file in NumPy's format, read once its header is within bounds."""
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise refused(file_name, _("its array {name} is of an unknown version").format(name=name))
    shape, by_columns, dtype = read(file)
    if dtype.hasobject or dtype.names or dtype.kind not in "biufU":
        raise refused(
            file_name, _("its array {name} holds {kind}, neither numbers nor text").format(name=name, kind=dtype)
        )
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size > MOST_UNPACKED or min(shape, default=0) < 0:
        raise refused(file_name, _("its array {name} is too large").format(name=name))
    content = file.read(size)
    if len(content) != size or file.read(1):
        raise refused(file_name, _("its array {name} has not the size that its header says").format(name=name))
    return np.frombuffer(content, dtype).reshape(shape, order="F" if by_columns else "C")


def is_idx(content: bytes) -> bool:
    """Whether it begins as an IDX file does: two zeros, a type, and one to four dimensions."""
    return len(content) > 4 and content[:2] == b"\0\0" and 8 <= content[2] <= 14 and 1 <= content[3] <= 4


def idx(given: Given, content: bytes) -> NDArray[np.uint8]:
    """The array of an IDX file, as MNIST's come."""
    kind, dims = content[2], content[3]
    if kind != IDX_BYTES:
        raise refused(
            given.name, _("an IDX file must hold unsigned bytes (type 8); it has type {kind}").format(kind=kind)
        )
    start = 4 + 4 * dims
    if len(content) < start:
        raise refused(given.name, _("it ends too early"))
    shape = struct.unpack_from(f">{dims}I", content, 4)
    size = int(np.prod(shape, dtype=object))
    if len(content) - start != size:
        fault = _("its header says {shape}, which is {wanted:,} bytes; it has {given:,}")
        shape_words = " x ".join(map(str, shape))
        raise refused(given.name, fault.format(shape=shape_words, wanted=size, given=len(content) - start))
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def idx_pairs(parts: Sequence[tuple[Given, NDArray[np.uint8]]]) -> Found:
    """Images with their labels, out of IDX files: train-images goes with train-labels, or one with the only other."""
    images = [part for part in parts if part[1].ndim > 1]
    labels = [part for part in parts if part[1].ndim == 1]
    if not images:
        raise refused(parts[0][0].name, _("it holds labels alone; add the file of the images"))
    if not labels:
        return Found(_joined(images), None)
    by_stem = {_stem(given): (given, array) for given, array in labels}
    if len(images) == len(labels) == 1:
        chosen = [labels[0]]
    else:
        chosen = [by_stem[_stem(given)] for given, _array in images if _stem(given) in by_stem]
        if len(chosen) != len(images) or len(labels) != len(images):
            raise refused(
                images[0][0].name, _("each file of images needs one of labels, as train-images and train-labels")
            )
    for (given, array), (other, classes) in zip(images, chosen, strict=True):
        if len(array) != len(classes):
            fault = _("it has {images:,} images, and {name} {labels:,} labels")
            raise refused(given.name, fault.format(images=len(array), name=other.base, labels=len(classes)))
    return Found(_joined(images), np.concatenate([array for _given, array in chosen]))


def _stem(given: Given) -> str:
    """What names of images and of their labels have in common: "train" of train-images-idx3-ubyte.gz."""
    return re.split(r"[-_.]?(?:images?|labels?)", given.name, maxsplit=1)[0]


def _joined(parts: Sequence[tuple[Given, NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    shapes = {array.shape[1:] for _given, array in parts}
    if len(shapes) > 1:
        raise refused(
            parts[1][0].name, _("its images are of another size than those of {name}").format(name=parts[0][0].base)
        )
    return np.concatenate([array for _given, array in parts])


def csv(given: Given) -> Found:
    """The numbers of a table, a row an example; a column named label, class, y or target holds the classes."""
    content = gunzipped(given.name, given.read())
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig")
    try:
        first = lines.readline(1_000_000).strip()
        delimiter = next((sign for sign in ",;\t" if sign in first), ",")
        names = [field.strip().strip('"').strip() for field in first.split(delimiter)]
        header = not all(_number(name) for name in names)
        label = next((i for i, name in enumerate(names) if header and name.lower() in NAMED_LABEL), None)
        columns = [i for i in range(len(names)) if i != label]
        if not columns:
            raise refused(given.name, _("it has no column of numbers"))
        if not header:
            lines.seek(0)
        start = lines.tell()
        if not lines.read(1000).strip():
            raise refused(given.name, _("it has no rows"))

        def table(dtype: Any, wanted: Any) -> NDArray[Any]:
            lines.seek(start)
            return np.loadtxt(lines, dtype, comments=None, delimiter=delimiter, quotechar='"', usecols=wanted, ndmin=2)

        with reading(given.name):
            values = table(np.float32, None if label is None else columns)
            return Found(values, None if label is None else np.char.strip(table(str, [label])[:, 0]))
    except UnicodeDecodeError:
        raise refused(given.name, _("it is no npz, zip, IDX or CSV file")) from None


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
