"""What the VAE page shows of a run, a section each: panels that answer one question."""

from functools import cache
from typing import Any

import streamlit as st

from pages.parts import derivation as steps
from pages.parts import estimators, family, latent, panels
from pages.parts.view import show
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.figures.dimensions import dimensions as dimensions_figure
from repz_core.figures.live import comparison
from repz_core.figures.losses import Term, loss_curves
from repz_core.figures.rate import Trained, rate_distortion
from repz_core.locale import _, language
from repz_core.recipes.vae import Model
from repz_core.run import Run
from repz_core.runs import RunStore


def latent_map(run: Run) -> None:
    """What it generates, its latent space, its loss."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("Decoded from 36 fixed draws of the prior; scrub, and strokes sharpen.")
        panels.samples(run, _("What does it generate?"), hint)
    with second:
        k = run.recipe.model.k
        hint = _("Posterior means by class, over what the decoder makes of each place.")
        if k == 1:
            hint = _("Posterior means of the one latent dimension, a row for each class.")
        elif k > 2:
            hint = _("Posterior means by class in two of {k} latent dimensions, or on their principal axes.").format(
                k=k
            )
        panels.plane(run, _("What does latent space look like?"), hint, names=_class_names(run))
    with third:
        hint = _(
            "reconstruction + KL = −ELBO; training minimises reconstruction + β KL. Dotted: −log p(x) by 200 "
            "importance weights. {pixels}"
        ).format(pixels=pixels(run))
        panels.live_chart(run, _("Where does the loss go?"), hint, _loss_chart(language()))


def between(run: Run) -> None:
    """What lies between two images."""
    hint = _(
        "The line cuts through the middle, where the prior of many dimensions has hardly any mass; the circle keeps "
        "its distance. {pixels}"
    )
    latent.interpolation(run, _("What lies between two images?"), hint.format(pixels=pixels(run)))


def dimensions(run: Run) -> None:
    """Which dimensions are used, and what each does."""
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        hint = _(
            "A dimension that tells nothing costs nothing: KL near 0. Active (in colour): its code varies by more than "
            "0.01. Dotted: the variances that PCA would keep."
        )
        figure = _dimension_chart(language())
        panels.live_chart(run, _("Which dimensions are used?"), hint, figure, key="dimensions", tall=True)
    with right:
        latent.traversal(
            run, _("What does each dimension do?"), _("One dimension moves, the others stay at the image's.")
        )


def size(run: Run) -> None:
    """How many dimensions a reconstruction needs."""
    found = family.family(run, "k", "model.k")
    hint = _(
        "Test images and what the code of size k keeps of them; below, samples of the prior. Trained runs that differ "
        "in k alone. {pixels}"
    )
    title = _("How many dimensions does it take?")
    family.slider(run, "k", "model.k", found, title, hint.format(pixels=pixels(run)), _images(1))


def rate(run: Run) -> None:
    """What a nat of KL buys."""
    found = family.family(run, "beta", "model.beta")
    known = [
        Trained(member.value, member.metrics["kl"], member.metrics["recon"], member.run)
        for member in found.members
        if member.value > 0
    ]
    comparable = not found.borrowed or _same_pixels(run, RunStore().open(known[0].run))
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        hint = _(
            "Purple: trained runs that differ from one another in β alone, on test images; click one to open it. On a "
            "thin line −ELBO is the same."
        )
        if comparable:
            hint += " " + _(
                "Black (white): this run over training, on validation images; the dot is the frame in view."
            )
        figure = rate_distortion([], known, with_run=comparable).to_plotly_json()
        title, hint = _("What does a nat of KL buy?"), f"{hint} {family.source(found)}"
        clicked = panels.live_chart(run, title, hint, figure, key="rate", tall=True)
        if clicked and clicked != run.id:
            show(RunStore().open(clicked))
            st.rerun()
    with right:
        hint = _("Small β: sharp copies, poor samples. Large β: the code says nothing, and all looks alike.")
        family.slider(run, "β", "model.beta", found, _("What does β trade?"), hint, _images(3))


def _same_pixels(run: Run, other: Run) -> bool:
    """Whether nats of the one are nats of the other."""
    one, two = run.recipe, other.recipe
    return (one.dataset, one.data, one.model.likelihood) == (two.dataset, two.data, two.model.likelihood)


def twin_without_prior(run: Run) -> None:
    """The same net with and without the prior's pull: the holes it fills."""
    changes = {"model.beta": 0.0 if run.recipe.model.beta > 0 else Model().beta}
    found = family.twin(run, **changes)
    with_prior, without = (run, found) if run.recipe.model.beta > 0 else (found, run)
    sides = [(with_prior, _("With the prior")), (without, _("Without, β = 0"))]
    for column, (side, words) in zip(st.columns(2, gap="small"), sides, strict=True):
        with column:
            if side is None:
                family.offer_twin(run, **changes)
                continue
            plane, samples = st.columns([1.35, 1], gap="small")
            with plane:
                hint = _("Dashed: one and two standard deviations of the prior, where samples are drawn.")
                layers = ["manifold", "points", "prior"]
                panels.plane(side, words, hint, names=_class_names(side), clock=run, on=layers)
            with samples:
                hint = _(
                    "Decoded from draws of the prior: what lies far from zero never comes up, and holes give no digit."
                )
                panels.samples(side, _("Samples"), hint, clock=run)


