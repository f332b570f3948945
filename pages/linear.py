"""The linear autoencoder's page: one run, and one question about it at a time."""

from pages import linear_sections as show
from pages.parts import pad
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.datasets import catalogue
from repz_core.locale import N_, _
from repz_core.run import Run

IMAGES: Sections = {
    "pca": (N_("Is it PCA?"), of_run(show.is_it_pca)),
    "weights": (N_("Weights"), of_run(show.weights)),
    "spectrum": (N_("Spectrum"), of_run(show.spectrum)),
    "freedom": (N_("Freedom"), of_run(show.freedom)),
    "pad": (N_("Drag"), of_run(pad.pad)),
    "draw": (N_("Draw"), of_run(pad.sketch)),
    "between": (N_("Between images"), of_run(show.between)),
    "build": (N_("Build"), of_run(show.building)),
    "size": (N_("Size"), of_run(show.size)),
    "same": (N_("Same size"), of_run(show.same_size)),
}
PLANE: Sections = {
    "line": (N_("The line"), of_run(show.line)),
    "spectrum": (N_("Spectrum"), of_run(show.spectrum)),
}


def sections(run: Run) -> Sections:
    """Those that suit what the run was trained on."""
    return PLANE if catalogue.card(run.recipe.dataset).kind == "points" else pad.suited(run, IMAGES)


def page() -> None:
    """The page's script."""
    lab_page(("linear_ae",), _("Linear"), sections)
