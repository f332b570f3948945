"""Sparse coding's knobs: a dictionary, and what an active atom costs (Olshausen & Field 1996)."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core.config import Config, Family, Training
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Sparse coding")
KINDS = ("patches", "images")
METRICS = ("objective", "l0", "variance_explained", "alive")
MINIMISED = {
    "model.constraint = true": (
        r"\frac1N \sum_i \min_{u_i} \tfrac12 \|x_i - u_i D\|^2 + \lambda \|u_i\|_1"
        r" \quad \text{over } D \text{ with } \|d_j\| = 1"
    ),
    "model.constraint = false": (
        r"\frac1N \sum_i \min_{u_i} \tfrac12 \|x_i - u_i D\|^2 + \lambda \|u_i\|_1 \quad \text{over any } D"
    ),
}
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}


class Model(Config):
    """The dictionary and the lasso objective 1/2 ||x - u D||^2 + l1 ||u||_1."""

    units: int = Field(196, ge=1, le=1024, description=N_("atoms of the dictionary"), json_schema_extra=PRIMARY | SHAPE)
    l1: float = Field(
        1.0, ge=1e-3, le=100.0, description=N_("weight λ of the codes' L1 norm"),
        json_schema_extra=PRIMARY | {"log": True},
    )  # fmt: skip
    constraint: bool = Field(
        True,
        description=N_("atoms of norm one; without it, as on the homework sheet, the penalty melts away"),
        json_schema_extra=PRIMARY,
    )


class Data(Config):
    """Nothing to choose."""


class Recipe(config.Recipe):
    """A run of dictionary learning."""

    method: Literal["sparse_coding"] = "sparse_coding"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


def check(recipe: config.Recipe) -> None:
    """All knobs go together."""


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its sizes and its penalty."""
    model = recipe.model
    assert isinstance(model, Model)
    return {"kind": "sparse_coding", "k": model.units, "l1": model.l1} | catalogue.card(recipe.dataset).shades


def describe(recipe: config.Recipe) -> str:
    """The run in a few words."""
    model = recipe.model
    assert isinstance(model, Model)
    words = [_("sparse coding"), _("{units} atoms").format(units=model.units), f"λ = {model.l1:g}"]
    words += [_("free norms")] * (not model.constraint)
    return " · ".join(words)


_MELTING: dict[str, Any] = {"model.units": 100, "model.l1": 0.3, "training.num_frames": 12}

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("Edges from photographs"): ("patches12", {}),
    N_("Strokes of digits"): ("digits", _MELTING),
    N_("The sheet's form: free norms"): ("digits", _MELTING | {"model.constraint": False}),
}
FAMILIES: dict[str, Family] = {}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit it better than the fields' own; pixels in [0, 1] are smaller than whitened ones."""
    usual = {"training.batch_size": 64, "training.lr": 2e-2, "training.steps": 2000, "training.num_frames": 20}
    return usual if catalogue.card(dataset).kind == "patches" else usual | {"model.l1": 0.3}
