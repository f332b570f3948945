"""Runs beside the run in view: twins, which differ in one thing, and families, which differ in one setting."""

from typing import Any, NamedTuple

import streamlit as st

from pages.parts.assets import browser_part
from pages.parts.panels import panel, texts
from pages.parts.starting import start, start_here
from pages.parts.view import reference
from repz_core import recipes
from repz_core.config import Recipe, RepzError, choices, field_at, value
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.run import Run
from repz_core.runs import RunStore, run_id

_family = browser_part("family")


class Member(NamedTuple):
    """A finished run of a family: the value it differs in, its id, its test metrics, the step of its last frame, and
    how long a step took.
    """

    value: Any
    run: str
    metrics: dict[str, float]
    step: int
    seconds_per_step: float


class Family(NamedTuple):
    """Runs that differ in one setting, in its order; `borrowed` says which recorded ones had to serve, if so."""

    members: list[Member]
    borrowed: str


def twin(run: Run, **changes: Any) -> Run | None:
    """The run like `run` but for `changes`, recorded or trained before, however often it was looked at; None where
    there is none.
    """
    store, like = RunStore(), _like(run, changes)
    others = (other for other in store.list() if other.recipe.method == like.method)
    return store.find(like) or next((other for other in others if recipes.alike(other.recipe, like)), None)


def offer_twin(run: Run, **changes: Any) -> None:
    """A button to train the twin that is not there."""
    recipe = _like(run, changes)
    with st.container(border=True):
        words = ", ".join(f"{spoken(path.rpartition('.')[2])} = {spoken(given)}" for path, given in changes.items())
        st.markdown(_("There is no such run yet: the same but for {changes}.").format(changes=words))
        if start_here(_("Train it beside"), key=f"twin-{run_id(recipe)}") and start(recipe):
            st.rerun()


def _like(run: Run, changes: dict[str, Any]) -> Recipe:
    return recipes.parse(run.recipe.replace(parent=None, **changes).plain())


def family(run: Run, name: str, path: str) -> Family:
    """Finished runs that differ from `run` in `path` alone; where they are fewer than three, the recorded ones."""
    found = _alike(run.id, path)
    if len(found) >= 3:
        return Family(found, "")
    recorded = recipes.family_of_runs(run.recipe.method, name)[0]
    base = recipes.family(run.recipe.method).FAMILIES[name][0]
    return Family(_alike(run_id(recorded), path), f"{recorded.dataset.partition('@')[0]}, “{_(base)}”")


@st.cache_data(ttl=5, max_entries=50, show_spinner=False)
def _alike(id: str, path: str) -> list[Member]:
    store = RunStore()
    like = store.open(id).recipe
    found = {}
    for other in sorted(store.list(), key=lambda other: other.id == id):  # of two with one value the run itself
        same = other.recipe.method == like.method and recipes.alike(other.recipe, like, path)
        if same and (member := _member(other, path)):
            found[member.value] = member
    return in_order(list(found.values()), like, path)


def _member(run: Run, path: str) -> Member | None:
    """As a member of a family; None while it has not ended, or where it cannot be read."""
    try:
        status, frames = run.status, run.frames()
    except RepzError:
        return None
    if status.state != "done" or not frames:
        return None
    return Member(value(run.recipe, path), run.id, status.metrics, frames[-1], status.seconds / status.step)


def in_order(members: list[Member], recipe: Recipe, path: str) -> list[Member]:
    """Sorted by number, or as the setting lists its choices."""
    order = choices(field_at(type(recipe), path))
    return sorted(members, key=lambda member: order.index(member.value) if order else member.value)


def in_short(given: Any) -> str:
    """A setting's value in short: "0.5", "4", "hinge"."""
    return f"{given:g}" if isinstance(given, int | float) else spoken(given)


def nearest(members: list[Member], given: Any) -> int:
    """The place of the member that is nearest to a value; of words the same one, or else the first."""
    if isinstance(given, int | float):
        return min(range(len(members)), key=lambda place: abs(members[place].value - given))
    return next((place for place, member in enumerate(members) if member.value == given), 0)


def slider(
    run: Run, name: str, path: str, found: Family, title: str, hint: str, arrays: dict[str, tuple[str, int]],
    columns: int = 10,
) -> None:  # fmt: skip
    """A slider over the members, which shows image `arrays` {name: (words, lines)} of the last frame of the one that it
    stands at; at first, of the one nearest to the run in view in `path`.
    """
    members = found.members
    start = nearest(members, value(run.recipe, path))
    shown = [
        {"label": in_short(member.value), "run": member.run, "step": member.step, "metrics": member.metrics}
        for member in members
    ]
    module = recipes.family(run.recipe.method)
    unit = _("{unit}, on test images").format(unit=_(module.UNIT)) if module.UNIT else _("on test images")
    text = texts(title) | {"name": name, "unit": unit, "metrics": {metric: spoken(metric) for metric in module.METRICS}}
    data = {"run": reference(run), "members": shown, "start": start, "arrays": arrays, "columns": columns, "text": text}
    with panel(title, f"{hint} {source(found)}", RunStore().open(members[start].run)):
        _family(key=f"family-{name}", data=data)


def source(found: Family) -> str:
    """Whose numbers a family's are, where they are not of runs like the one in view."""
    return _("Recorded runs: {which}.").format(which=found.borrowed) if found.borrowed else ""
