"""The home page: what there is, with a picture each."""

import numpy as np
import streamlit as st

from pages.parts.view import recorded
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.figures import palette
from repz_core.figures.images import contact_sheet, scatter
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

MOST = 8  # of the user's own runs shown
REACH = 2.5  # of the plane that the Dirac-GAN moves in


def page() -> None:
    """A card a run: each family's presets first, then what was trained here."""
    st.title(_("Look inside representation learning"), anchor=False)
    st.markdown(
        _("Move a knob, press Start, watch a model learn. All that is shown was measured, live or in a recorded run.")
    )
    store = RunStore()
    runs = store.list()
    for method in recipes.names():
        module = recipes.family(method)
        st.subheader(_(module.TITLE), anchor=False)
        presets = [(store.find(recipes.preset(method, name)), name) for name in module.PRESETS]
        cards = [(run, _(name)) for run, name in presets if run and recorded(run)]
        mine = [run for run in runs if run.recipe.method == method and not recorded(run)]
        cards += [(run, "") for run in mine[:MOST]]
        for column, (run, name) in zip(st.columns(4) * len(cards), cards, strict=False):
            with column:
                _card(run, name)


def _card(run: Run, name: str) -> None:
    with st.container(border=True):
        try:
            frames = run.frames()
            if frames:
                st.image(thumbnail(run.id, frames[-1]), width="stretch", output_format="PNG")
            state = _("recorded") if recorded(run) else _(run.status.state)
        except RepzError as error:
            st.warning(str(error))
            return
        dataset = run.recipe.dataset.partition("@")[0]
        words = f"{dataset} · {recipes.family(run.recipe.method).describe(run.recipe)}"
        st.markdown(f"**{name or words}** :gray-badge[{state}]")
        st.markdown(f":small[{words if name else _('trained here')}]")
        if st.button(_("Open"), key=f"open-{run.id}", width="stretch"):
            st.switch_page(st.session_state["pages"][run.recipe.method], query_params={"run": run.id})


@st.cache_data(max_entries=200, show_spinner=False)
def thumbnail(id: str, step: int) -> np.ndarray:
    """The samples of a frame as a picture, its atoms, its map, or the way of the Dirac-GAN's two numbers."""
    run = RunStore().open(id)
    arrays = run.snapshot(step).arrays
    for name, color in (("fakes", palette.FAKE), ("projections", palette.RECONSTRUCTION)):
        if name in arrays:
            first = run.snapshot(run.frames()[0]).arrays
            clouds = [(first["real"], palette.REAL), (arrays[name], color)]
            return scatter(clouds, float(first["reach"][0]), 336, 168)
    if "atoms" in arrays:
        return contact_sheet(arrays["atoms"][:32], 8, scale=max(1, 168 // (8 * arrays["atoms"].shape[-1])) * 2)
    if "embeddings_h" in arrays:
        labels = run.snapshot(run.frames()[0]).arrays["labels"]
        places = arrays["maps_h"][-1] if "maps_h" in arrays else arrays["embeddings_h"][:, :2]
        clouds = [(places[labels == label], color) for label, color in enumerate(palette.CLASSES)]
        return scatter(clouds, float(np.quantile(np.abs(places), 0.99)), 336, 168, dot=3)
    if "samples" not in arrays:
        rows = [row for row in run.events() if "discriminator_psi" in row]
        way = np.array([(row["discriminator_theta"], row["discriminator_psi"]) for row in rows]).reshape(-1, 2)
        return scatter([(way, palette.FAKE)], REACH, 336, 168)
    images = arrays["samples"]
    return contact_sheet(images[:18], 6, scale=max(1, 168 // (6 * images.shape[-1])) * 2)
