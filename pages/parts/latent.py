"""Panels that decode in the browser, with a run's newest weights: between two images, and dimension by dimension."""

import math

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.locale import _
from repz_core.recipes.vae import REACH
from repz_core.run import Run

_interpolation = browser_part("interpolation")
_traversal = browser_part("traversal")


def interpolation(run: Run, title: str, hint: str) -> None:
    """Images between two of the viewer's choice, on the straight line and on the great circle: test images and their
    codes, or, of a model that only generates, its samples.
    """
    model = recipes.family(run.recipe.method).browser(run.recipe)
    source = _("decoded in the browser with the weights of step {step}")
    if model["kind"] in ("vae", "gan"):  # other codes have no law that they are drawn from
        k = model["k"]
        norm = f"{math.sqrt(k):.2f}"
        source += " · " + _("draws from the prior: |z| ≈ √{k} = {norm}").format(k=k, norm=norm)
    text = _texts(title) | {
        "weights": source,
        "choose": _("choose image {end}"), "swap": _("swap A and B"), "angle": _("angle"),
        "lerp": _("straight line (lerp)"), "line": "(1−t) a + t b",
        "original": _("sample") if model["kind"] == "gan" else _("original"),
        "slerp": _("great circle (slerp)"), "circle": "[sin((1−t)ω) â + sin(tω) b̂] / sin ω,  " + _("|z| even"),
        "norms": _("bars: |z|"),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _interpolation(key="interpolation", data={"run": reference(run), "model": model, "text": text})


def traversal(run: Run, title: str, hint: str) -> None:
    """Each latent dimension set to values across the prior, the others at the code of a test image."""
    text = _texts(title) | {
        "weights": _("decoded in the browser with the weights of step {step}; nats at step {frame}"),
        "choose": _("choose the image whose code is varied"), "nats": _("nats"), "unused": _("unused"),
        "rows": _("dimensions {first}–{last} of {count}, scroll for more"), "caret": _("▲ the image's own code"),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        model = recipes.family(run.recipe.method).browser(run.recipe)
        data = {"run": reference(run), "model": model, "reach": REACH, "text": text}
        _traversal(key="traversal", data=data)


def _texts(title: str) -> dict[str, str]:
    words = {"image": _("image {number}"), "original": _("original"), "reconstruction": _("reconstruction")}
    return panels.texts(title) | words
