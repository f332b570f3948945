"""Contrastive learning's knobs: two views of an image, one loss (Chen et al. 2020, arXiv:2002.05709)."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core import layers as kinds
from repz_core.config import Config, Family, RepzError
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Contrastive learning (SimCLR)")
KINDS = ("images",)
METRICS = ("probe_h", "probe_h_10", "probe_z", "knn")
MINIMISED = {  # N images, 2N views; i' is the other view of i's image, s the cosine of two z
    "model.objective = nt_xent": (
        r"-\frac1{2N} \sum_{i=1}^{2N} \log \frac{\exp(s_{ii'}/\tau)}{\sum_{k \ne i} \exp(s_{ik}/\tau)}"
    ),
    "model.objective = sheet": (
        r"-\frac1{2N} \sum_{i=1}^{2N} \log \frac{\exp(s_{ii'}/\tau)}{\sum_{k \ne i} \exp(s_{ii'}/\tau)} = \log(2N - 1)"
    ),
    "model.objective = no_negatives": (
        r"\frac1N \sum_{i=1}^N \left\| \frac{z_i}{\|z_i\|} - \frac{z_{i'}}{\|z_{i'}\|} \right\|^2"
    ),
    "model.objective = simsiam, predictor p, no gradient through sg": (
        r"-\frac1{2N} \sum_{i=1}^{2N} \cos\big(p(z_i), \mathrm{sg}(z_{i'})\big)"
    ),
    "model.objective = vicreg, d numbers in z, covariance C of either view": (
        r"25 \cdot \frac1{Nd} \sum_{i=1}^N \|z_i - z_{i'}\|^2"
        r" + 25 \cdot \frac12 \sum_{\mathrm{views}} \frac1d \sum_j \Big[1 - \sqrt{C_{jj} + 10^{-4}}\Big]_+"
        r" + \sum_{\mathrm{views}} \frac1d \sum_{j \ne l} C_{jl}^2"
    ),
}
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}
LOG: dict[str, Any] = {"log": True}


class Model(Config):
    """Encoder f, projection head g and what is minimised on its outputs."""

    objective: Literal["nt_xent", "sheet", "no_negatives", "simsiam", "vicreg"] = Field(
        "nt_xent",
        description=N_(
            "NT-Xent; with the homework sheet's denominator; without negatives; or a cure for their want: SimSiam's "
            "predictor and stop-gradient, VICReg's variance and covariance"
        ),
        json_schema_extra=PRIMARY | SHAPE,
    )
    temperature: float = Field(
        0.3,
        ge=0.005,
        le=5.0,
        description=N_("NT-Xent: what similarities are divided by"),
        json_schema_extra=PRIMARY | LOG,
    )
    h: int = Field(128, ge=2, le=512, description=N_("numbers in the representation h"), json_schema_extra=SHAPE)
    depth: int = Field(
        2, ge=0, le=4, description=N_("layers of the head; 0: the loss is on h"), json_schema_extra=PRIMARY | SHAPE
    )
    size: int = Field(
        64,
        ge=2,
        le=256,
        description=N_("numbers in z; 2 or 3 show it on the circle or the sphere"),
        json_schema_extra=PRIMARY | SHAPE,
    )
    width: int = Field(
        16,
        ge=2,
        le=128,
        description=N_("channels of the first convolution; the others have twice and four times as many"),
        json_schema_extra=SHAPE,
    )


class Data(Config):
    """How strongly each view differs from its image; the names are those of augment.Strengths."""

    crop: float = Field(
        0.0, ge=0.0, le=1.0, description=N_("greatest share of a side that is cut off"), json_schema_extra=PRIMARY
    )
    affine: float = Field(
        0.2, ge=0.0, le=1.0, description=N_("turn, size, aspect and shear at once"), json_schema_extra=PRIMARY
    )
    shift: float = Field(0.0, ge=0.0, le=1.0, description=N_("greatest shift along each side, in sides"))
    elastic: float = Field(
        0.06,
        ge=0.0,
        le=0.5,
        description=N_("bends: standard deviation of a place's move, in sides"),
        json_schema_extra=PRIMARY,
    )
    flip: float = Field(0.0, ge=0.0, le=1.0, description=N_("share of views that are mirrored"))
    jitter: float = Field(
        0.0, ge=0.0, le=1.0, description=N_("colour data: change of brightness, contrast, saturation and hue")
    )
    grey: float = Field(0.0, ge=0.0, le=1.0, description=N_("colour data: share of views that lose their colour"))
    blur: float = Field(0.0, ge=0.0, le=16.0, description=N_("greatest width of a Gaussian blur, in pixels"))
    noise: float = Field(0.0, ge=0.0, le=5.0, description=N_("greatest standard deviation of noise, white being 1"))
    erase: float = Field(
        0.0, ge=0.0, le=1.0, description=N_("greatest share of each side that a black rectangle takes")
    )


class Training(config.Training):
    """How long, and how the learning rate falls."""

    batch_size: int = Field(
        128,
        ge=1,
        le=4096,
        description=N_("images a step; each gives two views, and meets the others' as negatives"),
        json_schema_extra=PRIMARY,
    )
    lr: float = Field(2e-3, ge=1e-5, le=1e-1, description=N_("learning rate"), json_schema_extra=LOG)
    decay: int = Field(
        1200, ge=1, le=200_000, description=N_("steps in which the learning rate falls to a hundredth, along a cosine")
    )


class Recipe(config.Recipe):
    """A contrastive run."""

    method: Literal["simclr"] = "simclr"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


# Beyond these strengths there is next to nothing left to see in a view; what is left then, in words.
VANISHING: dict[str, tuple[float, str]] = {
    "crop": (0.9, N_("a tenth of a side would be all that is left")),
    "affine": (0.6, N_("most images would be pressed flat")),
    "shift": (0.6, N_("most of the image would be outside")),
    "elastic": (0.2, N_("the image would be torn to pieces")),
    "noise": (2.0, N_("the image would drown in noise")),
    "erase": (0.9, N_("the rectangle would cover the image")),
}
BLUR = 0.25  # of the shorter side: a wider blur leaves one grey


def check(recipe: config.Recipe) -> None:
    """Raises RepzError where a batch has no negatives, or a view would show nothing."""
    data, batch = recipe.data, recipe.training.batch_size
    assert isinstance(data, Data)
    card = catalogue.card(recipe.dataset)
    if batch < 2:
        raise RepzError(
            _("training.batch_size must be at least 2, since the other images are the negatives; got {given}.").format(
                given=batch
            )
        )
    for name, (limit, reason) in _limits(card.shape).items():
        if getattr(data, name) > limit:
            raise RepzError(
                _("data.{name} must be at most {limit:g}, or the image vanishes: {reason}; got {given:g}.").format(
                    name=name, limit=limit, reason=_(reason), given=getattr(data, name)
                )
            )


def _limits(shape: tuple[int, int, int]) -> dict[str, tuple[float, str]]:
    return VANISHING | {"blur": (BLUR * min(shape[1:]), N_("all pixels would be one grey"))}


def most(recipe: config.Recipe, name: str) -> float:
    """The greatest strength of a change that leaves something to see."""
    return _limits(shape_of(recipe)).get(name, (1.0, ""))[0]


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def shape_of(recipe: config.Recipe) -> tuple[int, int, int]:
    """What the nets work on: images as they are."""
    return catalogue.card(recipe.dataset).shape


def layers(model: Model, shape: tuple[int, int, int]) -> dict[str, list[kinds.Layer]]:
    """The encoder f (n -> h), the head g (h -> z), and SimSiam's predictor (z -> z), empty without it."""
    head = kinds.mlp(*[model.h] * model.depth, model.size) if model.depth else []
    if model.objective == "simsiam":
        head = [layer for linear in head for layer in _standardised(linear)]
    z = model.size if model.depth else model.h
    hidden, *rest = kinds.mlp(z, max(2, z // 2), z)
    predictor = [*_standardised(hidden), *rest] if model.objective == "simsiam" else []
    return {"encoder": kinds.pooling_encoder(shape, model.width, model.h), "head": head, "predictor": predictor}


def _standardised(layer: kinds.Layer) -> list[kinds.Layer]:
    """A linear layer with what it gives standardised over the batch, as SimSiam's nets have it, or collapse."""
    return [layer, {"kind": "standardise", "size": layer["outputs"]}] if layer["kind"] == "linear" else [layer]


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its nets."""
    model = recipe.model
    assert isinstance(model, Model)
    nets = layers(model, shape_of(recipe))
    return {"kind": "simclr", "layers": {name: nets[name] for name in ("encoder", "head")}}


def describe(recipe: config.Recipe) -> str:
    """The run in a few words."""
    model = recipe.model
    assert isinstance(model, Model)
    words = [_(OBJECTIVES[model.objective])]
    words += [f"τ = {model.temperature:g}"] * (model.objective == "nt_xent")
    words += [_("batch {size}").format(size=recipe.training.batch_size), f"h {model.h}"]
    words += [f"z {model.size}"] if model.depth else [_("no head")]
    return " · ".join(words)


OBJECTIVES = {
    "nt_xent": N_("NT-Xent"),
    "sheet": N_("the sheet's denominator"),
    "no_negatives": N_("no negatives"),
    "simsiam": N_("SimSiam"),
    "vicreg": N_("VICReg"),
}

_SHORT: dict[str, Any] = {"training.steps": 400, "training.decay": 400, "training.num_frames": 7}

_FEW: dict[str, Any] = {"training.num_frames": 8}
_SMALL: dict[str, Any] = _SHORT | {
    "model.width": 8, "model.h": 32, "model.size": 16, "model.temperature": 0.2, "training.num_frames": 4,
}  # fmt: skip

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("MNIST, h of 128 numbers"): ("mnist5k", {}),
    N_("Sprites with colour jitter"): ("sprites", _FEW),
    N_("Sprites without colour jitter"): ("sprites", _FEW | {"data.jitter": 0.0, "data.grey": 0.0}),
    N_("The sheet's denominator"): ("mnist5k", _SHORT | {"model.objective": "sheet"}),
    N_("Collapse: no negatives"): ("mnist5k", _SHORT | {"model.objective": "no_negatives"}),
    N_("Cured by SimSiam"): ("mnist5k", _SHORT | {"model.objective": "simsiam"}),
    N_("Cured by VICReg"): ("mnist5k", _SHORT | {"model.objective": "vicreg"}),
    N_("z on the circle"): ("mnist5k", _SHORT | {"model.size": 2}),
    N_("Digits, h of 32 numbers"): ("digits", _SMALL),
}
FAMILIES: dict[str, Family] = {
    "temperature": Family("Digits, h of 32 numbers", "model.temperature", (0.05, 0.1, 0.2, 0.5, 1.0)),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit `dataset` better than the fields' own defaults, which suit MNIST."""
    usual: dict[str, Any] = {"training.num_frames": 14, "training.steps": 1200}
    if dataset.startswith("digits"):
        return usual | {"training.batch_size": 128}
    if dataset.startswith("mnist") or dataset.startswith("fashion"):
        return usual
    gentle = {"data.affine": 0.15, "data.elastic": 0.01, "data.flip": 0.5, "data.shift": 0.1}  # bends hide a shape
    return usual | gentle | {"data.jitter": 0.6, "data.grey": 0.2}
