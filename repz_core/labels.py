"""What a person notes of runs: tags and a note. One small file a run in `labels` of the run root, shipped runs' too.

Written by the user interface alone, apart from the run's folder: no worker meets it, and a recording stays as it is.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import Field, field_validator

from repz_core.config import Config, RepzError, short
from repz_core.locale import N_, _
from repz_core.run import write_json

FOLDER = "labels"
MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 12, 40, 2000


class Label(Config):
    """Tags are single words, as a query names them; a note is any text."""

    tags: tuple[str, ...] = Field((), description=N_("words to find the run by"))
    note: str = Field("", max_length=LONGEST_NOTE, description=N_("what there is to say of the run"))

    @field_validator("tags")
    @classmethod
    def _words(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        if len(tags) > MOST_TAGS or not all(map(is_tag, tags)):
            raise ValueError("no tags")
        return tuple(dict.fromkeys(tags))


def is_tag(text: str) -> bool:
    """Whether `text` is one word that a query can name."""
    return 0 < len(text) <= LONGEST_TAG and text.isprintable() and not set(text) & set(' "')


def all_of(root: Path) -> dict[str, Label]:
    """The labels of a run root by run id; what cannot be read counts as none."""
    found = {}
    with suppress(OSError), os.scandir(root / FOLDER) as entries:
        for entry in entries:
            id, dot, kind = entry.name.partition(".")
            if (dot, kind) == (".", "json"):
                with suppress(OSError, ValueError, RecursionError):
                    found[id] = Label.model_validate(json.loads(Path(entry.path).read_bytes()))
    return found


def of(root: Path, id: str) -> Label:
    """The label of one run."""
    try:
        return Label.model_validate(json.loads(_path(root, id).read_bytes()))
    except (OSError, ValueError, RecursionError):
        return Label()


def write(root: Path, id: str, tags: Iterable[str], note: str) -> Label:
    """Label a run. Raises RepzError for what is no tag, and where it cannot be written."""
    words = [word.strip() for word in tags]
    wrong = [word for word in words if not is_tag(word)]
    if wrong or len(words) > MOST_TAGS:
        raise RepzError(
            _("A run has at most {most} tags, each one word of at most {letters} letters; got {given}.").format(
                most=MOST_TAGS, letters=LONGEST_TAG, given=short(wrong[0] if wrong else len(words))
            )
        )
    if len(note) > LONGEST_NOTE:
        raise RepzError(_("A note has at most {most} letters; got {given}.").format(most=LONGEST_NOTE, given=len(note)))
    label = Label(tags=tuple(words), note=note)
    try:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        write_json(_path(root, id), label.model_dump(mode="json"))
    except OSError as error:
        fault = _("What is noted of run {id} cannot be written: {reason}; make room in {root}.")
        raise RepzError(fault.format(id=id, reason=error.strerror, root=root)) from None
    return label


def add_tag(root: Path, id: str, tag: str) -> Label:
    """One tag more. Raises RepzError as `write` does."""
    label = of(root, id)
    return label if tag in label.tags else write(root, id, (*label.tags, tag), label.note)


def forget(root: Path, id: str) -> None:
    """Remove what is noted of a run that is gone for good."""
    with suppress(OSError):
        _path(root, id).unlink()


def _path(root: Path, id: str) -> Path:
    return root / FOLDER / f"{id}.json"
