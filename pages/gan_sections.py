"""What the GAN page shows of a run, a section each: panels that answer one question."""

import math
from functools import cache
from typing import Any

import streamlit as st

from pages.parts import family, latent, panels
from pages.parts import troubles as known
from pages.parts.drawing import drawing_pad
from pages.parts.game import arena, optimum
from pages.parts.pairs import beside, compare
from repz_core.config import Recipe
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.figures.gan import Curve, curves, dirac_field, loss_functions, mode_bars, phase_portrait
from repz_core.locale import _, language
from repz_core.run import Run

TRUTH_NEAR = 1 - math.exp(-4.5)  # the share of a Gaussian in the plane within three standard deviations


def game(run: Run, _recipe: Recipe | None) -> None:
    """Both judges' views of the plane, and the losses."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _(
            "Blue: the discriminator says real; orange: fake; white: cannot tell. Arrows: where it pulls a sample."
        )
        arena(run, _("What does the discriminator say?"), hint, on=("map", "real", "fakes", "pulls"))
    with second:
        hint = _("D* = p / (p + q): p exact, q a kernel density of 50,000 samples; both averaged over a cell.")
        title, how = _("What would the best one say?"), _("estimated")
        arena(run, title, hint, of="best", on=("map", "mesh"), how=how)
    with third:
        hint = _("A level line is where D cannot tell. The losses sit there at the optimum, and elsewhere too.")
        panels.live_chart(run, _("Do the losses settle?"), hint, _loss_chart(language(), run.recipe.model.loss))


def portrait(run: Run, _recipe: Recipe | None) -> None:
    """The Dirac-GAN's way through the plane of its two parameters."""
    left, right = st.columns([1.3, 1], gap="small")
    with left:
        hint = _("Data is the number 0, the fake is θ, D(x) = ψ x. Arrows: the pull on both players, in closed form.")
        names = ((_("this run"), palette.FAKE),)
        figure = portrait_chart(language(), run.recipe.model.loss, run.recipe.model.r1, names)
        panels.live_chart(run, _("Does the game come to rest?"), hint, figure, key="portrait", tall=True)
    with right:
        hint = _("At the optimum, θ = ψ = 0, both losses sit on their level lines.")
        chart = _loss_chart(language(), run.recipe.model.loss)
        panels.live_chart(run, _("Do the losses settle?"), hint, chart, tall=True)


def modes(run: Run, _recipe: Recipe | None) -> None:
    """Which modes are found, how well, and how far both laws are apart."""
    with_modes = _num_modes(run) > 1
    first, second, third = st.columns(3 if with_modes else [1, 1, 0.01], gap="small")
    if with_modes:
        with first:
            hint = _("Of 2,500 samples, those within 3 standard deviations of each mode.")
            panels.live_chart(run, _("Which modes are found?"), hint, _bars(language(), _num_modes(run)), key="bars")
        with second:
            hint = _("High quality: within 3σ of a mode. Spread: σ of the samples in a mode over the true one.")
            panels.live_chart(run, _("How good are the samples?"), hint, _share_chart(language()), key="shares")
    with third if with_modes else first:
        hint = _("Jensen-Shannon and both Kullback-Leibler divergences over cells, q from 50,000 samples.")
        title = _("How far apart are both laws?")
        panels.live_chart(run, title, hint, _divergence_chart(language()), key="js", how=_("estimated"))
    if with_modes:
        hint = _("Counted as in PacGAN: a mode is found if one of 2,500 samples falls within 3σ of it.")
        figure = _found_chart(language(), _num_modes(run))
        panels.live_chart(run, _("How many modes are found?"), hint, figure, key="found", tall=True)


def losses(run: Run, _recipe: Recipe | None) -> None:
    """The loss as a formula and as functions, and what reaches the generator."""
    left, middle, right = st.columns([1.45, 1, 0.9], gap="small")
    with left:
        known.table(run)
    with middle:
        hint = _("A flat curve teaches its player nothing. Ticks: what D says of real and of generated examples now.")
        figure = _function_chart(language())
        panels.live_chart(run, _("What does each player minimise?"), hint, figure, key="functions", tall=True)
    with right:
        hint = _("The norm of the gradient that reaches the generator's weights.")
        chart = gradient_chart(language())
        panels.live_chart(run, _("Does the generator still learn?"), hint, chart, key="gradient", tall=True)


def pairs(run: Run, recipe: Recipe | None) -> None:
    """Two runs on one seed that differ in a knob."""
    if other := beside(run, recipe):
        compare(run, other)


def troubles(run: Run, _recipe: Recipe | None) -> None:
    """The four troubles, each with its cures."""
    trouble = known.choose(run)
    if trouble == "resolution":
        ladder(run, None)
    elif other := known.pair(run, trouble):
        compare(run, other, known.measure(trouble))


def draw(run: Run, recipe: Recipe | None) -> None:
    """Paint a density, and have it learned."""
    left, right = st.columns(2, gap="small")
    with left:
        drawing_pad(run, recipe)
    with right:
        hint = _("What has been learned of the run in view.")
        arena(run, _("What does the discriminator say?"), hint, on=("map", "real", "fakes"))


