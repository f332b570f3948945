"""The page of a family: knobs at the left, one question's panels at the right, the run bar above."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts import scene
from pages.parts.instant import instant
from pages.parts.knobs import changes, fork_run, moved, recipe_knobs, start_button
from pages.parts.run_bar import run_bar, title_of
from pages.parts.sections import chosen
from pages.parts.view import run_in_view, show, usual_run
from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.locale import _
from repz_core.run import Run

Section = Callable[[Run, Recipe | None], None]  # of the run in view, and of what the knobs ask for (None: not valid)
TALL = {"gradients", "derivation"}  # sections that need the height of a screen, and no other run beside theirs
Sections = dict[str, tuple[str, Section]]


def of_run(section: Callable[[Run], None]) -> Section:
    """A section that does not care what the knobs ask for."""
    return lambda run, _recipe: section(run)


def lab_page(methods: Sequence[str], short: str, sections: Callable[[Run], Sections]) -> None:
    """A page of runs of one family, or of several that belong together. `short` is its name in the run bar; `sections`
    are those that suit a run.
    """
    run = run_in_view(methods)
    fork_step = run_bar(run, title_of(run, short))
    slider = st.container()
    knobs, panels = st.columns([0.68, 3], gap="small")
    with knobs, st.container(key="knobs"):
        if len(methods) > 1:
            _choose_family(run, methods)
        recipe = recipe_knobs(run)
        if recipe:
            scene.moved(moved(recipe, run), changes(recipe, run))
            start_button(recipe, run)
            if fork_step is not None:
                fork_run(recipe, run, fork_step)
    with panels:
        found = sections(run)
        name = chosen({name: _(title) for name, (title, _show) in found.items()})
        if name not in TALL:
            with slider:
                instant(run, short)
        found[name][1](run, recipe)


def _choose_family(run: Run, methods: Sequence[str]) -> None:
    """Which of the page's families: another one comes with its usual run."""
    key = f"family-of-{'-'.join(methods)}"
    st.session_state[key] = run.recipe.method
    st.selectbox(
        _("method"), methods, format_func=lambda method: _(recipes.family(method).TITLE), key=key,
        label_visibility="collapsed", on_change=lambda: _show_usual(st.session_state[key]),
    )  # fmt: skip


def _show_usual(method: str) -> None:
    try:
        show(usual_run(method))
    except RepzError as error:
        st.toast(str(error), icon=":material/info:")
