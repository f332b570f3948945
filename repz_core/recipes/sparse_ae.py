"""The sparse autoencoder's knobs: many units, few of them active, by one of three means."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core.config import Config, Family, RepzError
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Sparse autoencoder")
KINDS = ("images", "patches")
METRICS = ("l0", "variance_explained", "alive", "amortisation_gap")
_ERROR = r"\frac1N \sum_i \tfrac12 \|x_i - \hat x_i\|^2"
MINIMISED = {
    "model.variant = relu": _ERROR + r" + \lambda \|h_i\|_1",
    "model.variant = kl, mean activations a": (
        _ERROR + r" + \text{pull} \sum_{j=1}^K \rho \log\frac{\rho}{a_j} + (1-\rho) \log\frac{1-\rho}{1-a_j}"
    ),
    "model.variant = topk or batch_topk, codes g of units that have long been silent": (
        _ERROR + r" + \alpha \cdot \tfrac12 \|(x_i - \hat x_i) - g_i D\|^2"
    ),
}
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}


class Model(Config):
    """Units and what keeps most of them silent."""

    units: int = Field(256, ge=1, le=1024, description=N_("units of the code"), json_schema_extra=PRIMARY | SHAPE)
    variant: Literal["batch_topk", "topk", "relu", "kl"] = Field(
        "batch_topk",
        description=N_(
            "what silences units: the largest of a batch or of each image stay, ReLU and L1, or sigmoid and a mean rate"
        ),
        json_schema_extra=PRIMARY,
    )
    l1: float = Field(
        0.5, ge=1e-3, le=100.0, description=N_("relu: weight λ of the codes' L1 norm; of others' codes it is measured"),
        json_schema_extra=PRIMARY | {"log": True},
    )  # fmt: skip
    active: int = Field(
        18, ge=1, le=256, description=N_("topk: active units of an image; batch_topk: on average"),
        json_schema_extra=PRIMARY,
    )  # fmt: skip
    rate: float = Field(0.05, ge=0.01, le=0.5, description=N_("kl: mean activation that units are drawn to"))
    pull: float = Field(1.0, ge=0.0, le=100.0, description=N_("kl: weight of that pull"))
    resample: int = Field(0, ge=0, le=200_000, description=N_("step at which dead units begin anew; 0: they stay dead"))


class Data(Config):
    """What it sees."""

    augment: float = Field(
        0.0, ge=0.0, le=0.3, description=N_("strength of random turns and stretches of training images")
    )


class Training(config.Training):
    """How long, and how the learning rate falls."""

    decay: int = Field(
        4000,
        ge=1,
        le=200_000,
        description=N_("steps, or all there are, in which the learning rate falls to a hundredth, along a cosine"),
    )


class Recipe(config.Recipe):
    """A sparse autoencoder's run."""

    method: Literal["sparse_ae"] = "sparse_ae"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


def check(recipe: config.Recipe) -> None:
    """Raises RepzError where more units may be active than there are."""
    model = recipe.model
    assert isinstance(model, Model)
    if "topk" in model.variant and model.active > model.units:
        raise RepzError(
            _("model.active must be at most the {units} units; got {given}.").format(
                units=model.units, given=model.active
            )
        )


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its sizes, its units and its penalty."""
    model = recipe.model
    assert isinstance(model, Model)
    known = {"kind": "sparse_ae", "k": model.units, "variant": model.variant, "active": model.active, "l1": model.l1}
    return known | catalogue.card(recipe.dataset).shades


def describe(recipe: config.Recipe) -> str:
    """The run in a few words."""
    model = recipe.model
    assert isinstance(model, Model)
    how = {
        "batch_topk": f"BatchTopK {model.active}",
        "relu": f"λ = {model.l1:g}",
        "topk": f"TopK {model.active}",
        "kl": _("KL to {rate:g}").format(rate=model.rate),
    }
    return " · ".join([_("autoencoder"), _("{units} units").format(units=model.units), how[model.variant]])


PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("18 of 256 units on average"): ("mnist5k", {}),
    N_("16 of 256 units, always"): ("mnist5k", {"model.variant": "topk", "model.active": 16, "training.num_frames": 8}),
    N_("ReLU and L1"): ("mnist5k", {"model.variant": "relu", "model.l1": 0.2, "training.num_frames": 5}),
    N_("KL to a rate"): ("mnist5k", {"model.variant": "kl", "model.units": 64, "training.num_frames": 5}),
}
FAMILIES: dict[str, Family] = {"l1": Family("ReLU and L1", "model.l1", (0.05, 0.1, 0.2, 0.5))}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit it better than the fields' own. 3,600 images are few: with augmentation more is kept of others
    (with 19 active units 0.844 of the variance in place of 0.778).
    """
    usual = {"training.batch_size": 256, "training.lr": 3e-3, "training.steps": 4000, "training.num_frames": 10}
    return usual | ({"data.augment": 0.1} if dataset.startswith("mnist5k") else {})
