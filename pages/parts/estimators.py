"""Panels on the gradient of a draw: the VAE's graph with and without reparameterisation, and two estimators' noise."""

from typing import Any

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

_graphs = browser_part("graphs")
_gradients = browser_part("gradients")


def graphs(run: Run, title: str, hint: str) -> None:
    """One pass through the run's newest weights as two computation graphs, values forwards and gradients backwards."""
    text = panels.texts(title) | {
        "inside": _("Sampling inside the net"), "outside": _("Reparameterised: ε is an input"),
        "image": _("test image {number} of {count}"), "previous": _("previous test image"),
        "next": _("next test image"), "again": _("draw ε again"), "anew": _("new ε twice a second"),
        "gradients": _("gradients"), "weights": _("weights of step {step}"), "values": _("values"),
        "of_recon": _("gradient of −log p(x|z)"), "of_kl": _("of β KL"), "of_both": _("of both"),
        "encoder": _("encoder"), "decoder": _("decoder"), "x": _("the test image"), "nats": _("nats"),
        "reconstruction": _("its reconstruction from z"), "input": _("input"),
        "broken": [_("no gradient:"), _("drawing is not a"), _("differentiable step")],
        "alone": [_("trained by"), _("the KL alone")], "both": [_("trained by"), _("both terms")],
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _graphs(key="graphs", data={"run": reference(run), "model": _model(run), "text": text})


def gradients(run: Run, title: str, hint: str) -> None:
    """Histograms of one-draw gradients by both estimators, with means and variances; from the run's last snapshot."""
    text = panels.texts(title) | {
        "late": _("These numbers come with the run's last snapshot, once it is trained to its end."),
        "previous": _("previous coordinate"), "next": _("next coordinate"), "choose": _("coordinate of the gradient"),
        "mu": _("μ, dimension {number}"), "logvar": _("log σ², dimension {number}"),
        "pathwise": _("pathwise"), "score": _("score function"), "estimator": _("estimator"), "mean": _("mean ± s.e."),
        "variance": _("variance"), "times": _("The score function's variance is {times} times as large"),
        "all": _("over the {count} coordinates listed"), "here": _("this coordinate: {times} times"),
        "zoom": _("magnified {times} ×"), "axis": _("gradient of −log p(x|z), nats per unit of {by}"),
    }  # fmt: skip
    colors = {"pathwise": palette.RECONSTRUCTION, "score": palette.FAKE}
    with panels.panel(title, hint, run):
        _gradients(key="gradients", data={"run": reference(run), "colors": colors, "text": text})


def _model(run: Run) -> dict[str, Any]:
    """What the browser needs to know of the nets and the loss besides the weights."""
    model, shape = run.recipe.model, catalogue.card(run.recipe.dataset).shape
    layers = recipes.family("vae").layers(model, shape)
    known = {name: getattr(model, name) for name in ("k", "likelihood", "prior", "beta")}
    return {"layers": layers} | known
