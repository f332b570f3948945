"""What the page of linear autoencoders shows of a run, a section each: panels that answer one question."""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import atoms, family, latent, lines, panels, same
from repz_core.figures.pca import angles as angles_figure
from repz_core.figures.pca import excess as excess_figure
from repz_core.figures.pca import floor as floor_figure
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
    left, right = st.columns([1.3, 1], gap="small")
    with left:
        hint = _(
            "Line: variance of the training examples along each principal direction. Bars: how much of it is "
            "reconstructed. Plain descent from small weights fills one after another."
        )
        figure = _figure("spectrum", language())
        panels.live_chart(run, _("Which directions does it hold?"), hint, figure, key="spectrum", tall=True)
    with right:
        hint = _("Squared error over PCA's, less 1, on decades. Each plateau is a direction not found yet, a saddle.")
        figure = _figure("excess", language())
        panels.live_chart(run, _("Where does the loss rest?"), hint, figure, key="excess", tall=True)
    _say_if_flat(run)


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


def freedom(run: Run) -> None:
    """Any invertible matrix may be slid into the code."""
    hint = _("Decoder D A and code A⁻¹h for an invertible A: other weights, the same reconstructions, the same loss.")
    lines.mixing(run, _("Are the weights determined?"), hint)


def between(run: Run) -> None:
    """What lies between two images."""
    hint = _("The code is linear, so a line between codes is a line between images: one fades into the other.")
    if run.recipe.model.hidden:
        hint = _("With hidden units the line between two codes is a curve between images.")
    latent.interpolation(run, _("What lies between two images?"), hint)


def building(run: Run) -> None:
    """An image, put together direction by direction."""
    atoms.build(run, _("What is this image made of?"), _("Its code times the decoder's columns, added one by one."))


def line(run: Run) -> None:
    """The line, or curve, that the code can reach in the plane, and what it leaves of each point."""
    left, right = st.columns([1.3, 1], gap="small")
    with left:
        hint = _("Blue: points; sticks: what the code loses of each. A line ends on PCA's; a curve can do better.")
        lines.cloud(run, _("Where does the code put the points?"), hint)
    with right:
        hint = _("Mean squared stick of the training points over that of PCA's line. Below 1, a curve has won.")
        figure = _figure("floor", language())
        panels.live_chart(run, _("Does it reach PCA, or beat it?"), hint, figure, key="floor", tall=True)
    _say_if_flat(run)


def same_size(run: Run) -> None:
    """Linear, sparse and variational codes of sixteen numbers."""
    same.same_size()


def _say_if_flat(run: Run) -> None:
    """What it means where the code is longer than the training examples have directions."""
    frames = run.frames()
    if not frames:
        return
    rank, k = int(run.snapshot(frames[0]).arrays["rank"][0]), run.recipe.model.k
    if rank == 0:
        st.info(_("All training examples are the same: their mean is all there is, and no code adds to it."),
                icon=":material/remove:")  # fmt: skip
    elif rank < k:
        st.info(
            _(
                "The training examples vary along {rank} directions alone: {k} numbers are more than they need, the "
                "floor is 0, and {spare} of them can be anything."
            ).format(rank=rank, k=k, spare=k - rank),
            icon=":material/info:",
        )


@cache
def _figure(name: str, language: str) -> dict[str, Any]:
    """An empty figure that the page fills; plotly takes 10 ms to build it."""
    build = {"excess": excess_figure, "angles": angles_figure, "spectrum": spectrum_figure, "floor": floor_figure}[name]
    return build().to_plotly_json()
