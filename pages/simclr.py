"""The SimCLR page: two views, one loss, and what is kept when the head is thrown away."""

from pages import simclr_sections as show
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.datasets import catalogue
from repz_core.locale import N_
from repz_core.run import Run

GREY: Sections = {
    "views": (N_("Two views"), of_run(show.views)),
    "bench": (N_("Augmentations"), of_run(show.bench)),
    "loss": (N_("Loss"), of_run(show.loss)),
    "map": (N_("Map"), of_run(show.maps)),
    "learned": (N_("What is learned"), of_run(show.learned)),
    "spread": (N_("Spread"), of_run(show.spread)),
    "collapse": (N_("Collapse"), of_run(show.collapse)),
}
COLOUR: Sections = GREY | {"shortcut": (N_("Shortcut"), of_run(show.shortcut))}


def sections(run: Run) -> Sections:
    """Those that suit what the run was trained on: without classes nothing can be probed for them."""
    card = catalogue.card(run.recipe.dataset)
    suited = COLOUR if card.shape[0] == 3 else GREY
    return {name: section for name, section in suited.items() if card.labelled or name != "learned"}


def page() -> None:
    """The page's script."""
    lab_page(("simclr",), "SimCLR", sections)
