"""The sparse autoencoder's knobs: many units, few of them active, by one of three means."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core.config import Config, RepzError, Training
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Sparse autoencoder")
KINDS = ("images", "patches")
METRICS = ("l0", "variance_explained", "alive", "amortisation_gap")
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}


class Model(Config):
    """Units and what keeps most of them silent."""

    units: int = Field(256, ge=1, le=1024, description=N_("units of the code"), json_schema_extra=PRIMARY | SHAPE)
    variant: Literal["relu", "topk", "kl"] = Field(
        "relu",
        description=N_("ReLU units and L1, the largest activations alone, or sigmoid units drawn to a mean rate"),
        json_schema_extra=PRIMARY,
    )
    l1: float = Field(
        0.5, ge=1e-3, le=100.0, description=N_("relu: weight λ of the codes' L1 norm"),
        json_schema_extra=PRIMARY | {"log": True},
    )  # fmt: skip
    active: int = Field(16, ge=1, le=256, description=N_("topk: units that may be active"), json_schema_extra=PRIMARY)
    rate: float = Field(0.05, ge=0.01, le=0.5, description=N_("kl: mean activation that units are drawn to"))
    pull: float = Field(1.0, ge=0.0, le=100.0, description=N_("kl: weight of that pull"))
    resample: int = Field(0, ge=0, le=200_000, description=N_("step at which dead units begin anew; 0: they stay dead"))


class Data(Config):
    """Nothing to choose."""


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
    if model.variant == "topk" and model.active > model.units:
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
        "relu": f"λ = {model.l1:g}",
        "topk": f"TopK {model.active}",
        "kl": _("KL to {rate:g}").format(rate=model.rate),
    }
    return " · ".join([_("autoencoder"), _("{units} units").format(units=model.units), how[model.variant]])


PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("256 units with L1"): ("mnist5k", {}),
    N_("TopK: 16 of 256 units"): ("mnist5k", {"model.variant": "topk"}),
    N_("KL to a rate"): ("digits", {"model.variant": "kl"}),
}
FAMILIES: dict[str, tuple[str, str, tuple[float, ...]]] = {
    "l1": ("256 units with L1", "model.l1", (0.1, 0.2, 0.5, 1.0)),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit it better than the fields' own."""
    return {"training.batch_size": 256, "training.steps": 4000, "training.num_frames": 16}
