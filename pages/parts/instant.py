"""The instant slider: recorded runs that differ in one setting, swapped in the browser for all parts of the page."""

from typing import Any

import streamlit as st

from pages import access
from pages.parts import scene
from pages.parts.assets import bare_part
from pages.parts.family import Family, Member, family, in_order, in_short, nearest, source
from pages.parts.knobs import duration
from pages.parts.run_bar import title_of
from pages.parts.starting import start
from pages.parts.view import recorded, reference, seconds_for, show
from repz_core import recipes
from repz_core.config import Recipe, RepzError, value
from repz_core.datasets import catalogue
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.run import Run
from repz_core.runs import RunStore

_instant = bare_part("instant")


def instant(run: Run, short: str) -> None:
    """Mount the slider for `run`, one of the page `short`, and do what it asks; nothing where no family suits it."""
    families = _families(run)
    if not families:
        return
    path = _chosen(families)
    found = families[path]
    like = RunStore().open(found.members[0].run).recipe if found.borrowed else run.recipe.replace(parent=None)
    stops = _stops(run, found, path)
    seconds = seconds_for(like)
    data = {
        "run": reference(run), "borrowed": bool(found.borrowed), "knob": _name(path),
        "start": nearest(stops, value(run.recipe, path)),
        "knobs": [{"name": _name(each), "words": spoken(_name(each))} for each in families],
        "stops": [_stop(member, short) for member in stops], "whole": isinstance(stops[0].value, int),
        "starts": access.may_start(), "text": _texts(found, seconds),
    }  # fmt: skip
    if wish := _instant(key="instant", data=data, on_wish_change=lambda: None).wish:
        _obey(wish, like, path, families)


def _families(run: Run) -> dict[str, Family]:
    """By the setting they differ in: of runs like the one in view, or recorded ones on data of the same kind."""
    method, kind = run.recipe.method, catalogue.card(run.recipe.dataset).kind
    found: dict[str, Family] = {}
    for name, (base, path, *_rest) in recipes.family(method).FAMILIES.items():
        if path not in found and catalogue.card(recipes.preset(method, base).dataset).kind == kind:
            found[path] = family(run, name, path)
    return {path: each for path, each in found.items() if each.members}


def _chosen(families: dict[str, Family]) -> str:
    """The setting that the URL names, else the first of a family that the run in view belongs to, else the first."""
    asked = st.query_params.get("knob")
    mine = [path for path, found in families.items() if not found.borrowed]
    return next((path for path in families if _name(path) == asked), (mine or list(families))[0])


def _stops(run: Run, found: Family, path: str) -> list[Member]:
    """The members, and the run in view, which may not have ended yet, among them."""
    here = value(run.recipe, path)
    if found.borrowed or any(member.value == here for member in found.members):
        return found.members
    return in_order([*found.members, Member(here, run.id, {}, step=0, seconds_per_step=0.0)], run.recipe, path)


def _stop(member: Member, short: str) -> dict[str, Any]:
    run = RunStore().open(member.run)
    number = member.value if isinstance(member.value, int | float) else None
    return {
        "label": in_short(member.value), "value": number, "run": reference(run),
        "words": scene.words(run, title_of(run, short)),
        "said": (_("recorded") if recorded(run) else _("measured here")) if member.step else "",
    }  # fmt: skip


def _obey(wish: Any, like: Recipe, path: str, families: dict[str, Family]) -> None:
    """Slide another setting, or show the run that has exactly the value asked for, trained if need be."""
    if not isinstance(wish, dict):
        return
    if wish.get("knob") in [_name(each) for each in families]:
        st.query_params["knob"] = wish["knob"]
        st.query_params.pop("ask", None)
        st.rerun()
    if "train" not in wish:
        return
    try:
        asked = recipes.parse(like.replace(**{path: wish["train"]}).plain())
    except RepzError as error:
        st.error(str(error))
        return
    if run := start(asked):
        show(run)
        st.rerun()


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _texts(found: Family, seconds: float | None) -> dict[str, str]:
    train = _("Train exactly this")
    return {
        "asked": _("recorded at {value}; you asked for {asked}"), "borrowed": source(found),
        "train": _("{train}, about {time}").format(train=train, time=duration(seconds)) if seconds else train,
        "help": _("A run of its own with exactly the value asked for"), "why": access.why_not(),
        "keys": _("Arrow keys go from one recorded run to the next; with Shift, between them"),
        "name": _("Slider over recorded runs"), "which": _("Setting that the slider moves"),
        "recorded": _("recorded"), "measured": _("measured here"),
    }  # fmt: skip
