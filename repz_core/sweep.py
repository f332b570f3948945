"""Many runs that differ in a few knobs: a grid, random draws, or both, each with several seeds.

A member is an ordinary run, so what was trained before is not trained again. A sweep is a small file in `sweeps` of the
run root, and a tag of its members; asked for again, it goes on where it was.
"""

import hashlib
import itertools
import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field

from repz_core import labels, recipes
from repz_core.config import Config, Recipe, RepzError, choices, field_at, leaf_paths, short
from repz_core.limits import Limits, variable
from repz_core.locale import N_, _
from repz_core.run import write_json
from repz_core.runs import RunStore, run_id
from repz_core.status import ENDED, Status

FOLDER = "sweeps"
MOST_RUNS = 512
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FIXED = (
    "method",
    "dataset",
    "version",
    "parent",
    "seed",
)  # what an axis cannot be; seeds are asked for by their number
DIGITS = 4  # of a number that is drawn, so that it can be read and typed


class Axis(Config):
    """A knob and what it takes: listed values, or a law between two bounds, "uniform" or "log"."""

    path: str
    values: tuple[str, ...] = ()
    law: str = ""
    low: float = 0.0
    high: float = 0.0


class Sweep(Config):
    """What is asked for: members(sweep) are its recipes. `runs` is the number of draws where an axis has a law."""

    name: str
    base: dict[str, Any]
    axes: tuple[Axis, ...]
    seeds: int = Field(1, ge=1, le=100, description=N_("seeds of each combination"))
    runs: int = Field(10, ge=1, le=MOST_RUNS, description=N_("random draws, where a knob has a law"))
    seed: int = Field(0, ge=0, le=2**31 - 1, description=N_("seed of the draws"))
    goal: str = ""  # the metric of a search; its members are those that it has tried
    tried: tuple[dict[str, Any], ...] = ()  # recipes


class Progress(NamedTuple):
    """How far a sweep is; `left` is seconds still to go, None as long as nothing was measured."""

    total: int
    done: int
    failed: int
    under_way: int
    left: float | None


def axis(base: Recipe, text: str) -> Axis:
    """The axis of `NAME=1,2,3`, `NAME=uniform:LOW:HIGH` or `NAME=log:LOW:HIGH`; NAME is a knob of `base`, or its last
    part. Raises RepzError.
    """
    name, sign, given = (part.strip() for part in text.partition("="))
    if not sign or not given:
        raise RepzError(
            _("An axis is NAME=1,2,3, NAME=uniform:LOW:HIGH or NAME=log:LOW:HIGH; got {given}.").format(
                given=short(text)
            )
        )
    path = _path_of(base, name)
    law, colon, bounds = given.partition(":")
    if not colon:
        values = tuple(dict.fromkeys(value.strip() for value in given.split(",")))
        for value in values:
            recipes.parse(base.replace(**{path: value}).plain())
        return Axis(path=path, values=values)
    low, high = _bounds(base, path, law, bounds, text)
    return Axis(path=path, law=law, low=low, high=high)