def samples(run: Run, _recipe: Recipe | None) -> None:
    """Samples over training, both losses, and quality beside them."""
    first, second, third = st.columns(3, gap="small")
    with first:
        hint = _("Generated from 36 fixed draws of z by the averaged generator; scrub, and digits appear.")
        panels.samples(run, _("What does it generate?"), hint)
    with second:
        hint = _("Losses do not track quality: each is against the other player of the moment.")
        panels.live_chart(run, _("Do the losses settle?"), hint, _loss_chart(language(), run.recipe.model.loss))
    with third:
        hint = _("Distance of held-out and generated images in the features of our own classifier; lower is better.")
        panels.live_chart(run, _("Do the samples get better?"), hint, _quality_chart(language()), key="quality")
    hint = _("Precision: generated images that could be real. Recall: real images that could be generated.")
    panels.live_chart(run, _("Good, and of all kinds?"), hint, _recall_chart(language()), key="recall", tall=True)


def neighbours(run: Run, _recipe: Recipe | None) -> None:
    """Generated images, their nearest training images, and real ones."""
    texts = (
        ("samples", _("Generated"), _("The first twelve samples, at the step in view.")),
        (
            "neighbours",
            _("Is it a copy?"),
            _("At the same place, the nearest training image by squared pixel distance."),
        ),
        ("inputs", _("Real"), _("Held-out test images, as the discriminator gets them.")),
    )
    for column, (array, title, hint) in zip(st.columns(3, gap="small"), texts, strict=True):
        with column:
            panels.samples(run, title, hint, array=array, columns=3, most=12)


def between(run: Run, _recipe: Recipe | None) -> None:
    """From one sample to another."""
    hint = _("Along the circle z keeps the length that draws from the prior have; the line cuts through the middle.")
    latent.interpolation(run, _("What lies between two samples?"), hint)


def ladder(run: Run, _recipe: Recipe | None) -> None:
    """The same game at 8, 16, 32 and 64 pixels: what it costs and what it gives."""
    found = family.family(run, "size", "model.size")
    left, right = st.columns([1, 1.25], gap="small")
    with left:
        known.cost(run)
    with right:
        hint = _("The same nets but for their depth, trained for the same number of steps.")
        title = _("What does each resolution give?")
        family.slider(run, _("pixels"), "model.size", found, title, hint, {"samples": (_("samples"), 3)}, columns=9)


def portrait_chart(language: str, loss: str, r1: float, names: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The plane of the Dirac-GAN with the ways of runs (name, colour)."""
    return _portrait(language, loss, r1, names)


@cache
def _portrait(language: str, loss: str, r1: float, names: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return phase_portrait(dirac_field(loss, r1), names).to_plotly_json()


@cache
def _loss_chart(language: str, loss: str) -> dict[str, Any]:
    of_d, of_g = optimum(loss)
    shown = [
        Curve("discriminator_loss", _("discriminator"), palette.REAL, mark=False),
        Curve("generator_loss", _("generator"), palette.FAKE, mark=False),
    ]
    levels = [(of_d, _("D at the optimum"))] + ([(of_g, _("G at the optimum"))] if of_g != of_d else [])
    figure = curves(shown, _("loss"), levels)
    return figure.update_layout(meta={**figure.layout.meta, "own": True}).to_plotly_json()  # levels of this very loss


@cache
def _share_chart(language: str) -> dict[str, Any]:
    shown = [
        Curve("val_high_quality", _("high quality"), palette.RECONSTRUCTION),
        Curve("val_spread", _("spread"), palette.KL),
    ]
    return curves(
        shown, _("share, and ratio of σ"), [(TRUTH_NEAR, _("the truth")), (1.0, "")], (0, 1.5)
    ).to_plotly_json()


@cache
def _found_chart(language: str, num_modes: int) -> dict[str, Any]:
    shown = [Curve("val_modes", _("modes found"), palette.FAKE)]
    return curves(shown, _("modes"), [(num_modes, _("all"))], (0, 1.1 * num_modes)).to_plotly_json()


@cache
def _divergence_chart(language: str) -> dict[str, Any]:
    shown = [
        Curve("val_js", "JS(p, q)", palette.RECONSTRUCTION),
        Curve("val_kl_data_model", "KL(p‖q)", palette.REAL),
        Curve("val_kl_model_data", "KL(q‖p)", palette.FAKE),
    ]
    return curves(shown, _("nats"), [(math.log(2), _("log 2, the most JS can be"))], log=True).to_plotly_json()


@cache
def gradient_chart(language: str) -> dict[str, Any]:
    """The generator's gradient over training, on a logarithmic scale."""
    shown = [Curve("generator_gradient", _("generator's gradient"), palette.FAKE, mark=False)]
    return curves(shown, _("norm"), log=True).to_plotly_json()


@cache
def _quality_chart(language: str) -> dict[str, Any]:
    return curves([Curve("val_fid", _("Fréchet distance"), palette.KL)], _("distance"), log=True).to_plotly_json()


@cache
def _recall_chart(language: str) -> dict[str, Any]:
    shown = [
        Curve("val_precision", _("precision"), palette.RECONSTRUCTION),
        Curve("val_recall", _("recall"), palette.REAL),
    ]
    return curves(shown, _("share"), (), (0, 1.02)).to_plotly_json()


@cache
def _function_chart(language: str) -> dict[str, Any]:
    rows = [
        (_("D, real"), palette.REAL, "solid"), (_("D, fake"), palette.FAKE, "solid"),
        (_("G, fake"), palette.RECONSTRUCTION, "dash"),
    ]  # fmt: skip
    return loss_functions(rows).to_plotly_json()


@cache
def _bars(language: str, num_modes: int) -> dict[str, Any]:
    return mode_bars(num_modes).to_plotly_json()


def _num_modes(run: Run) -> int:
    """How many modes can be counted; 0 where there are none."""
    card = catalogue.card(run.recipe.dataset)
    return card.num_classes if card.name in ("ring8", "grid25", "gaussians") else 0
