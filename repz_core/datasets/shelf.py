"""Your own data sets: one file each in the folder `data` of the run root, and what may be asked of them. A leaf.

NAME.safetensors holds x, y and split as `Raw` has them, and in its head the card; so a card is read without the arrays,
and nothing is unpickled. On a machine that a run travelled to, its data set is in the cache as own/NAME@VERSION.
"""

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from repz_core.config import RepzError
from repz_core.datasets.cards import Card
from repz_core.home import cache_folder, home
from repz_core.locale import _

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
HEAD = "card"
KINDS = {"x": (np.uint8, np.float32), "y": (np.int64,), "split": (np.uint8,)}

Arrays = dict[str, NDArray[Any]]


def folder() -> Path:
    """Where they are kept."""
    return home() / "data"


def cards() -> dict[str, Card]:
    """All that are here, by name; a damaged file is passed over."""
    found = [_card(path, path.stem) for path in sorted(folder().glob("*.safetensors"))]
    return {card.name: card for card in found if card}


def find(name: str, version: str = "") -> Card | None:
    """The card of that name, of that version where there are several; None where there is none."""
    found = [_card(path, name) for path in _places(name, version)]
    known = [card for card in found if card]
    return next((card for card in known if card.version == version), known[0] if known else None)


def of_file(file: Path) -> Card:
    """The card of a data set in any file. Raises RepzError where there is none."""
    if card := _card(file, file.stem):
        return card
    raise _damaged(file.stem, file)


def path_of(card: Card) -> Path:
    """The file of a data set that is here."""
    paths = [path for path in _places(card.name, card.version) if _card(path, card.name) == card]
    if not paths:
        raise _damaged(card.name, folder() / f"{card.name}.safetensors")
    return paths[0]


def read(card: Card) -> Arrays:
    """x (N, n), y (N,) and split (N,). Raises RepzError where they are not what the card says."""
    path = path_of(card)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in KINDS}
    except (OSError, SafetensorError):
        raise _damaged(card.name, path) from None
    right = all(arrays[name].dtype in kinds for name, kinds in KINDS.items())
    if not right or version_of(arrays, card) != card.version:
        raise _damaged(card.name, path)
    return arrays


def version_of(arrays: Arrays, card: Card) -> str:
    """8 hex digits of SHA-256 over the arrays and what they mean: the version of a data set of one's own."""
    meaning = json.dumps([card.kind, card.shape, card.class_names])
    digest = hashlib.sha256(meaning.encode())
    for name in KINDS:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()[:8]


def adopt(file: Path, name: str) -> Card:
    """Keep the data set of a file under that name, whole or not at all; where the same is there, nothing happens.

    Raises RepzError for a name that is no name, or is taken by something else, and where nothing can be written.
    """
    path = folder() / f"{check_name(name)}.safetensors"
    card, there = of_file(file)._replace(name=name, title=name), _card(path, name)
    if there and there.version == card.version:
        return there
    if path.exists():
        raise taken(name)
    with _in_one_move(path) as draft:
        shutil.copyfile(file, draft)
    return card


def taken(name: str) -> RepzError:
    """The sentence for a name that another data set has."""
    fault = _("There is another data set {name} already; choose another name, or remove that one first.")
    return RepzError(fault.format(name=name))


def write(path: Path, arrays: Arrays, card: Card) -> Path:
    """Put a data set in a file, in one move. Raises RepzError where that cannot be."""
    with _in_one_move(path) as draft:
        save_file(
            {name: np.ascontiguousarray(arrays[name]) for name in KINDS}, draft, {HEAD: json.dumps(card._asdict())}
        )
    return path


@contextmanager
def _in_one_move(path: Path) -> Iterator[Path]:
    """A file beside `path` to be written, which takes its place at the end. Raises RepzError where that cannot be."""
    draft = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        os.replace(draft, path)
    except (OSError, SafetensorError) as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def check_name(name: str) -> str:
    """`name`, where it can be one. Raises RepzError else."""
    if not NAME.fullmatch(name):
        fault = _(
            "A data set's name is 1 to 40 of the letters a-z and A-Z, digits, _, - and ., e.g. leaves-32; got {given}."
        )
        raise RepzError(fault.format(given=repr(name[:60])))
    return name


def remove(name: str) -> None:
    """Delete it for good. Raises RepzError where it is not there."""
    path = folder() / f"{check_name(name)}.safetensors"
    try:
        path.unlink()
    except FileNotFoundError:
        fault = _("There is no data set of yours named {name}; yours are {known}.")
        raise RepzError(fault.format(name=name, known=", ".join(cards()) or "-")) from None
    except OSError as error:
        raise RepzError(_("{path} cannot be removed: {reason}.").format(path=path, reason=error.strerror)) from None


def _places(name: str, version: str) -> list[Path]:
    """Files that may hold it."""
    if not NAME.fullmatch(name):
        return []
    carried = cache_folder() / "own"
    return [
        folder() / f"{name}.safetensors",
        *([carried / f"{name}@{version}.safetensors"] if version.isalnum() else []),
    ]


def _card(path: Path, name: str) -> Card | None:
    """The card in a file, under the name that the file has now; None where there is none that can be read."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    card = _head(str(path), found.st_mtime_ns, found.st_size, found.st_ino)
    return card and card._replace(name=name, title=name)


@lru_cache(maxsize=512)
def _head(path: str, _changed: int, _size: int, _node: int) -> Card | None:
    try:
        with safe_open(path, framework="numpy") as file:
            values = json.loads((file.metadata() or {})[HEAD])
            shape, names = tuple(values.pop("shape")), tuple(map(str, values.pop("class_names")))
            card = Card(
                **values | {"shape": shape, "class_names": names, "span": (0.0, 1.0), "factors": (), "own": True}
            )
            whole = file.get_slice("x").get_shape() == [card.size, int(np.prod(card.shape))]
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    return card if whole else None


def _unwritable(path: Path, error: Exception) -> RepzError:
    fault = _("The data set cannot be written to {path}: {reason}; free that place or name another in REPZ_HOME.")
    return RepzError(fault.format(path=path, reason=getattr(error, "strerror", None) or error))


def _damaged(name: str, path: Path) -> RepzError:
    fault = _("The data set {name} is damaged or gone: {path} is not what was added; remove it and add it again.")
    return RepzError(fault.format(name=name, path=path))
