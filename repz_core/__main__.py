"""The command line: `python -m repz_core COMMAND`. Faults are one sentence on standard error and exit code 2."""

import argparse
import json
import math
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from repz_core import archive, recipes
from repz_core.config import MOST_STEPS, Recipe, RepzError, leaf_paths
from repz_core.datasets import catalogue
from repz_core.datasets import command as data
from repz_core.locale import _
from repz_core.player import player
from repz_core.run import SHIPPED, Run
from repz_core.runs import RunStore, run_id
from repz_core.script import script


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 1 where `doctor` found a fault, 2 where the command itself failed."""
    try:
        options = _parser().parse_args(arguments)
        faults: bool | None = options.command(options)
    except RepzError as error:
        print(f"repz_core: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if faults else 0


class _Parser(argparse.ArgumentParser):
    """A parser whose faults are ours: one sentence."""

    def error(self, message: str) -> NoReturn:
        """Raises RepzError in place of a usage text."""
        raise RepzError(_("{fault}; see {program} --help.").format(fault=message, program=self.prog))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m repz_core", description="Train, look at and check runs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    command("methods", methods, "list the families and their settings")
    command("datasets", datasets, "list the data sets").add_argument(
        "--prepare", action="store_true", help="build those that need no network, so that the first run need not"
    )
    data.add_commands(commands.add_parser("data", help="your own data sets", description="Your own data sets."))
    sub = command("train", train, "train a run here and now; the last line printed is its summary")
    sub.add_argument("method")
    sub.add_argument("--dataset", required=True)
    sub.add_argument("--set", action="append", default=[], metavar="a.b=v", help="a setting, e.g. model.k=2")
    limit = sub.add_mutually_exclusive_group()
    limit.add_argument("--steps", type=int, help="optimiser steps")
    limit.add_argument("--seconds", type=float, help="stop after this long, whatever the steps")
    sub.add_argument("--seed", type=int)
    sub.add_argument("--out", type=_folder, metavar="DIR", help="folder of the run (default: in the run root)")
    sub = command("evaluate", evaluate, "a finished run's metrics on the test part of a data set")
    sub.add_argument("run", help="a run's id or folder")
    sub.add_argument("--dataset", help="default: the run's own")
    command("runs", runs, "list the runs")
    command("doctor", doctor, "say what is wrong with this installation, and what to do about it")
    sub = command("export", export, "write a run to one file, for another machine")
    sub.add_argument("run", help="a run's id or folder")
    sub.add_argument("--out", type=Path, metavar="FILE", help="default: the run's id, here, as .zip")
    sub = command("script", script_, "print the Python script that trains a run again")
    sub.add_argument("run", help="a run's id or folder")
    sub.add_argument("--out", type=Path, metavar="FILE", help="write it there")
    sub = command("player", player_, "write runs to one HTML file that plays without a server")
    sub.add_argument("run", nargs="+", help="a run's id or folder; several play side by side")
    sub.add_argument("--out", type=Path, metavar="FILE", help="default: the first run's id, here, as .html")
    command("import", import_, "put an exported run into the run root").add_argument("file", type=Path)
    command("checkpoints", checkpoints, "rebuild the shipped runs from their recipes")
    return parser


def _folder(text: str) -> Path:
    """The path of an option; an empty one would be the folder we stand in."""
    if not text:
        raise argparse.ArgumentTypeError(_("a folder's name must not be empty"))
    return Path(text)


def methods(options: argparse.Namespace) -> None:
    """Families with their settings."""
    found = [
        {"name": name, "title": recipes.family(name).TITLE, "settings": leaf_paths(recipes.family(name).Recipe)}
        for name in recipes.names()
    ]
    _print(options, found, lambda row: f"{row['name']:14} {row['title']}")


def datasets(options: argparse.Namespace) -> None:
    """Data sets with their shapes."""
    if options.prepare:
        from repz_core.datasets import prepare

        for line in prepare():
            print(line)
        return
    found = [card._asdict() for card in catalogue.cards().values()]
    _print(options, found, lambda row: f"{row['name']:10} {row['size']:6} x {row['shape']}  {row['description']}")


def train(options: argparse.Namespace) -> None:
    """Train in this process; stops after --seconds, or by Ctrl-C, keeping what there is."""
    from repz_core.executors.work import summary, work  # torch takes seconds: before a supervisor can see the run

    recipe = asked_recipe(options)
    store = RunStore()
    folder = options.out.absolute() if options.out else store.root / run_id(recipe)
    known = Run(folder) if (folder / "recipe.json").exists() else None
    if known and known.recipe.digest() != recipe.digest():
        raise RepzError(_("{folder} holds another run; name a new folder.").format(folder=folder))
    run = known or store.create(recipe, folder)
    if run.status.state == "done":
        print(summary(run, run.status))
        return
    if not run.locked():
        run.steer(desired="run")  # a page may have stopped it
    leave = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_signal: leave.set())
    try:
        status = work(run, seconds=options.seconds, interrupted=lambda: "stopped" if leave.is_set() else None)
    except BlockingIOError:
        raise RepzError(_("Run {id} is being trained by another process.").format(id=run.id)) from None
    except OSError as error:
        raise run.unwritable(error) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if status.state == "failed":
        raise RepzError(status.message)
    print(summary(run, status))


def asked_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe of a command's options: the default one with --set, --steps and --seed."""
    changes: dict[str, Any] = {}
    if options.seconds is not None:
        if not 0 < options.seconds < math.inf:
            raise RepzError(_("--seconds must be more than 0; got {given}.").format(given=options.seconds))
        changes["training.steps"] = MOST_STEPS  # the clock ends it
    for item in options.set:
        path, sign, value = item.partition("=")
        if not sign:
            raise RepzError(_("--set takes a.b=v, e.g. model.k=2; got '{given}'.").format(given=item))
        changes[path] = value
    if options.steps is not None:
        changes["training.steps"] = options.steps
    if options.seed is not None:
        changes["seed"] = options.seed
    recipe = recipes.default(options.method, options.dataset).replace(**changes)
    return recipes.parse(recipe.plain())


