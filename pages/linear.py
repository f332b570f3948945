"""The linear autoencoder's page: one run, and one question about it at a time."""

from pages import linear_sections as show
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.locale import N_, _

SECTIONS: Sections = {
    "pca": (N_("Is it PCA?"), of_run(show.is_it_pca)),
    "weights": (N_("Weights"), of_run(show.weights)),
    "spectrum": (N_("Spectrum"), of_run(show.spectrum)),
    "size": (N_("Size"), of_run(show.size)),
}


def page() -> None:
    """The page's script."""
    lab_page("linear_ae", _("Linear"), lambda _run: SECTIONS)
