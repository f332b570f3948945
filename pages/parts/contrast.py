"""Panels of contrastive learning: its drawing, a bench for views, its loss on recorded ones, maps of what it learns."""

from collections.abc import Sequence
from typing import Any

from pages.parts import panels
from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core import recipes
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.recipes import simclr
from repz_core.run import Run
from repz_core.runs import RunStore

_similarity = browser_part("similarity")
_embedding = browser_part("embedding")
_branches = browser_part("branches")
_bench = browser_part("bench")
_sphere = browser_part("sphere")

_COLORS = {"positive": "#56b4e9", "negative": "#d55e00"}


def branches(run: Run, title: str, hint: str) -> None:
    """The drawing of SimCLR with the run's images, its strengths of change and its newest nets."""
    model: Any = run.recipe.model
    text = panels.texts(title) | {
        "previous": _("previous image"), "next": _("next image"), "anew": _("draw new views"),
        "image": _("image {number} of {count}"),
        "weights": _("computed in the browser with the weights of step {step}"),
        "view": _("view"), "shared": _("same weights"), "thrown": _("thrown away"), "kept": _("kept: h"),
        "cosine": _("cosine of z, z′"), "share": _("p = {share} of all"), "chance": _("chance: {chance}"),
    }  # fmt: skip
    data = _about(run) | {"temperature": model.temperature, "nt_xent": model.objective == "nt_xent", "text": text}
    with panels.panel(title, hint, run):
        _branches(key="branches", data=data)


def bench(run: Run, title: str, hint: str) -> None:
    """Augmentations with a switch and a strength each, and what the run's nets make of such views."""
    text = panels.texts(title) | {
        "anew": _("draw anew"), "back": _("as the run"), "original": _("image"), "first": _("view 1"),
        "second": _("view 2"), "cosine": _("cosine"), "pairs": _("● views of one image"),
        "negatives": _("■ of different images"),
        "numbers": _("mean cosine of z: {alike} of one image, {others} of different ones · nets of step {step}"),
    }  # fmt: skip
    colour = catalogue.card(run.recipe.dataset).shape[0] == 3
    names = [name for name in type(run.recipe.data).model_fields if colour or name not in ("jitter", "grey")]
    knobs = [
        {
            "name": name,
            "label": spoken(name),
            "to": simclr.most(run.recipe, name),
            "usual": simclr.most(run.recipe, name) / 3,
        }
        for name in names
    ]
    with panels.panel(title, hint, run):
        _bench(key="bench", data=_about(run) | {"knobs": knobs, "colors": _COLORS, "text": text})


def _about(run: Run) -> dict[str, Any]:
    """What parts that make views and run nets are told."""
    return {
        "run": reference(run), "model": simclr.browser(run.recipe), "strengths": run.recipe.data.model_dump(),
    }  # fmt: skip


def similarity(run: Run, title: str, hint: str) -> None:
    """The cosines of recorded views, and of one of them its softmax at a temperature of the viewer's choice."""
    model: Any = run.recipe.model
    text = panels.texts(title) | {
        "matrix": _("cosine of each two views; outlined: of one image"), "view": _("view {number}"),
        "positive": _("and its positive"), "softmax": _("softmax p of the row"),
        "push": _("share of the push, by negative"), "most": _("most: {value}"), "back": _("the run's {value}"),
        "numbers": _("−log p⁺ = {loss}, chance log {others} = {chance} · push (1 − p⁺)/τ = {pull}, as on {negatives} "
                     "negatives"),
    }  # fmt: skip
    data = {"run": reference(run), "temperature": model.temperature, "colors": _COLORS, "text": text}
    with panels.panel(title, hint, run):
        _similarity(key="similarity", data=data)


def embedding(
    run: Run, title: str, hint: str, choices: Sequence[str], *, images: bool = False, clock: Run | None = None,
    stretch: float = 1.0,
) -> None:  # fmt: skip
    """A map of embeddings: the first of `choices`, each "h" or "z" and how, "umap", "pca", "seed" or "all", at
    first; at first with dots, or with `images` in their place.
    """
    text = panels.texts(title) | {
        "h umap": _("h over steps"), "z umap": _("z over steps"), "h pca": _("h"), "z pca": _("z"),
        "h all": _("all"), "coming": _("PCA until training has ended"), "images": _("images"),
        "h seed": _("reseed"), "seed": _("seed {seed}, at the end"),
        "color": _("colour"), "class": _("class"),
        "step": _("step {step}, {count} images"), "quality": _("trustworthiness {trust}, continuity {keep}"),
    }  # fmt: skip
    factors = [factor._asdict() | {"title": _(factor.title)} for factor in catalogue.card(run.recipe.dataset).factors]
    data = _classes(run, clock) | {"choices": list(choices), "images": images, "text": text, "factors": factors}
    data |= {"stretch": stretch} if clock else {}
    with panels.panel(title, hint, run):
        _embedding(key=f"embedding-{'-'.join(choices)}-{run.id if clock else ''}", data=data)


def sphere(run: Run, title: str, hint: str) -> None:
    """Directions of z on the circle or the sphere, where it has two or three numbers."""
    with panels.panel(title, hint, run):
        _sphere(key="sphere", data=_classes(run, None) | {"text": panels.texts(title)})


def _classes(run: Run, clock: Run | None) -> dict[str, Any]:
    """What parts that show classes are told."""
    names = [_(name) for name in catalogue.card(run.recipe.dataset).class_names]
    return {
        "run": reference(run), "clock": reference(clock) if clock else None, "names": names,
        "colors": palette.of_classes(len(names)),
    }  # fmt: skip


def alike(run: Run, preset: str, **changes: Any) -> Run | None:
    """The run like `run` but for `changes`, else the one of a preset on the same data set; None where there is none."""
    store = RunStore()
    like = recipes.parse(run.recipe.replace(parent=None, **changes).plain())
    if found := store.find(like):
        return found
    recipe = recipes.preset("simclr", preset)
    return store.find(recipe) if recipe.dataset == run.recipe.dataset else None
