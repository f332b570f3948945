"""A density painted by hand, and the run that learns it."""

import streamlit as st

from pages import access
from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.starting import start
from pages.parts.view import show
from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.datasets.catalogue import CARDS, card
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

SIDE = 32  # cells; datasets/mixtures.py reads the same

_drawing = browser_part("drawing")


def drawing_pad(run: Run, recipe: Recipe | None) -> None:
    """A canvas that begins with the run's own drawing; its button starts the knobs' run on what is painted."""
    seen = card(run.recipe.dataset if run.recipe.dataset.startswith("drawn@") else CARDS["drawn"].name)
    title = _("Which law shall it learn?")
    hint = _("Paint where data shall be; darker is likelier. Arrow keys and space paint too.")
    text = {
        "alt": title, "start": _("Train on this"), "eraser": _("eraser"), "broad": _("broad brush"),
        "clear": _("clear"),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        data = {
            "side": SIDE, "drawing": seen.version, "ink": palette.REAL, "starts": access.may_start(), "text": text,
        }  # fmt: skip
        found = _drawing(key=f"drawing-{run.id}", data=data, on_drawn_change=lambda: None)
    if found.drawn:
        try:
            asked = (recipe or run.recipe).replace(dataset=f"drawn@{found.drawn}", parent=None)
            asked = recipes.parse(asked.plain())
        except RepzError as error:
            st.error(str(error))
            return
        if started := start(asked):
            show(started)
            st.rerun()
