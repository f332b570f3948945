"""The linear autoencoder's knobs: a code of few numbers and nothing else (Baldi & Hornik 1989)."""

import math
from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core import layers as kinds
from repz_core.config import Config, Family, RepzError
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Linear autoencoder")
KINDS = ("images", "patches", "points")
METRICS = ("loss_over_floor", "principal_angle", "recon")
MINIMISED = {
    "model.objective = reconstruction": (
        r"\frac1N \sum_i \|x_i - \hat x_i\|^2 + \lambda_{\mathrm{L2}} \big(\|D\|^2 + \|E\|^2\big),"
        r" \qquad \hat x = D E (x - \bar x) + \bar x"
    ),
    "model.objective = sheet": (
        r"\|C - W W^\top\|^2 + 2 \lambda_{\mathrm{L2}} \|W\|^2,"
        r" \qquad C = \frac1N \sum_i (x_i - \bar x)(x_i - \bar x)^\top, \quad D = W, \; E = W^\top"
    ),
}
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}


class Model(Config):
    """Weights and what they are to minimise."""

    k: int = Field(16, ge=1, le=128, description=N_("numbers in the code"), json_schema_extra=PRIMARY | SHAPE)
    weights: Literal["orthonormal", "tied", "untied"] = Field(
        "orthonormal",
        description=N_(
            "the encoder is the decoder's transpose, with orthonormal columns or any, or has its own weights"
        ),
        json_schema_extra=PRIMARY | SHAPE,
    )
    l2: float = Field(
        0.0, ge=0.0, le=1.0, description=N_("weight of the sum of all squared weights"), json_schema_extra=PRIMARY
    )
    hidden: int = Field(
        0,
        ge=0,
        le=512,
        description=N_("hidden units of a bend in encoder and decoder, for curved data; 0: linear"),
        json_schema_extra=PRIMARY | SHAPE,
    )
    objective: Literal["reconstruction", "sheet"] = Field(
        "reconstruction",
        description=N_("squared error, or ‖C − W Wᵀ‖² with the covariance C and free W, as the homework sheet has it"),
    )


class Data(Config):
    """Nothing to choose."""


class Training(config.Training):
    """How the loss goes down."""

    optimiser: Literal["adam", "sgd"] = Field(
        "adam", description=N_("Adam, or plain gradient descent, which rests on plateaus"), json_schema_extra=SHAPE
    )


class Recipe(config.Recipe):
    """A linear autoencoder's run."""

    method: Literal["linear_ae"] = "linear_ae"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


def check(recipe: config.Recipe) -> None:
    """Raises RepzError where knobs contradict each other, or the code is longer than an image."""
    model = recipe.model
    assert isinstance(model, Model)
    if model.objective == "sheet" and model.weights != "tied":
        raise RepzError(
            _("model.weights must be 'tied' with the sheet's objective, which has one free W; got '{given}'.").format(
                given=model.weights
            )
        )
    if model.objective == "sheet" and model.hidden:
        raise RepzError(
            _("model.hidden must be 0 with the sheet's objective, which is of a linear code; got {given}.").format(
                given=model.hidden
            )
        )
    if model.k > (count := _num_inputs(recipe)):
        raise RepzError(
            _("model.k must be at most the {count} numbers of an example; got {given}.").format(
                count=count, given=model.k
            )
        )


def _num_inputs(recipe: config.Recipe) -> int:
    return math.prod(catalogue.card(recipe.dataset).shape)


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def shape_of(recipe: config.Recipe) -> tuple[int, int, int]:
    """What it works on: images as they are."""
    return catalogue.card(recipe.dataset).shape


def layers(model: Model, num_inputs: int) -> dict[str, list[kinds.Layer]]:
    """What bends the code and the reconstruction; nothing where it is linear."""
    if not model.hidden:
        return {}
    return {
        "bend_encoder": kinds.mlp(num_inputs, model.hidden, model.k),
        "bend_decoder": kinds.mlp(model.k, model.hidden, num_inputs),
    }


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its sizes and its bend."""
    model = recipe.model
    assert isinstance(model, Model)
    known = {"kind": "linear_ae", "k": model.k, "weights": model.weights, "layers": layers(model, _num_inputs(recipe))}
    return known | catalogue.card(recipe.dataset).shades


def describe(recipe: config.Recipe) -> str:
    """The run in a few words."""
    model = recipe.model
    assert isinstance(model, Model)
    words = [f"k = {model.k}", _(WEIGHTS[model.weights])]
    words += [f"L2 {model.l2:g}"] * (model.l2 > 0)
    words += [_("bent, {hidden} hidden").format(hidden=model.hidden)] * (model.hidden > 0)
    words += [_("the sheet's objective")] * (model.objective == "sheet")
    return " · ".join(words)


WEIGHTS = {"orthonormal": N_("orthonormal"), "tied": N_("tied"), "untied": N_("untied")}

# Plain descent from small weights rests at each saddle point for longer than at the one before (Saxe et al. 2014,
# arXiv:1312.6120).
_PLATEAUS: dict[str, Any] = {
    "model.k": 6, "model.weights": "untied", "training.optimiser": "sgd", "training.lr": 0.1, "training.steps": 3000,
    "training.num_frames": 60,
}  # fmt: skip

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("MNIST in 16 numbers"): ("mnist5k", {}),
    N_("Tied weights"): ("mnist5k", {"model.weights": "tied"}),
    N_("Untied weights"): ("mnist5k", {"model.weights": "untied"}),
    N_("Untied weights with L2"): ("mnist5k", {"model.weights": "untied", "model.l2": 0.1}),
    N_("One direction after another"): ("digits", _PLATEAUS),
    N_("The sheet's objective"): ("mnist5k", {"model.weights": "tied", "model.objective": "sheet"}),
    N_("A line through a cloud"): ("cloud", {}),
    N_("A line through an arc"): ("arc", {}),
    N_("A curve through an arc"): ("arc", {"model.hidden": 32}),
}
FAMILIES: dict[str, Family] = {
    "k": Family("MNIST in 16 numbers", "model.k", (1, 2, 4, 8, 16)),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit linear weights better than the fields' own: a step is cheap, and noise has to fade.

    In the plane, gradient descent slow enough to see the line turn.
    """
    usual = {"training.batch_size": 256, "training.lr": 1e-2, "training.num_frames": 16}
    if catalogue.card(dataset).kind == "points":
        return usual | {"model.k": 1, "training.steps": 1500, "training.num_frames": 50}
    return usual