def evaluate(options: argparse.Namespace) -> None:
    """The metrics as one JSON object."""
    run = _run_of(options)
    dataset = options.dataset or run.recipe.dataset
    catalogue.card(dataset)
    from repz_core import engine
    from repz_core.writer import rounded

    print(json.dumps(rounded(engine.evaluate(run.model(), dataset))))


def _run_of(options: argparse.Namespace) -> Run:
    """The run that a command names by its id or its folder."""
    return _run_named(options.run)


def _run_named(name: str) -> Run:
    return Run(Path(name).absolute()) if os.path.isdir(name) else RunStore().open(name)


def export(options: argparse.Namespace) -> None:
    """The file that was written."""
    run = _run_of(options)
    file = archive.export(run, options.out or Path(f"{run.id}.zip"))
    _print(options, [{"id": run.id, "file": str(file)}], lambda row: row["file"])


def script_(options: argparse.Namespace) -> None:
    """The script, or the file that it was written to."""
    run = _run_of(options)
    text = script(run.recipe)
    if options.out:
        _write(options.out, text)
    row = {"id": run.id, "file": str(options.out)} if options.out else {"id": run.id, "script": text}
    _print(options, [row], lambda row: row.get("file", text.rstrip()))


def player_(options: argparse.Namespace) -> None:
    """The file that was written."""
    found = [_run_named(name) for name in options.run]
    file = options.out or Path(f"{found[0].id}.html")
    _write(file, player(found))
    _print(options, [{"ids": [run.id for run in found], "file": str(file)}], lambda row: row["file"])


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fault = _("{path} cannot be written: {reason}; name another place.")
        raise RepzError(fault.format(path=path, reason=error.strerror)) from None


def import_(options: argparse.Namespace) -> None:
    """The run that was put into the run root."""
    run = archive.import_(options.file, RunStore())
    _print(options, [{"id": run.id, "folder": str(run.folder)}], lambda row: row["id"])


def runs(options: argparse.Namespace) -> None:
    """All runs with where they stand."""
    found = [
        {"id": run.id, "method": run.recipe.method, "dataset": run.recipe.dataset, "folder": str(run.folder)}
        | run.status.model_dump()
        for run in RunStore().list()
    ]
    _print(options, found, lambda row: f"{row['id']}  {row['state']:8} step {row['step']:6}  {row['dataset']}")


def doctor(options: argparse.Namespace) -> bool:
    """Findings as they come; whether any of them is a fault."""
    from repz_core.doctor import examine

    found = []
    for finding in examine():
        found.append(finding)
        if not options.json:
            print(finding.line(), flush=True)
    if options.json:
        print(json.dumps([finding._asdict() | {"ok": not finding.remedy} for finding in found]))
    return any(finding.remedy for finding in found)


def checkpoints(options: argparse.Namespace) -> None:
    """Rebuild checkpoints/; a run whose recipe and code have not changed is left alone."""
    from repz_core import classifier
    from repz_core.shipped import build

    for path, accuracy in classifier.build(classifier.FOLDER):  # which GANs on images are judged by
        _print(options, [{"classifier": path.stem, "accuracy": accuracy}], str)
    for run in build(SHIPPED):
        _print(options, [{"id": run.id, **run.status.metrics}], str)


def _print(options: argparse.Namespace, rows: list[Any], line: Any) -> None:
    print(json.dumps(rows) if options.json else "\n".join(line(row) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
