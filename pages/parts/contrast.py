"""Panels of contrastive learning: its drawing, its loss on recorded views, maps of what it learns, and runs beside it."""

from collections.abc import Sequence
from typing import Any

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

_similarity = browser_part("similarity")
_embedding = browser_part("embedding")

POSITIVE, NEGATIVE = "#56b4e9", "#d55e00"


def similarity(run: Run, title: str, hint: str) -> None:
    """The cosines of recorded views, and of one of them its softmax at a temperature of the viewer's choice."""
    model: Any = run.recipe.model
    text = panels.texts(title) | {
        "matrix": _("cosine of each two views; outlined: of one image"), "view": _("view {number}"),
        "positive": _("and its positive"), "softmax": _("softmax p of the row"),
        "push": _("share of the push, by negative"), "most": _("most: {value}"), "back": _("the run's {value}"),
        "numbers": _("−log p⁺ = {loss}, chance log {others} = {chance} · push on all negatives (1 − p⁺)/τ = {pull}, "
                     "as if on {negatives} of them"),
    }  # fmt: skip
    colors = {"positive": POSITIVE, "negative": NEGATIVE}
    data = {"run": reference(run), "temperature": model.temperature, "colors": colors, "text": text}
    with panels.panel(title, hint, run):
        _similarity(key="similarity", data=data)


def embedding(run: Run, title: str, hint: str, choices: Sequence[str]) -> None:
    """A map of embeddings: the first of `choices`, each "h" or "z" and how, "umap", "pca" or "all", at first."""
    names = [_(name) for name in catalogue.card(run.recipe.dataset).class_names]
    text = panels.texts(title) | {
        "h umap": _("h, over training"), "z umap": _("z, over training"), "h pca": _("h"), "z pca": _("z"),
        "h all": _("all images, at the end"), "coming": _("PCA until training has ended"),
        "step": _("step {step}, {count} images"), "quality": _("trustworthiness {trust}, continuity {keep}"),
    }  # fmt: skip
    data = {"run": reference(run), "choices": list(choices), "names": names, "colors": list(palette.CLASSES), "text": text}
    with panels.panel(title, hint, run):
        _embedding(key=f"embedding-{'-'.join(choices)}", data=data)


def alike(run: Run, preset: str, **changes: Any) -> Run | None:
    """The run like `run` but for `changes`, else the one of a preset on the same data set; None where there is none."""
    store = RunStore()
    like = recipes.parse(run.recipe.replace(parent=None, **changes).plain())
    if found := store.find(like):
        return found
    recipe = recipes.preset("simclr", preset)
    return store.find(recipe) if recipe.dataset == run.recipe.dataset else None
