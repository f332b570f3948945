"""Runs beside the run in view: twins, which differ in one thing, and families, which differ in one number."""

from typing import Any, NamedTuple

import streamlit as st

from pages.parts.assets import browser_part
from pages.parts.panels import panel, texts
from pages.parts.view import reference
from repz_core import recipes
from repz_core.config import Recipe, RepzError, value
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore, run_id

_family = browser_part("family")


class Member(NamedTuple):
    """A finished run of a family: the number it differs in, its id, its test metrics, the step of its last frame."""

    value: float
    run: str
    metrics: dict[str, float]
    step: int


def twin(run: Run, **changes: Any) -> Run | None:
    """The run like `run` but for `changes`, recorded or trained before; otherwise None, and a button to train it."""
    recipe = recipes.parse(run.recipe.replace(parent=None, **changes).plain())
    if found := RunStore().find(recipe):
        return found
    with st.container(border=True):
        words = ", ".join(f"{path.rpartition('.')[2]} {given}" for path, given in changes.items())
        st.markdown(_("There is no such run yet: the same but for {changes}.").format(changes=words))
        if st.button(_("Train it beside"), icon=":material/play_arrow:", key=f"twin-{run_id(recipe)}"):
            try:
                RunStore().submit(recipe)
            except RepzError as error:
                st.error(str(error))
            else:
                st.rerun()
    return None


def members(run: Run, name: str, path: str) -> list[Member]:
    """Finished runs that differ from `run` in `path` alone, ascending; the shipped ones where they are too few."""
    found = _alike(run.id, path)
    if len(found) < 3:
        shipped = recipes.family_of_runs(run.recipe.method, name)
        return _alike(run_id(shipped[0]), path)
    return found


@st.cache_data(ttl=5, max_entries=50, show_spinner=False)
def _alike(id: str, path: str) -> list[Member]:
    store = RunStore()
    like = store.open(id).recipe
    found = {}
    for other in store.list():
        if other.recipe.method == like.method and _same_but_for(other.recipe, like, path):
            status = other.status
            if status.state == "done" and (frames := other.frames()):
                number = float(value(other.recipe, path))
                found[number] = Member(number, other.id, status.metrics, frames[-1])
    return [found[number] for number in sorted(found)]


def _same_but_for(one: Recipe, other: Recipe, path: str) -> bool:
    return one.replace(**{path: value(other, path)}).plain() == other.plain()


def slider(
    run: Run,
    name: str,
    path: str,
    found: list[Member],
    title: str,
    hint: str,
    arrays: dict[str, tuple[str, int]],
    columns: int,
) -> None:
    """A slider over the members, which shows the last frame's image `arrays` {name: (words, lines)} of the one it
    stands at; at first, the one nearest to the run in view in `path`.
    """
    start = min(range(len(found)), key=lambda place: abs(found[place].value - float(value(run.recipe, path))))
    shown = [
        {"label": f"{member.value:g}", "run": member.run, "step": member.step, "metrics": member.metrics}
        for member in found
    ]
    text = texts(title) | {"name": name, "unit": _("nats, on test images")}
    data = {"run": reference(run), "members": shown, "start": start, "arrays": arrays, "columns": columns, "text": text}
    with panel(title, hint, run):
        _family(key=f"family-{name}", data=data)
