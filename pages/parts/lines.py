"""Panels of linear autoencoders: what an invertible matrix in the code changes, and the line through a cloud."""

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

_mixing = browser_part("mixing")
_cloud = browser_part("cloud")


def mixing(run: Run, title: str, hint: str) -> None:
    """Encoder A⁻¹E and decoder DA for an invertible A of the viewer's choice: atoms, codes, and a loss that stays."""
    text = panels.texts(title) | {
        "image": _("image {number}"), "choose": _("choose the image to reconstruct"), "original": _("original"),
        "reconstruction": _("reconstruction"), "atoms": _("decoder D A: its columns"), "codes": _("code A⁻¹ E x"),
        "angle": _("rotate pairs"), "stretch": _("stretch"), "shear": _("shear"), "turn": _("turn all"),
        "reset": _("back to A = I"), "sizes": _("singular values of A: {least} to {most}"),
        "error": _("error, this image"), "mean": _("error, mean of {count}"), "squares": _("Σ weights², for L2"),
        "now": _("now"), "weights": _("computed in the browser in double precision, with the weights of step {step}"),
    }  # fmt: skip
    model = recipes.family(run.recipe.method).browser(run.recipe)
    with panels.panel(title, hint, run):
        _mixing(key="mixing", data={"run": reference(run), "model": model, "text": text})


def cloud(run: Run, title: str, hint: str) -> None:
    """Points of the plane with their reconstructions on what was learned, and PCA's line."""
    text = panels.texts(title) | {
        "points": _("{drawn} of {count} validation points"), "residual": _("mean squared residual: autoencoder"),
        "pca": _("PCA"),
    }  # fmt: skip
    colors = {"real": palette.REAL, "reconstruction": palette.RECONSTRUCTION}
    with panels.panel(title, hint, run):
        _cloud(key="cloud", data={"run": reference(run), "colors": colors, "text": text})
