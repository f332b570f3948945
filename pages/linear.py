"""The linear autoencoder's page: one run, and one question about it at a time."""

from collections.abc import Callable

from pages import linear_sections as show
from pages.parts.lab_page import Sections, lab_page
from repz_core.config import Recipe
from repz_core.locale import N_, _
from repz_core.run import Run


def _of_run(section: Callable[[Run], None]) -> Callable[[Run, Recipe | None], None]:
    """A section that does not care what the knobs ask for."""
    return lambda run, _recipe: section(run)


SECTIONS: Sections = {
    "pca": (N_("Is it PCA?"), _of_run(show.is_it_pca)),
    "weights": (N_("Weights"), _of_run(show.weights)),
    "spectrum": (N_("Spectrum"), _of_run(show.spectrum)),
    "size": (N_("Size"), _of_run(show.size)),
}


def page() -> None:
    """The page's script."""
    lab_page("linear_ae", _("Linear"), lambda _run: SECTIONS)
