"""The page of sparse codes: dictionaries and autoencoders, one run, and one question about it at a time."""

from pages import sparse_sections as show
from pages.parts import pad
from pages.parts.lab_page import Sections, lab_page, of_run
from repz_core.locale import N_, _
from repz_core.run import Run

FIRST: Sections = {
    "overview": (N_("Atoms"), of_run(show.overview)),
    "codes": (N_("How sparse?"), of_run(show.codes)),
    "atoms": (N_("Each atom"), of_run(show.each_atom)),
    "build": (N_("Build"), of_run(show.building)),
    "pad": (N_("Drag"), of_run(pad.pad)),
    "draw": (N_("Draw"), of_run(pad.sketch)),
    "between": (N_("Between images"), of_run(show.between)),
}
THEORY: Sections = {
    "shrink": (N_("Why zeros?"), of_run(show.why_zeros)),
    "descent": (N_("Solver"), of_run(show.solver)),
    "law": (N_("Law"), of_run(show.law)),
}
SAME: Sections = {"same": (N_("Same size"), of_run(show.same_size))}
CODING: Sections = FIRST | THEORY | {"norms": (N_("Norms"), of_run(show.norms))} | SAME
AUTOENCODER: Sections = (
    FIRST | {"front": (N_("Front"), of_run(show.front)), "gap": (N_("Gap"), of_run(show.gap))} | THEORY | SAME
)


def sections(run: Run) -> Sections:
    """Those that suit the family of the run."""
    return pad.suited(run, CODING if run.recipe.method == "sparse_coding" else AUTOENCODER)


def page() -> None:
    """The page's script."""
    lab_page(("sparse_ae", "sparse_coding"), _("Sparse"), sections)
