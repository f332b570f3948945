"""What the page of linear autoencoders shows of a run, a section each: panels that answer one question."""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import family, panels
from repz_core.figures.pca import angles as angles_figure
from repz_core.figures.pca import excess as excess_figure
from repz_core.figures.pca import spectrum as spectrum_figure
from repz_core.locale import _, language
from repz_core.run import Run

IMAGES = 5  # in a line beside two charts


def is_it_pca(run: Run) -> None:
    """What it keeps of images beside PCA, and how near the optimum it is."""
    pictures, curves, directions = st.columns(3, gap="small")
    with pictures:
        hint = _(
            "Test images, never trained on, from {k} numbers each: by the autoencoder, and by as many principal "
            "components. No linear code can do better on the training images."
        )
        arrays = {
            "inputs": _("test images"),
            "reconstructions": _("autoencoder"),
            "pca_reconstructions": _("PCA, analytic"),
        }
        title = _("What does the code keep?")
        panels.sheets(run, title, hint.format(k=run.recipe.model.k), arrays, columns=IMAGES, most=IMAGES)
    with curves:
        hint = _("Squared error of the training images over the variance that PCA must leave out, less 1.")
        figure = _figure("excess", language())
        panels.live_chart(run, _("How far from the optimum?"), hint, figure, key="excess", tall=True)
    with directions:
        hint = _(
            "Angles to PCA. The subspace falls to 0: it is the same. The decoder's columns, its atoms, do not: any "
            "basis will do. Its singular vectors fall once there is L2."
        )
        figure = _figure("angles", language())
        panels.live_chart(run, _("Same subspace, same weights?"), hint, figure, key="angles", tall=True)
    if run.recipe.model.objective == "sheet":
        st.info(
            _(
                "The sheet writes Σ‖x − x̂‖² = ‖XXᵀ − WᵀW‖² + C. With free W that finds the right subspace, but "
                "W = √Λ Uᵀ: the code is stretched by the variances, and decoding by Wᵀ stretches it again. It is true "
                "with orthonormal rows only, and then with a factor 2."
            ),
            icon=":material/menu_book:",
        )


def weights(run: Run) -> None:
    """The decoder's columns, their singular vectors, and the principal components."""
    sheets = (
        ("atoms", _("Which weights did it learn?"), _("Columns of the decoder; grey is zero."), ""),
        ("singular_vectors", _("What do they span?"), _("The decoder's left singular vectors, largest first."), ""),
        ("components", _("What are the components?"), _("Of the training images, by variance."), _("analytic")),
    )
    for column, (array, title, hint, how) in zip(st.columns(3, gap="small"), sheets, strict=True):
        with column:
            panels.samples(run, title, hint, array=array, columns=4, how=how)


def spectrum(run: Run) -> None:
    """Which directions the code holds by now."""
    hint = _(
        "Line: variance of the training images along each principal direction. Bars: how much of it lies in the "
        "decoder's span. From small weights directions fill one after another, and the loss rests on a plateau between."
    )
    figure = _figure("spectrum", language())
    panels.live_chart(run, _("Which directions does it hold?"), hint, figure, key="spectrum", tall=True)


def size(run: Run) -> None:
    """How many numbers a reconstruction needs, with the autoencoder and with PCA."""
    found = family.family(run, "k", "model.k")
    hint = _("Test images and what k numbers keep of them. Trained runs that differ in k alone.")
    arrays = {
        "inputs": (_("test images"), 1),
        "reconstructions": (_("autoencoder"), 1),
        "pca_reconstructions": (_("PCA"), 1),
    }
    family.slider(run, "k", "model.k", found, _("How many numbers does it take?"), hint, arrays)


@cache
def _figure(name: str, language: str) -> dict[str, Any]:
    """An empty figure that the page fills; plotly takes 10 ms to build it."""
    build = {"excess": excess_figure, "angles": angles_figure, "spectrum": spectrum_figure}[name]
    return build().to_plotly_json()
