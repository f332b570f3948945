"""Panels to touch: a point dragged over the map of codes, and a digit drawn by hand, decoded in the browser."""

from typing import Any

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.lab_page import Sections
from pages.parts.view import reference
from repz_core import recipes
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

_pad = browser_part("pad")
_sketch = browser_part("sketch")
# Method and preset of recorded models that a drawing is shown to as well, where they are of the same data set.
OTHERS = (
    ("linear_ae", "MNIST in 16 numbers"),
    ("sparse_ae", "16 of 256 units, always"),
    ("vae", "2-D map of MNIST"),
    ("vae", "16 dimensions"),
    ("linear_ae", "One direction after another"),
    ("sparse_coding", "Strokes of digits"),
    ("vae", "2-D map of digits"),
)
INNER = {"mnist5k": 20}  # pixels that a digit takes, where it does not take all of the image


def pad(run: Run) -> None:
    """What is decoded at a point that is dragged, and on a segment between two codes."""
    card = catalogue.card(run.recipe.dataset)
    title = _("What is decoded here?")
    hint = _("Drag P, A and B. P is decoded as it moves; below, what lies between A and B.")
    generates = run.recipe.method == "gan"
    text = panels.texts(title) | {
        "map": _("map of codes; arrow keys move the chosen mark"),
        "P": _("point P"), "A": _("end A"), "B": _("end B"),
        "choose": _("image for {mark}, or press the map"), "image": _("image {number}"),
        "across": _("dimension across"), "up": _("dimension upwards"),
        "centre": _("to the centre"), "round": _("great circle"),
        "decoded": _("decoded at P"), "original": _("the image itself"),
        "lerp": _("from A to B on the straight line"), "slerp": _("from A to B on the great circle"),
        "strip": _("images between A and B"),
        "weights": _("decoded in the browser with the weights of step {step}")
        + (" · " + _("points: draws of the prior") if generates else ""),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _pad(key="pad", data=_about(run, card, text))


def suited(run: Run, sections: Sections) -> Sections:
    """A page's sections, without drawing where no drawing can be an image of the run's data set."""
    card = catalogue.card(run.recipe.dataset)
    if card.kind == "images" and card.shape[0] == 1:
        return sections
    return {name: section for name, section in sections.items() if name != "draw"}


def sketch(run: Run) -> None:
    """A drawn digit: its posterior, and its reconstruction by this model and by others."""
    card = catalogue.card(run.recipe.dataset)
    title = _("What does it make of yours?")
    hint = _("Draw a digit. It is centred like the data set's; each model encodes and decodes it; errors are squared.")
    if run.recipe.method == "vae":
        hint += " " + _("On the map its posterior: mean, one and two standard deviations.")
    text = panels.texts(title) | {
        "paper": _("sheet to draw on; arrow keys move the pen, space puts it down or lifts it"),
        "map": _("map of codes"), "clear": _("Clear"), "start": _("Draw a digit on the left, with mouse or finger."),
        "posterior": _("posterior"), "code": _("code"), "seen": _("as models get it"),
        "error": _("error {error}"),
    }  # fmt: skip
    others = _others(run)
    data = _about(run, card, text) | {
        "others": [reference(other) for other in others], "models": [_model(other) for other in others],
        "titles": [_title(other) for other in others], "title": _title(run),
        "shape": list(card.shape), "inner": INNER.get(card.name.partition("@")[0], card.shape[1]),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _sketch(key="sketch", data=data)


def _others(run: Run) -> list[Run]:
    """Recorded runs of other models on the same images."""
    presets = [recipes.preset(method, name) for method, name in OTHERS]
    found = [RunStore().find(preset) for preset in presets if preset.dataset == run.recipe.dataset]
    return [other for other in found if other and other.id != run.id]


def _about(run: Run, card: catalogue.Card, text: dict[str, str]) -> dict[str, Any]:
    """What both parts are told."""
    names = [_(name) for name in card.class_names]
    prior = "normal" if run.recipe.method == "gan" else getattr(run.recipe.model, "prior", None)
    return {
        "run": reference(run), "model": _model(run), "prior": prior, "colors": palette.of_classes(len(names)),
        "names": names, "text": text,
    }  # fmt: skip


def _model(run: Run) -> dict[str, Any]:
    known: dict[str, Any] = recipes.family(run.recipe.method).browser(run.recipe)
    return known


def _title(run: Run) -> str:
    """The family, and how many numbers its code has."""
    short = {"vae": "VAE", "linear_ae": _("Linear"), "sparse_ae": _("Sparse"), "sparse_coding": _("Dictionary")}
    return f"{short[run.recipe.method]} · {_model(run)['k']}"
