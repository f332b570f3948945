"""Two runs side by side under one scrubber."""

from typing import Any

import streamlit as st

from pages.parts import panels
from pages.parts.game import arena
from pages.parts.starting import start, start_here
from pages.parts.view import show
from repz_core.config import Recipe, RepzError
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.figures.gan import dirac_field, phase_portrait
from repz_core.figures.live import comparison
from repz_core.locale import _
from repz_core.recipes import gan
from repz_core.run import Run
from repz_core.runs import RunStore

COLORS = (palette.FAKE, palette.RECONSTRUCTION)  # of the run in view and the one beside it
CHARTS = {
    "loss": ("generator_loss", False), "gradient": ("generator_gradient", True), "modes": ("val_modes", False),
    "quality": ("val_high_quality", False), "fid": ("val_fid", True),
}  # fmt: skip


def beside(run: Run, recipe: Recipe | None) -> Run | None:
    """The run beside the one in view: what the knobs ask for where they differ from it, else the one of the URL's
    `with`; None (and words on what to do) where there is none yet.
    """
    store = RunStore()
    asked = recipe if recipe and recipe != run.recipe.replace(parent=None) else None
    found = store.find(asked) if asked else _of_url(store, run)
    if found and found.recipe.dataset == run.recipe.dataset:
        st.query_params["with"] = found.id
        return found
    if asked is None:
        st.info(_("Move a knob: the run that the knobs ask for is put beside the one in view."), icon=":material/tune:")
    elif start_here(_("Train it beside"), type="primary") and (started := start(asked)):
        st.query_params["with"] = started.id
        show(run)
        st.rerun()
    return None


def _of_url(store: RunStore, run: Run) -> Run | None:
    try:
        found = store.open(st.query_params.get("with", ""))
    except RepzError:
        return None
    return found if found.recipe.method == run.recipe.method and found.id != run.id else None


def compare(run: Run, other: Run, chart: str = "") -> None:
    """Both runs' pictures at the step in view, and one chart of both."""
    card = catalogue.card(run.recipe.dataset)
    line = card.kind == "points" and card.shape[0] == 1
    columns = st.columns([1.2, 1] if line else [1, 1, 1.4], gap="small")
    names = [gan.describe(run.recipe), gan.describe(other.recipe)]
    if not line:
        for column, side, name in zip(columns, (run, other), names, strict=False):
            with column:
                _picture(side, name, run)
    chart = chart if chart in CHARTS else "quality" if card.kind == "points" else "fid"
    with columns[0] if line else columns[2]:
        if line:
            _portrait(run, other, names)
        else:
            _chart(run, other, names, chart)
    if line:
        with columns[1]:
            _chart(run, other, names, "loss")


def _picture(side: Run, name: str, clock: Run) -> None:
    if catalogue.card(side.recipe.dataset).kind == "points":
        arena(side, name, _("Real and generated points over what D says."), on=("map", "real", "fakes"), clock=clock)
    else:
        panels.samples(side, name, _("Samples at the step in view."), clock=clock)


def _chart(run: Run, other: Run, names: list[str], chart: str) -> None:
    column, log = CHARTS[chart]
    titles = {
        "loss": (_("Does the loss settle?"), _("generator's loss")),
        "gradient": (_("Does the generator still learn?"), _("norm of its gradient")),
        "modes": (_("How many modes are found?"), _("modes")),
        "quality": (_("How many samples are good?"), _("share within 3σ of a mode")),
        "fid": (_("Which samples are better?"), _("Fréchet distance")),
    }
    title, y = titles[chart]
    sides: list[tuple[str, str]] = list(zip(names, COLORS, strict=True))
    figure = comparison(column, sides, y, log=log).to_plotly_json()
    panels.live_chart(run, title, _("Both on the same seed."), figure, key=f"pair-{chart}", others=[other], tall=True)


def _portrait(run: Run, other: Run, names: list[str]) -> None:
    model: Any = run.recipe.model
    sides = list(zip(names, COLORS, strict=True))
    figure = phase_portrait(dirac_field(model.loss, model.r1), sides).to_plotly_json()
    hint = _("Grey: the pull on both players of the run in view, in closed form.")
    title = _("Does the game come to rest?")
    panels.live_chart(run, title, hint, figure, key="pair-portrait", others=[other], tall=True)
