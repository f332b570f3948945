"""`python -m repz_core data`: your own data sets from the command line, which is also how a page adds them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from repz_core.config import RepzError
from repz_core.datasets import catalogue, shelf
from repz_core.datasets.bounds import MOST_MEMORY
from repz_core.datasets.cards import Card
from repz_core.locale import _


def add_commands(command: Callable[[str, Any, str], argparse.ArgumentParser]) -> None:
    """Give `data` its commands, add, list and remove: each is made by `command(name, function, text)`."""
    sub = command("add", add, "make a data set of npz, png, jpeg, IDX or CSV files, of a folder or a zip of them")
    sub.add_argument("path", type=Path, nargs="+", help="a file or a folder; IDX images and labels are two files")
    sub.add_argument("--name", help="default: the first file's, without its ending")
    sub.add_argument("--labels", type=Path, metavar="FILE", help="the IDX file of labels, as one more path")
    sub.add_argument("--side", "--size", help="pixels a side, 8 to 64; as they come, or 32 where they are larger")
    sub.add_argument("--grey", action="store_true", help="colour images become grey")
    sub.add_argument("--train", help="percent for training, 72 unless said")
    sub.add_argument("--validation", help="percent for validation, 8 unless said; the rest is for test")
    sub.add_argument("--seed", help="seed of the split")
    sub.add_argument("--draft", type=Path, metavar="FILE", help="write it there, and add nothing yet")
    command("list", list_, "list your own data sets")
    command("remove", remove, "delete one of your own data sets").add_argument("name")


def add(options: argparse.Namespace) -> None:
    """The data set that was added, or is there already."""
    from repz_core.datasets.intake import Options, take  # with Pillow, which other commands do not need
    from repz_core.limits import cap_memory

    paths = options.path + ([options.labels] if options.labels else [])
    chosen = ("side", "grey", "train", "validation", "seed")
    given = {name: getattr(options, name) for name in chosen if getattr(options, name) is not None}
    name = options.name or name_of(options.path[0])
    if options.draft:
        cap_memory(MOST_MEMORY)  # what a page was sent is not to take the machine
    arrays, card, said = take(paths, name, Options.of(given))
    if options.draft:
        shelf.write(options.draft, arrays, card)
    else:
        with TemporaryDirectory() as scratch:
            card = catalogue.adopt(shelf.write(Path(scratch) / "new.safetensors", arrays, card), name)
    if options.json:
        print(json.dumps(row(card) | {"said": said}))
    else:
        print("\n".join([f"{card.identity}: {card.description}", *said]))


def name_of(path: Path) -> str:
    """A name out of a file's: what cannot be in one becomes a hyphen."""
    stem = Path(path.stem).stem if path.suffix == ".gz" else path.stem
    name = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "-" for letter in stem)
    return name.strip("-_.")[:40] or "data"


def row(card: Card) -> dict[str, Any]:
    """A data set as JSON values."""
    return card._asdict() | {"identity": card.identity}


def list_(options: argparse.Namespace) -> None:
    """Your own data sets."""
    found = list(shelf.cards().values())
    if options.json:
        print(json.dumps([row(card) for card in found]))
    else:
        for card in found:
            print(f"{card.identity}: {card.description}")


def remove(options: argparse.Namespace) -> None:
    """Delete one that no run needs."""
    forget(options.name)
    print(json.dumps({"removed": options.name}) if options.json else options.name)


def forget(name: str) -> None:
    """Delete one of your own data sets for good. Raises RepzError where it is none, and where runs were trained on it:
    without it they could not be shown.
    """
    from repz_core.runs import RunStore

    if users := [run.id for run in RunStore().list() if run.recipe.dataset.partition("@")[0] == name]:
        fault = _("{name} is what {count} runs were trained on, {id} among them; delete those first.")
        raise RepzError(fault.format(name=name, count=len(users), id=users[0]))
    shelf.remove(name)
