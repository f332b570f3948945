"""The linear autoencoder's knobs: a code of few numbers and nothing else (Baldi & Hornik 1989)."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core.config import Config, RepzError, Training
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Linear autoencoder")
KINDS = ("images",)
METRICS = ("loss_over_floor", "principal_angle", "recon")
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
    objective: Literal["reconstruction", "sheet"] = Field(
        "reconstruction",
        description=N_("squared error, or ‖C − W Wᵀ‖² with the covariance C and free W, as the homework sheet has it"),
    )


class Data(Config):
    """Nothing to choose."""


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
    channels, rows, columns = catalogue.card(recipe.dataset).shape
    if model.k > channels * rows * columns:
        raise RepzError(
            _("model.k must be at most the {count} pixels of an image; got {given}.").format(
                count=channels * rows * columns, given=model.k
            )
        )


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def shape_of(recipe: config.Recipe) -> tuple[int, int, int]:
    """What it works on: images as they are."""
    return catalogue.card(recipe.dataset).shape


def describe(recipe: config.Recipe) -> str:
    """The run in a few words."""
    model = recipe.model
    assert isinstance(model, Model)
    words = [f"k = {model.k}", _(WEIGHTS[model.weights])]
    words += [f"L2 {model.l2:g}"] * (model.l2 > 0)
    words += [_("the sheet's objective")] * (model.objective == "sheet")
    return " · ".join(words)


WEIGHTS = {"orthonormal": N_("orthonormal"), "tied": N_("tied"), "untied": N_("untied")}

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("MNIST in 16 numbers"): ("mnist5k", {}),
    N_("Tied weights"): ("mnist5k", {"model.weights": "tied"}),
    N_("Untied weights"): ("mnist5k", {"model.weights": "untied"}),
    N_("Untied weights with L2"): ("mnist5k", {"model.weights": "untied", "model.l2": 0.1}),
    N_("The sheet's objective"): ("mnist5k", {"model.weights": "tied", "model.objective": "sheet"}),
}
FAMILIES: dict[str, tuple[str, str, tuple[float, ...]]] = {
    "k": ("MNIST in 16 numbers", "model.k", (1, 2, 4, 8, 16)),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit linear weights better than the fields' own: a step is cheap, and noise has to fade."""
    return {"training.batch_size": 256, "training.lr": 1e-2, "training.num_frames": 16}
