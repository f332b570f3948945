"""The VAE page: one run, and one question about it at a time."""

from collections.abc import Callable

from pages import vae_sections as show
from pages.parts.lab_page import Sections, lab_page
from repz_core.config import Recipe
from repz_core.locale import N_
from repz_core.run import Run


def _of_run(section: Callable[[Run], None]) -> Callable[[Run, Recipe | None], None]:
    """A section that does not care what the knobs ask for."""
    return lambda run, _recipe: section(run)


SECTIONS: Sections = {
    "map": (N_("Map"), _of_run(show.latent_map)),
    "between": (N_("Between images"), _of_run(show.between)),
    "dimensions": (N_("Dimensions"), _of_run(show.dimensions)),
    "size": (N_("Size"), _of_run(show.size)),
    "rate": (N_("Rate"), _of_run(show.rate)),
    "twin": (N_("No prior"), _of_run(show.twin_without_prior)),
    "gradients": (N_("Reparameterise"), _of_run(show.reparameterise)),
    "derivation": (N_("Derivation"), _of_run(show.derivation)),
}


def page() -> None:
    """The page's script."""
    lab_page("vae", "VAE", lambda _run: SECTIONS)
