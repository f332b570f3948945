"""Panels of models that add atoms up: what each atom is used for, and an image put together from its own."""

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.locale import _
from repz_core.run import Run

_atoms = browser_part("atoms")
_build = browser_part("build")


def atoms(run: Run, title: str, hint: str) -> None:
    """All atoms of a sparse code, those most used first; beside them what is known of the one that is chosen."""
    text = panels.texts(title) | {
        "sorted": _("most used first; click one, or use the arrow keys"),
        "dead": _("{count} of {units} units are dead: never active on the training images, crossed out"),
        "few": _("the first {shown} of {units} units"),
        "step": _("step {step}"), "unit": _("unit {unit}, number {rank} by use"),
        "active": _("active on {share} of the training images"), "never": _("dead: never active on training images"),
        "mean": _("mean |code| when active: {mean}"), "zeros": _("code exactly 0 on {share}"),
        "strongest": _("validation images it is strongest on, and its code"),
        "alike": _("atoms most alike: cosine; r is of the codes"),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _atoms(key="atoms", data=_about(run, text))


def build(run: Run, title: str, hint: str) -> None:
    """A test image put together from the atoms of its code, one after the other."""
    text = panels.texts(title) | {
        "image": _("image {number}"), "choose": _("choose the image to build"), "original": _("original"),
        "sum": _("sum so far"), "start": _("nothing added yet"), "newest": _("last added, × {weight}"),
        "less": _("one atom less"), "more": _("add the next atom"), "slider": _("atoms in the sum"),
        "count": _("{count} of {all} added"), "error": _("squared error left"), "atoms": _("atoms"),
        "bend": _("bend"),
        "order": _("at each place the atom that lowers the error most, with its weight in the whole code"),
        "weights": _("computed in the browser with the weights of step {step}"),
    }  # fmt: skip
    with panels.panel(title, hint, run):
        _build(key="build", data=_about(run, text))


def _about(run: Run, text: dict[str, str]) -> dict[str, object]:
    """What both parts are told."""
    model = recipes.family(run.recipe.method).browser(run.recipe)
    return {"run": reference(run), "model": model, "text": text}
