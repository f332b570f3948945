"""The SimCLR page: two views, one loss, and what is kept when the head is thrown away."""

from pages import simclr_sections as show
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.datasets import catalogue
from repz_core.locale import N_
from repz_core.run import Run

FIRST: Sections = {
    "views": (N_("Two views"), of_run(show.views)),
    "bench": (N_("Augmentations"), of_run(show.bench)),
    "loss": (N_("Loss"), of_run(show.loss)),
    "map": (N_("Map"), of_run(show.maps)),
    "learned": (N_("What is learned"), of_run(show.learned)),
}


def sections(run: Run) -> Sections:
    """Those that suit what the run was trained on."""
    return FIRST


def page() -> None:
    """The page's script."""
    lab_page(("simclr",), "SimCLR", sections)
