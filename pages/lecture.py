"""Lectures: scenes in an order, each a page as it shall be shown. A small JSON file, written by hand or on stage.

A scene's run is an id, or a preset as "method/name", which stays valid when the shipped runs are trained anew.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import Field

from pages import access
from repz_core import recipes
from repz_core.config import MOST_STEPS, Config, RepzError, short
from repz_core.locale import N_, _, language
from repz_core.runs import RUN_ID, RunStore, run_id

SHIPPED = Path(__file__).parent / "lectures"
FIRST = "homework7"  # the lecture that comes with the lab
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_BYTES, MOST_SCENES = 400_000, 200
OF_THE_LECTURE = ("lecture", "scene", "stage")  # in the URL; who follows a presenter is not concerned
METHODS = {
    "home": (), "linear": ("linear_ae",), "sparse": ("sparse_ae", "sparse_coding"), "vae": ("vae",), "gan": ("gan",),
    "simclr": ("simclr",),
}  # fmt: skip


class Words(Config):
    """What a person reads of a lecture, or of a scene."""

    title: str = Field("", description=N_("a few words for the list of scenes"))
    notes: str = Field("", description=N_("what to say; for who presents alone"))


class Scene(Words):
    """A page's state, and what to say to it."""

    zh_CN: Words | None = None
    page: Literal["home", "linear", "sparse", "vae", "gan", "simclr"] = Field(description=N_("which page"))
    question: int = Field(0, ge=0, le=4, description=N_("question of the homework sheet; 0: none"))
    run: str = Field("", description=N_("a run's id, or method/preset; the page's usual one where there is none"))
    query: dict[str, str] = Field({}, description=N_("the rest of the URL's query: show names a section"))
    step: int = Field(-1, ge=-1, le=MOST_STEPS, description=N_("step in view; -1: the newest"))
    stage: bool = Field(True, description=N_("whether in stage mode"))
    covered: tuple[str, ...] = Field((), description=N_("titles of panels that are covered at first"))


class Lecture(Words):
    """A title and its scenes."""

    zh_CN: Words | None = None
    scenes: tuple[Scene, ...] = Field(description=N_("scenes, in order"))


def words(of: Lecture | Scene) -> Words:
    """Title and notes in the language in use, where they are translated."""
    return of.zh_CN if language() == "zh_CN" and of.zh_CN else of


def parse(text: bytes) -> Lecture:
    """The lecture of a JSON file. Raises RepzError naming the first fault."""
    if len(text) > MOST_BYTES:
        raise RepzError(
            _("A lecture takes at most {most:,} bytes; got {size:,}.").format(most=MOST_BYTES, size=len(text))
        )
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RepzError(_("That is no JSON file: {fault}.").format(fault=short(str(error)))) from None
    if not isinstance(values, dict):
        raise RepzError(
            _("A lecture is a JSON object with a title and scenes; got {given}.").format(given=short(values))
        )
    lecture = Lecture.parse(values)
    if not 1 <= len(lecture.scenes) <= MOST_SCENES:
        raise RepzError(
            _("A lecture has 1 to {most} scenes; got {count}.").format(most=MOST_SCENES, count=len(lecture.scenes))
        )
    for place, scene in enumerate(lecture.scenes, 1):
        _check(place, scene)
    return lecture


def _check(place: int, scene: Scene) -> None:
    """The run is one that the page shows, and the query leaves the rest of the URL alone."""
    if surplus := {"run", *OF_THE_LECTURE} & set(scene.query):
        raise RepzError(_("Scene {place} must not set {name} in its query.").format(place=place, name=min(surplus)))
    method = scene.run.partition("/")[0] if "/" in scene.run else scene.run.rpartition("-")[0]
    if scene.run and method not in METHODS[scene.page]:
        known = ", ".join(METHODS[scene.page]) or _("none")
        raise RepzError(
            _("Scene {place} asks page {page} for the run {run}; its runs are of: {known}.").format(
                place=place, page=scene.page, run=short(scene.run), known=known
            )
        )
    run_of(scene.run)


def run_of(spelling: str) -> str:
    """The id of a run as a lecture names it; "" where that is left to the page. Raises RepzError for what is none."""
    method, slash, preset = spelling.partition("/")
    if slash:
        return _of_preset(method, preset)
    if spelling and not RUN_ID.fullmatch(spelling):
        raise RepzError(_("{id!r} is no run id; one looks like vae-0123456789abcdef.").format(id=spelling[:60]))
    return spelling


@cache
def _of_preset(method: str, preset: str) -> str:
    return run_id(recipes.preset(method, preset))


def spelled(id: str) -> str:
    """A run as a lecture names it: as a preset where it is one."""
    method = id.rpartition("-")[0]
    presets = recipes.family(method).PRESETS
    return next((f"{method}/{name}" for name in presets if _of_preset(method, name) == id), id)


def address(name: str, place: int, scene: Scene) -> str:
    """The URL of a lecture's scene; places count from 1."""
    run = run_of(scene.run)
    query: dict[str, Any] = ({"run": run} if run else {}) | scene.query | {"lecture": name, "scene": place}
    return path_of(scene.page, **query, **({"stage": 1} if scene.stage else {}))


def path_of(page: str, **query: Any) -> str:
    """The URL of a page."""
    return f"/{'' if page == 'home' else page}?{urlencode(query)}"


def page_of(method: str) -> str:
    """The page that shows a family's runs."""
    return next(page for page, methods in METHODS.items() if method in methods)


def names() -> list[str]:
    """The lectures there are: the one that came with the lab, then those that were loaded or made here."""
    mine = _folder().glob("*.json") if _folder().is_dir() else []
    return [FIRST, *sorted(path.stem for path in mine if NAME.fullmatch(path.stem) and path.stem != FIRST)]


def load(name: str) -> Lecture:
    """The lecture of that name. Raises RepzError where there is none, or its file is damaged."""
    if name == FIRST:
        return _shipped()
    try:
        if NAME.fullmatch(name):
            return parse((_folder() / f"{name}.json").read_bytes())
    except OSError:
        pass
    raise RepzError(_("There is no lecture {name} here.").format(name=short(name)))


@cache
def _shipped() -> Lecture:
    return parse((SHIPPED / f"{FIRST}.json").read_bytes())


def keep(name: str, lecture: Lecture) -> str:
    """Write a lecture beside the runs, whole or not at all; the name it got. Raises RepzError where that cannot be."""
    if not access.presenting():
        raise RepzError(_("You are watching: the presenter keeps lectures."))
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:40].strip("-") or "lecture"
    stem = f"my-{stem}" if stem == FIRST else stem
    path = _folder() / f"{stem}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_bytes(dump(lecture))
        os.replace(path.with_suffix(".new"), path)
    except OSError as error:
        raise RepzError(
            _("The lecture cannot be kept in {folder}: {fault}.").format(
                folder=_folder(), fault=error.strerror or error
            )
        ) from None
    return stem


def dump(lecture: Lecture) -> bytes:
    """A lecture as its file."""
    return json.dumps(lecture.model_dump(exclude_defaults=True), ensure_ascii=False, indent=1).encode()


def _folder() -> Path:
    return RunStore().root / "lectures"
