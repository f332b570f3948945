"""Codes of the same size by three families, side by side: what is kept of the same images, and at what error."""

import streamlit as st

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference, show, usual_preset
from repz_core.config import RepzError
from repz_core.locale import N_, _
from repz_core.run import Run

_copies = browser_part("copies")
# Method and preset of runs on the same images, with sixteen numbers in their codes.
SIDES = (
    ("linear_ae", "MNIST in 16 numbers", N_("Linear: 16 numbers, any size")),
    ("sparse_ae", "16 of 256 units, always", N_("Sparse: 16 of 256 units, none negative")),
    ("vae", "16 dimensions", N_("VAE: 16 dimensions under a prior")),
)


def same_size() -> None:
    """Three panels, and a way to each of the runs."""
    for column, (method, preset, title) in zip(st.columns(len(SIDES), gap="small"), SIDES, strict=True):
        with column:
            try:
                run = usual_preset(method, preset)
            except RepzError as error:
                st.info(str(error), icon=":material/info:")
                continue
            _side(run, _(title))
            if st.button(_("Open this run"), key=f"open-{run.id}", width="stretch", icon=":material/arrow_forward:"):
                show(run)
                st.switch_page(st.session_state["pages"][method], query_params={"run": run.id})


def _side(run: Run, title: str) -> None:
    hint = _("Test images above their reconstructions; mean squared error of those shown. MNIST, 5,000 images.")
    if run.recipe.method == "vae":
        hint = _("Its images are thresholded, and it codes for their law: its error is not of the same images.")
    text = panels.texts(title) | {"error": _("squared error an image: {error}")}
    with panels.panel(title, hint, run):
        _copies(key=f"copies-{run.id}", data={"run": reference(run), "text": text})
