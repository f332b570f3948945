"""The home page: what there is, with a picture each."""

import numpy as np
import streamlit as st

from pages.parts.view import recorded
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.figures.images import contact_sheet
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

MOST = 9  # runs shown


def page() -> None:
    """A card a run: the families' recordings first, then what was trained here."""
    st.title(_("Look inside representation learning"), anchor=False)
    st.markdown(
        _("Move a knob, press Start, watch a model learn. All that is shown was measured, live or in a recorded run.")
    )
    for method in recipes.names():
        runs = [run for run in RunStore().list() if run.recipe.method == method]
        runs.sort(key=lambda run: not recorded(run))
        st.subheader(_(recipes.family(method).TITLE), anchor=False)
        for column, run in zip(st.columns(4) * MOST, runs[:MOST], strict=False):
            with column:
                _card(run)


def _card(run: Run) -> None:
    with st.container(border=True):
        try:
            frames = run.frames()
            if frames:
                st.image(thumbnail(run.id, frames[-1]), width="stretch", output_format="PNG")
            model, status = run.recipe.model, run.status
            state = _("recorded") if recorded(run) else _(status.state)
        except RepzError as error:
            st.warning(str(error))
            return
        st.markdown(
            f"**{run.recipe.dataset.partition('@')[0]}**, k = {model.k}, β = {model.beta:g} :gray-badge[{state}]"
        )
        if st.button(_("Open"), key=f"open-{run.id}", width="stretch"):
            st.switch_page(st.session_state["pages"][run.recipe.method], query_params={"run": run.id})


@st.cache_data(max_entries=200, show_spinner=False)
def thumbnail(id: str, step: int) -> np.ndarray:
    """The samples of a frame as a picture."""
    images = RunStore().open(id).snapshot(step).arrays["samples"]
    return contact_sheet(images[:18], 6, scale=max(1, 168 // (6 * images.shape[-1])) * 2)
