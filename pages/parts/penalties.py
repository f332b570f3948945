"""Panels on what a penalty does: why |u| gives exact zeros, how codes are found, and which law they follow."""

from typing import Any

from pages.parts.assets import browser_part
from pages.parts.panels import panel, texts
from pages.parts.view import reference
from repz_core import recipes
from repz_core.locale import _
from repz_core.run import Run

_shrinkage = browser_part("shrinkage")
_descent = browser_part("descent")
_law = browser_part("law")
_noise = browser_part("noise")

L1, QUICK, CODES = "#d55e00", "#cc79a7", "#56b4e9"  # of |u| and its law, of the faster solver, of a run's codes
WEIGHT = 0.1  # of |u|, where the run has none


def shrinkage(run: Run) -> None:
    """One code and two codes under |u| and under u², at a weight and about an optimum of the viewer's choice."""
    title = _("Why does L1 give exact zeros?")
    hint = _(
        "½‖x − uD‖² + λ‖u‖₁, beside λ/2 ‖u‖². Move λ: the contour meets the diamond at a corner, where a code is "
        "exactly 0; the circle has none, and codes only shrink. Drag the optimum, or use the arrow keys."
    )
    text = texts(title) | {
        "l1": _("L1, ‖u‖₁"), "l2": _("L2, ½‖u‖²"), "least": _("q, the code without a penalty"),
        "one": _("u*, one code"), "none": _("no penalty"),
        "soft": _("L1: sign(q) max(|q| − λ, 0)"), "shrunk": _("L2: q / (1 + λ)"),
        "dead": _("exactly 0"), "zero": _("one code is exactly 0"), "zeros": _("both are exactly 0"),
        "optimum": _("least squares"),
    }  # fmt: skip
    with panel(title, hint, run, _("analytic")):
        _shrinkage(key="shrinkage", data={"run": reference(run), "colors": {"l1": L1}, "text": text})


def descent(run: Run) -> None:
    """ISTA and FISTA on a test image, iteration by iteration, with the run's newest dictionary."""
    title = _("How are codes found?")
    hint = _(
        "Both take gradient steps of ½‖x − uD‖² from u = 0 and shrink each code by λ/L. FISTA steps from a point "
        "ahead: its error is bounded by 1/t² in place of 1/t. Solved in the browser."
    )
    text = _texts(title) | {
        "play": _("play the iterations"), "pause": _("pause the iterations"), "step": _("one iteration"),
        "restart": _("back to the start"),
        "iteration": _("iteration"), "iterations": _("iterations"), "axis": _("objective above its minimum"),
        "ista": "ISTA", "fista": "FISTA", "above": _("above minimum: {value}"),
        "weights": _("dictionary of step {step}"), "least": _("minimum {value}, by coordinate descent"),
    }  # fmt: skip
    with panel(title, hint, run):
        data = _data(run) | {"l1": _weight(run), "color": QUICK, "text": text}
        _descent(key="descent", data=data)


def law(run: Run) -> None:
    """All values of the probe images' codes at the step in view, under Laplace's law or its positive half."""
    title = _("Which law do the codes follow?")
    hint = _(
        "Laplace: −log p = rate |h| − log(rate/2), the L1 penalty and a constant. But codes that minimise it (MAP) are "
        "not draws from the prior: a spike at exactly 0 and a tail."
    )
    text = texts(title) | {
        "rate": _("rate"), "fit": _("fit"), "log": _("log density"), "density": _("density"), "zeros": _("exactly 0"),
        "value": _("value of a code, h"), "laplace": _("Laplace"), "gauss": _("Gaussian"), "half": _("half Gaussian"),
        "exponential": _("exponential"), "outside": _("outside: {count}"),
        "terms": [_("rate |h|"), _("−log(rate/2)"), "−log p"], "each": _("a code"),
        "summed": _("an image, {units} codes"), "tail": _("a code h > 0, with −log rate"),
        "signed": _("Best rate 1 / mean |h| = {rate}, over all codes, zeros included."),
        "positive": _("Exponential law of the tail h > 0: best rate 1 / mean h = {rate}."),
    }  # fmt: skip
    with panel(title, hint, run):
        _law(key="law", data={"run": reference(run), "colors": {"law": L1, "codes": CODES}, "text": text})


def noise(run: Run) -> None:
    """The exact codes of a test image at the weight that a noise variance and a prior's rate make together."""
    title = _("How do noise and prior set the penalty?")
    hint = _(
        "x = uD + noise of variance s², Laplace prior of rate λ₀: the most probable u minimises ½‖x − uD‖² + λ‖u‖₁, "
        "λ = s² λ₀. Twice the noise or a prior twice as narrow: the same codes. Solved in the browser."
    )
    text = _texts(title) | {
        "product": _("λ = s² λ₀ = {variance} × {prior} = {product}"), "codes": _("codes u"), "unit": _("unit"),
    }  # fmt: skip
    with panel(title, hint, run):
        _noise(key="noise", data=_data(run) | {"l1": _weight(run), "colors": {"codes": CODES}, "text": text})


def _data(run: Run) -> dict[str, Any]:
    return {"run": reference(run), "model": recipes.family(run.recipe.method).browser(run.recipe)}


def _weight(run: Run) -> float:
    """The run's weight of |u|, or where it trains without one, one to begin with."""
    model = run.recipe.model
    return float(getattr(model, "l1", WEIGHT)) if getattr(model, "variant", "relu") == "relu" else WEIGHT


def _texts(title: str) -> dict[str, str]:
    words = {"image": _("image {number}"), "choose": _("choose the image that is coded"), "original": _("test image")}
    return texts(title) | words | {"used": _("{used} of {units} codes ≠ 0")}
