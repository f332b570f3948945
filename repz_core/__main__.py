"""The command line: `python -m repz_core COMMAND`. Faults are one sentence on standard error and exit code 2."""

import argparse
import json
import math
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from repz_core import bundle, listing, query, recipes, sweep_command, tensorboard
from repz_core.config import MOST_STEPS, Recipe, RepzError, leaf_paths
from repz_core.datasets import catalogue
from repz_core.datasets import command as data
from repz_core.handbook import handbook
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

    def command(name: str, function: Any, text: str, among: Any = commands) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = among.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument("--json", action="store_true", help="print JSON")
        return sub

    command("methods", methods, "list the families and their settings").add_argument(
        "--markdown", action="store_true", help="print docs/methods.md"
    )
    command("datasets", datasets, "list the data sets").add_argument(
        "--prepare", action="store_true", help="build those that need no network, so that the first run need not"
    )
    own = commands.add_parser("data", help="your own data sets", description="Your own data sets.")
    data.add_commands(partial(command, among=own.add_subparsers(required=True, metavar="add|list|remove")))
    sub = command("train", train, "train a run here and now; the last line printed is its summary")
    limit = _add_recipe(sub)
    limit.add_argument("--seconds", type=float, help="stop after this long, whatever the steps")
    sub.add_argument("--out", type=_folder, metavar="DIR", help="folder of the run (default: in the run root)")
    sub = command("sweep", sweep, "train many runs that differ in a few knobs, through the queue")
    _add_recipe(sub)
    sweep_command.add_options(sub)
    sub = command("evaluate", evaluate, "a finished run's metrics on the test part of a data set")
    sub.add_argument("run", help="a run's id or folder")
    sub.add_argument("--dataset", help="default: the run's own")
    sub = command("compare", compare_, "train every family on one data set, and measure them side by side")
    sub.add_argument("--dataset", required=True)
    sub.add_argument("--size", type=int, default=32, help="numbers in the code (default: 32)")
    sub.add_argument("--seeds", type=int, default=3, help="runs of each family (default: 3)")
    sub.add_argument("--steps", type=int, default=0, help="optimiser steps of every family, for a try")
    sub.add_argument("--out", type=_folder, metavar="DIR", help="write its file there (default: the run root)")
    sub = command("runs", runs, "list the runs, or those that a query asks for")
    sub.add_argument("query", nargs="?", default="", help=f"e.g. '{query.EXAMPLE}'")
    command("doctor", doctor, "say what is wrong with this installation, and what to do about it")
    sub = command("export", export, "write runs to one file, for another machine, or for TensorBoard")
    sub.add_argument("run", nargs="+", help="a run's id or folder")
    place = sub.add_mutually_exclusive_group()
    place.add_argument("--out", type=Path, metavar="FILE", help="default: the run's id, here, or runs, as .zip")
    place.add_argument("--tensorboard", type=_folder, metavar="DIR", help="write event files below DIR instead")
    sub = command("script", script_, "print the Python script that trains a run again")
    sub.add_argument("run", help="a run's id or folder")
    sub.add_argument("--out", type=Path, metavar="FILE", help="write it there")
    sub = command("player", player_, "write runs to one HTML file that plays without a server")
    sub.add_argument("run", nargs="+", help="a run's id or folder; several play side by side")
    sub.add_argument("--out", type=Path, metavar="FILE", help="default: the first run's id, here, as .html")
    command("import", import_, "put exported runs into the run root").add_argument("file", type=Path)
    command("checkpoints", checkpoints, "rebuild the shipped runs from their recipes")
    return parser


def _add_recipe(sub: argparse.ArgumentParser) -> Any:
    """The options that say a recipe; the group of those that say how long it is."""
    sub.add_argument("method")
    sub.add_argument("--dataset", required=True)
    sub.add_argument("--set", action="append", default=[], metavar="a.b=v", help="a setting, e.g. model.k=2")
    limit = sub.add_mutually_exclusive_group()
    limit.add_argument("--steps", type=int, help="optimiser steps")
    sub.add_argument("--seed", type=int)
    return limit


def _folder(text: str) -> Path:
    """The path of an option; an empty one would be the folder we stand in."""
    if not text:
        raise argparse.ArgumentTypeError(_("a folder's name must not be empty"))
    return Path(text)


def methods(options: argparse.Namespace) -> None:
    """Families with their settings."""
    if options.markdown:
        print(handbook(), end="")
        return
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


def sweep(options: argparse.Namespace) -> None:
    """A row a member."""
    _print(options, sweep_command.run(options, asked_recipe(options)), sweep_command.line)


def asked_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe of a command's options: the default one with --set, --steps and --seed."""
    changes: dict[str, Any] = {}
    if getattr(options, "seconds", None) is not None:
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


def compare_(options: argparse.Namespace) -> None:
    """The table as it was measured, and the file that the compare page shows."""
    from repz_core.comparison import Ask

    ask = Ask.parse({name: getattr(options, name) for name in ("dataset", "size", "seeds", "steps")})
    ask.recipes()  # what cannot be asked is said before torch is loaded
    from repz_core.compare import compare

    found = compare(ask, RunStore(), options.out, lambda line: print(line, file=sys.stderr, flush=True))
    rows = [{"name": row.name, "runs": row.runs} | _plain(row.cells) for row in found.table.rows]
    if options.json:
        print(json.dumps({"file": str(found.path), "train": found.table.train, "test": found.table.test, "rows": rows}))
    else:
        print("\n".join([*(_cells_line(row.name, row.cells) for row in found.table.rows), str(found.path)]))


def _plain(cells: dict[str, Any]) -> dict[str, Any]:
    return {name: cell.model_dump() for name, cell in cells.items()}


def _cells_line(name: str, cells: dict[str, Any]) -> str:
    """A row of the table: the mean of each column, and how far its interval reaches."""
    words = [f"{name:14}"]
    for column, cell in cells.items():
        half = "" if cell.half is None else f" ± {cell.half:.2g}"
        words.append(f"{column} {'-' if cell.mean is None else f'{cell.mean:.4g}'}{half}")
    return "  ".join(words)


def export(options: argparse.Namespace) -> None:
    """The file that was written; for TensorBoard, one a run."""
    found = [_run_named(name) for name in options.run]
    if options.tensorboard:
        files = [tensorboard.write(run, options.tensorboard) for run in found]
        made = [{"id": run.id, "file": str(file)} for run, file in zip(found, files, strict=True)]
        _print(options, made, lambda row: row["file"])
        return
    name = found[0].id if len(found) == 1 else "runs"
    file = bundle.export(found, options.out or Path(f"{name}.zip"))
    if options.json:
        _print(options, [{"id": run.id, "file": str(file)} for run in found], str)
    else:
        print(file)


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
    """The runs that were put into the run root."""
    found = bundle.import_(options.file, RunStore())
    _print(options, [{"id": run.id, "folder": str(run.folder)} for run in found], lambda row: row["id"])


def runs(options: argparse.Namespace) -> None:
    """The runs that were asked for, with where they stand."""
    found = query.select(listing.rows(RunStore()), options.query)
    _print(options, [row.plain() for row in found], _line)


def _line(row: dict[str, Any]) -> str:
    noted = "".join(f"  #{tag}" for tag in row["tags"])
    return f"{row['id']}  {row['state']:8} step {row['step']:6}  {row['dataset']}{noted}"


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