def reparameterise(run: Run) -> None:
    """Why the draw is moved to the input: two graphs, two estimators, two trainings."""
    hint = _(
        "The same numbers forwards. Backwards, a draw inside the net lets no gradient through to μ and σ. L is the "
        "ELBO's loss with the full β, whatever the run's objective and warm-up."
    )
    estimators.graphs(run, _("Where does the gradient go?"), hint)
    hint = _("1,000 one-draw gradients of the same batch's reconstruction term, at the end of training.")
    estimators.gradients(run, _("Which estimator is quieter?"), hint)
    other = "score" if run.recipe.model.estimator == "pathwise" else "pathwise"
    if found := family.twin(run, **{"model.estimator": other}):
        _trained_by_each(run, found)
    else:
        family.offer_twin(run, **{"model.estimator": other})


def _trained_by_each(run: Run, twin: Run) -> None:
    """The same recipe and seed, trained with the one and the other estimator."""
    names = {"pathwise": (_("pathwise"), palette.RECONSTRUCTION), "score": (_("score function"), palette.FAKE)}
    mine, others = (names[side.recipe.model.estimator] for side in (run, twin))
    chart, left, right = st.columns([1.5, 1, 1], gap="small")
    with chart:
        hint = _("The same recipe and seed, trained with each estimator. −ELBO of the validation images.")
        figure = _training_chart(language(), mine, others)
        title = _("What does that do to training?")
        panels.live_chart(run, title, hint, figure, key="estimators", others=[twin], tall=True)
    for column, side, (name, _color) in ((left, run, mine), (right, twin, others)):
        with column:
            panels.samples(side, _("Samples, {name}").format(name=name), _("At the step in view."), clock=run)


def derivation(run: Run) -> None:
    """From the joint KL to the ELBO."""
    steps.derivation(run, pixels(run))


def _images(lines: int) -> dict[str, tuple[str, int]]:
    """What a family's slider shows, with so many lines of samples."""
    return {
        "inputs": (_("test images"), 1),
        "reconstructions": (_("reconstructed"), 1),
        "samples": (_("samples"), lines),
    }


def pixels(run: Run) -> str:
    """What a pixel is to the likelihood: every number in nats depends on it."""
    if run.recipe.model.likelihood == "gaussian":
        return _("Pixels are grey, with one learned standard deviation: nats are of a density.")
    return _("Pixels above {threshold:g} are 1, others 0.").format(threshold=run.recipe.data.threshold)


def _class_names(run: Run) -> list[str]:
    return [_(name) for name in catalogue.card(run.recipe.dataset).class_names]


@cache
def _loss_chart(language: str) -> dict[str, Any]:
    """The empty figure that the page fills with the run's rows; plotly takes 10 ms to build it."""
    terms = [Term("kl", _("KL"), palette.KL), Term("recon", _("reconstruction"), palette.RECONSTRUCTION)]
    figure = loss_curves([], terms, [("-val_elbo", _("validation"))], [("val_nll", _("−log p"))])
    return figure.to_plotly_json()


@cache
def _dimension_chart(language: str) -> dict[str, Any]:
    return dimensions_figure().to_plotly_json()


@cache
def _training_chart(language: str, one: tuple[str, str], other: tuple[str, str]) -> dict[str, Any]:
    return comparison("-val_elbo", [one, other], _("−ELBO, nats per image")).to_plotly_json()
