"""The VAE page: one run, and one question about it at a time."""

from collections.abc import Callable

import streamlit as st

from pages.parts.knobs import fork_run, recipe_knobs, start_button
from pages.parts.run_bar import run_bar
from pages.parts.sections import chosen
from pages.parts.view import run_in_view
from pages.vae_sections import (
    between,
    derivation,
    dimensions,
    latent_map,
    rate,
    reparameterise,
    size,
    twin_without_prior,
)
from repz_core.locale import N_, _
from repz_core.recipes.vae import describe
from repz_core.run import Run

SECTIONS: dict[str, tuple[str, Callable[[Run], None]]] = {
    "map": (N_("Map"), latent_map),
    "between": (N_("Between images"), between),
    "dimensions": (N_("Dimensions"), dimensions),
    "size": (N_("Size"), size),
    "rate": (N_("Rate"), rate),
    "twin": (N_("No prior"), twin_without_prior),
    "gradients": (N_("Reparameterise"), reparameterise),
    "derivation": (N_("Derivation"), derivation),
}


def page() -> None:
    """Knobs at the left, one section's panels at the right, the run bar above."""
    run = run_in_view("vae")
    fork_step = run_bar(run, _title(run))
    knobs, panels = st.columns([0.68, 3], gap="small")
    with knobs:
        recipe = recipe_knobs(run)
        if recipe:
            start_button(recipe, run)
            if fork_step is not None:
                fork_run(recipe, run, fork_step)
    with panels:
        SECTIONS[chosen({name: _(title) for name, (title, _show) in SECTIONS.items()})][1](run)


def _title(run: Run) -> str:
    """The run in a few words."""
    words = f"VAE · {describe(run.recipe)}"
    return words + _(" · fork at {step:,}").format(step=run.recipe.parent.step) if run.recipe.parent else words