def make(base: Recipe, axes: Sequence[Axis], name: str = "", **numbers: Any) -> Sweep:
    """A sweep, its members validated. Raises RepzError where there are none, too many, or one that cannot be."""
    if len({found.path for found in axes}) < len(axes):
        raise RepzError(_("Each knob is an axis of a sweep but once; got {given}.").format(given=_paths(axes)))
    sweep = Sweep.parse(
        {"name": name or "x", "base": base.plain(), "axes": [each.model_dump() for each in axes], **numbers}
    )
    if not NAME.fullmatch(sweep.name):
        raise RepzError(
            _("A sweep's name is of small letters, digits, - and _, at most 40; got {given}.").format(given=short(name))
        )
    if not sweep.goal:
        members(sweep)
    if name:
        return sweep
    digest = hashlib.sha256(json.dumps(sweep.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()
    return sweep.replace(name=f"{base.method.replace('_', '-')}-{digest[:6]}")


def members(sweep: Sweep) -> list[Recipe]:
    """The recipes of a sweep, without doubles. Raises RepzError where they are too many, or one cannot be."""
    if sweep.goal:
        return [recipes.parse(values) for values in sweep.tried]
    base = recipes.parse(sweep.base)
    grids = [[(each.path, value) for value in each.values] for each in sweep.axes if not each.law]
    laws = [each for each in sweep.axes if each.law]
    draws = _draws(base, laws, sweep.runs, sweep.seed)
    count = math.prod(map(len, grids)) * len(draws) * sweep.seeds
    if count > MOST_RUNS:
        raise RepzError(_("A sweep has at most {most} runs; got {count}.").format(most=MOST_RUNS, count=count))
    found = []
    for point in itertools.product(*grids):
        for draw in draws:
            for offset in range(sweep.seeds):
                changes = dict(point) | draw | {"seed": base.seed + offset}
                found.append(recipes.parse(base.replace(**changes).plain()))
    return list({run_id(recipe): recipe for recipe in found}.values())


def submit(store: RunStore, sweep: Sweep) -> list[str]:
    """Write the sweep down, tag its members and have them trained; their ids. Raises RepzError where the queue has no
    room for all of them, or a sweep of that name is another.
    """
    check_name(store.root, sweep)
    asked = members(sweep)
    _check_room(store, asked)
    save(store.root, sweep)
    for recipe in asked:
        labels.add_tag(store.root, run_id(recipe), sweep.name)
        store.submit(recipe)
    return [run_id(recipe) for recipe in asked]


def check_name(root: Path, sweep: Sweep) -> Sweep:
    """The sweep as far as it was before. Raises RepzError where another has its name."""
    known = load(root, sweep.name) or sweep
    if known.replace(tried=[]) != sweep.replace(tried=[]):
        raise RepzError(
            _("There is a sweep {name} already, of other knobs or values: name this one differently.").format(
                name=sweep.name
            )
        )
    return known


def save(root: Path, sweep: Sweep) -> None:
    """Write the sweep's file, in one stroke. Raises RepzError where it cannot be written."""
    try:
        (root / FOLDER).mkdir(parents=True, exist_ok=True)
        write_json(root / FOLDER / f"{sweep.name}.json", sweep.model_dump(mode="json"))
    except OSError as error:
        fault = _("The sweep {name} cannot be written: {reason}; make room in {root}.")
        raise RepzError(fault.format(name=sweep.name, reason=error.strerror, root=root)) from None


def load(root: Path, name: str) -> Sweep | None:
    """The sweep of that name; None where there is none that can be read."""
    if not NAME.fullmatch(name):
        return None
    with suppress(OSError, ValueError, RecursionError):
        return Sweep.model_validate(json.loads((root / FOLDER / f"{name}.json").read_bytes()))
    return None


def names(root: Path) -> list[str]:
    """The sweeps there are, the newest first."""
    with suppress(OSError):
        files = [path for path in (root / FOLDER).glob("*.json") if NAME.fullmatch(path.stem)]
        return [path.stem for path in sorted(files, key=lambda path: path.stat().st_mtime_ns, reverse=True)]
    return []


def progress(found: Sequence[tuple[Status, int]], total: int, workers: int) -> Progress:
    """How far the members are whose (status, steps asked for) these are, when so many train at a time."""
    measured = [status.seconds / status.step for status, _steps in found if status.step and status.seconds]
    pace = sum(measured) / len(measured) if measured else None
    going = [(status, steps) for status, steps in found if status.state not in ENDED]
    to_do = sum(steps - status.step for status, steps in going)
    states = [status.state for status, _steps in found]
    left = pace * to_do / max(1, min(workers, len(going))) if pace is not None and going else None
    return Progress(total, states.count("done"), states.count("failed"), len(going), left)


def draw(base: Recipe, each: Axis, chance: random.Random) -> Any:
    """A value of an axis that has a law, rounded to what can be read; whole where the knob is."""
    if each.law == "log":
        value = math.exp(chance.uniform(math.log(each.low), math.log(each.high)))
    else:
        value = chance.uniform(each.low, each.high)
    return round(value) if is_whole(base, each.path) else readable(each, value)


def readable(each: Axis, value: float) -> float:
    """A drawn number, rounded so that it can be read and typed, within its bounds."""
    return value if isinstance(value, int) else min(max(float(f"{value:.{DIGITS}g}"), each.low), each.high)


def is_whole(base: Recipe, path: str) -> bool:
    """Whether a knob takes whole numbers alone."""
    return field_at(type(base), path).annotation is int


def _draws(base: Recipe, laws: Sequence[Axis], runs: int, seed: int) -> list[dict[str, Any]]:
    """Values of all axes with a law at once, so many times; one empty draw where there is none."""
    chance = random.Random(seed)
    return [{each.path: draw(base, each, chance) for each in laws} for _run in range(runs)] if laws else [{}]


def _path_of(base: Recipe, name: str) -> str:
    paths = [path for path in leaf_paths(type(base)) if path not in FIXED]
    found = [path for path in paths if name in (path, path.rpartition(".")[2])]
    if len(found) != 1:
        raise RepzError(
            _("{given} is no knob of {method} to sweep over; there are {known}.").format(
                given=short(name), method=base.method, known=", ".join(found or paths)
            )
        )
    return found[0]


def _bounds(base: Recipe, path: str, law: str, text: str, whole: str) -> tuple[float, float]:
    field = field_at(type(base), path)
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        low, high = math.nan, math.nan
    numeric = field.annotation in (int, float) and not choices(field)
    if law not in ("uniform", "log") or not (low < high and (law == "uniform" or low > 0)) or not numeric:
        raise RepzError(
            _("A number is drawn by uniform:LOW:HIGH or log:LOW:HIGH with LOW below HIGH; got {given}.").format(
                given=short(whole)
            )
        )
    for end in (low, high):
        recipes.parse(base.replace(**{path: round(end) if field.annotation is int else end}).plain())
    return low, high


def _paths(axes: Sequence[Axis]) -> str:
    return ", ".join(each.path for each in axes)


def _check_room(store: RunStore, asked: Sequence[Recipe]) -> None:
    """Raises RepzError where the queue would not take all that is still to be trained."""
    most = Limits.from_environment().queue
    waiting = {run.id for run in store.pending() if run.status.state == "queued"}
    found = {run_id(recipe): store.find(recipe) for recipe in asked}
    more = {id for id, run in found.items() if run is None or run.status.state in ("stopped", "failed")}
    if len(waiting | more) > most:
        raise RepzError(
            _("{count} runs more do not fit into the queue: {waiting} wait, and {most} may ({variable}).").format(
                count=len(more - waiting), waiting=len(waiting), most=most, variable=variable("queue")
            )
        )


def rows_of(sweep: Sweep, known: Mapping[str, Any]) -> list[Any]:
    """What `known` has of the sweep's members by their ids, in their order; those that were deleted are left out."""
    return [known[id] for id in map(run_id, members(sweep)) if id in known]
