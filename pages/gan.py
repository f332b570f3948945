"""The GAN page: the game in the plane or on images, its losses, its troubles and their cures."""

from pages import gan_sections as show
from pages.parts import pad
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.datasets import catalogue
from repz_core.locale import N_
from repz_core.run import Run

LOSS = {"loss": (N_("Losses"), show.losses)}
PAIRS = {"pairs": (N_("Side by side"), show.pairs), "troubles": (N_("Four troubles"), show.troubles)}
PLANE: Sections = {
    "game": (N_("Game"), show.game),
    "modes": (N_("Modes"), show.modes),
    **LOSS,
    **PAIRS,
    "draw": (N_("Draw your own"), show.draw),
}
LINE: Sections = {"game": (N_("Game"), show.portrait), **LOSS, **PAIRS}
IMAGES: Sections = {
    "game": (N_("Samples"), show.samples),
    "neighbours": (N_("Neighbours"), show.neighbours),
    "pad": (N_("Drag"), of_run(pad.pad)),
    "between": (N_("Between samples"), show.between),
    **LOSS,
    "ladder": (N_("Resolution"), show.ladder),
    **PAIRS,
}


def sections(run: Run) -> Sections:
    """Those that suit what the run was trained on: points on a line, in the plane, or images."""
    card = catalogue.card(run.recipe.dataset)
    if card.kind == "images":
        return IMAGES
    return LINE if card.shape[0] == 1 else PLANE


def page() -> None:
    """The page's script."""
    lab_page(("gan",), "GAN", sections)
