"""The VAE page: what does it generate, what does its latent space look like, where does the loss go?"""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import panels
from pages.parts.knobs import recipe_knobs, start_button
from pages.parts.run_bar import run_bar
from pages.parts.view import run_in_view
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.figures.losses import Term, loss_curves
from repz_core.locale import _, language
from repz_core.recipes.vae import REACH
from repz_core.run import Run


def page() -> None:
    """Knobs at the left, three panels at the right, the run bar above."""
    run = run_in_view("vae")
    run_bar(run, title(run))
    knobs, first, second, third = st.columns([0.68, 1, 1, 1], gap="small")
    with knobs:
        recipe = recipe_knobs(run)
        if recipe:
            start_button(recipe, run)
    k = run.recipe.model.k
    with first:
        hint = _("Decoded from 36 fixed draws of the prior; scrub, and strokes sharpen.")
        panels.samples(run, _("What does it generate?"), hint)
    with second:
        hint = _("Posterior means by class, over what the decoder makes of each place.")
        if k == 1:
            hint = _("Posterior means of the one latent dimension, a row for each class.")
        elif k > 2:
            hint = _("Posterior means by class in the first two of {k} latent dimensions.").format(k=k)
        names = [_(name) for name in catalogue.card(run.recipe.dataset).class_names]
        panels.plane(run, _("What does latent space look like?"), hint, reach=REACH, names=names)
    with third:
        hint = _(
            "reconstruction + KL = −ELBO; training minimises reconstruction + β KL. Pixels above {threshold} are 1."
        )
        hint = hint.format(threshold=run.recipe.data.threshold)
        panels.live_chart(run, _("Where does the loss go?"), hint, _loss_chart(language()))


@cache
def _loss_chart(language: str) -> dict[str, Any]:
    """The empty figure that the page fills with the run's rows; plotly takes 10 ms to build it."""
    terms = [Term("kl", _("KL"), palette.KL), Term("recon", _("reconstruction"), palette.RECONSTRUCTION)]
    return loss_curves([], terms, [("-val_elbo", _("validation"))]).to_plotly_json()


def title(run: Run) -> str:
    """The run in a few words."""
    model = run.recipe.model
    return f"VAE · k = {model.k} · β = {model.beta:g} · {model.net}"
