"""The VAE page: one run, and one question about it at a time."""

from pages import vae_sections as show
from pages.parts import pad
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.locale import N_
from repz_core.run import Run

SECTIONS: Sections = {
    "map": (N_("Map"), of_run(show.latent_map)),
    "pad": (N_("Drag"), of_run(pad.pad)),
    "draw": (N_("Draw"), of_run(pad.sketch)),
    "between": (N_("Between images"), of_run(show.between)),
    "dimensions": (N_("Dimensions"), of_run(show.dimensions)),
    "size": (N_("Size"), of_run(show.size)),
    "rate": (N_("Rate"), of_run(show.rate)),
    "twin": (N_("No prior"), of_run(show.twin_without_prior)),
    "gradients": (N_("Reparameterise"), of_run(show.reparameterise)),
    "derivation": (N_("Derivation"), of_run(show.derivation)),
}


def sections(run: Run) -> Sections:
    """Those that suit what the run was trained on."""
    return pad.suited(run, SECTIONS)


def page() -> None:
    """The page's script."""
    lab_page(("vae",), "VAE", sections)
