"""The variational autoencoder's knobs (Kingma & Welling 2014, arXiv:1312.6114)."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core import layers as kinds
from repz_core.config import Config, Family, RepzError, Training
from repz_core.datasets import catalogue
from repz_core.locale import N_, _
from repz_core.locale.words import spoken

TITLE = N_("Variational autoencoder")
REACH = 2.5  # the decoded plane spans at least -REACH..REACH standard deviations of the prior

KINDS = ("images",)  # of data it can be trained on
UNIT = N_("nats")
METRICS = ("nll", "elbo", "recon", "kl", "active_units")  # what a finished run is judged by, in this order
MINIMISED = {
    "model.objective = elbo": (
        r"-\mathbb{E}_x\, \mathbb{E}_{q(z\mid x)} \log p(x\mid z) + \beta \sum_{j=1}^k"
        r" \max\big(\text{free bits},\, \mathbb{E}_x\, \mathrm{KL}(q(z_j\mid x)\,\|\,p(z_j))\big)"
    ),
    "model.objective = iwae, L draws": (
        r"-\mathbb{E}_x\, \mathbb{E}_{z_1, \dots, z_L \sim q(z\mid x)} \log \frac1L \sum_{l=1}^L"
        r" p(x\mid z_l) \left(\frac{p(z_l)}{q(z_l\mid x)}\right)^{\beta}"
    ),
}

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}  # decides the weights' shapes, so that a fork cannot change it


class Model(Config):
    """Nets and objective."""

    k: int = Field(20, ge=1, le=128, description=N_("latent dimensions"), json_schema_extra=PRIMARY | SHAPE)
    beta: float = Field(1.0, ge=0.0, le=20.0, description=N_("weight of the KL term"), json_schema_extra=PRIMARY)
    net: Literal["mlp", "conv", "linear"] = Field(
        "mlp", description=N_("kind of net; linear has no hidden layer"), json_schema_extra=PRIMARY | SHAPE
    )
    width: int = Field(
        400,
        ge=8,
        le=1024,
        description=N_("hidden units; a conv net has a sixteenth as channels"),
        json_schema_extra=SHAPE,
    )
    likelihood: Literal["bernoulli", "gaussian"] = Field(
        "bernoulli",
        description=N_("what a pixel is: one or zero after thresholding, or grey with one learned standard deviation"),
        json_schema_extra=SHAPE,
    )
    prior: Literal["normal", "laplace"] = Field("normal", description=N_("law of the code, of variance one"))
    warmup: int = Field(0, ge=0, le=50_000, description=N_("steps over which beta grows from zero"))
    free_bits: float = Field(0.0, ge=0.0, le=3.0, description=N_("nats a dimension may cost for nothing"))
    objective: Literal["elbo", "iwae"] = Field(
        "elbo", description=N_("the bound that is raised: the ELBO, or the tighter importance-weighted one")
    )
    draws: int = Field(1, ge=1, le=64, description=N_("draws of z an image and step"))
    estimator: Literal["pathwise", "score"] = Field(
        "pathwise", description=N_("gradient of the draw: through it (reparameterised), or by the score function")
    )


class Data(Config):
    """What the likelihood sees."""

    threshold: float = Field(
        0.5,
        ge=0.01,
        le=0.99,
        description=N_("Bernoulli: a pixel above this brightness counts as one, any other as zero"),
    )
    augment: float = Field(
        0.0, ge=0.0, le=0.3, description=N_("strength of random turns and stretches of training images")
    )


class Recipe(config.Recipe):
    """A VAE run."""

    method: Literal["vae"] = "vae"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


def check(recipe: config.Recipe) -> None:
    """Raises RepzError where knobs contradict each other."""
    model = recipe.model
    assert isinstance(model, Model)
    if model.objective == "iwae" and model.free_bits > 0:
        raise RepzError(
            _(
                "model.free_bits must be 0 with the iwae objective, which has no KL term of its own; got {given}."
            ).format(given=model.free_bits)
        )


def turns(recipe: config.Recipe) -> list[str]:
    """One, which needs no name."""
    return [""]


def shape_of(recipe: config.Recipe) -> tuple[int, int, int]:
    """What the nets work on: images as they are."""
    return catalogue.card(recipe.dataset).shape


def layers(model: Model, shape: tuple[int, int, int]) -> dict[str, list[kinds.Layer]]:
    """The encoder (n -> 2 k: mu and logvar) and the decoder (k -> n) for images of `shape`."""
    n, k, width = shape[0] * shape[1] * shape[2], model.k, model.width
    if model.net == "conv":
        channels = max(1, width // 16)
        return {
            "encoder": kinds.conv_encoder(shape, channels, 2 * k),
            "decoder": kinds.conv_decoder(shape, channels, k),
        }
    hidden = [width] if model.net == "mlp" else []
    return {"encoder": kinds.mlp(n, *hidden, 2 * k), "decoder": kinds.mlp(k, *hidden, n)}


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its nets, and what their outputs mean."""
    model = recipe.model
    assert isinstance(model, Model)
    known = {"kind": "vae", "layers": layers(model, shape_of(recipe)), "likelihood": model.likelihood, "k": model.k}
    assert isinstance(recipe.data, Data)
    known["threshold"] = recipe.data.threshold if model.likelihood == "bernoulli" else None
    return known | catalogue.card(recipe.dataset).shades


def describe(recipe: config.Recipe) -> str:
    """The run in a few words: its sizes, and each knob that is not as usual."""
    model, usual = recipe.model, Model()
    assert isinstance(model, Model)
    words = [f"k = {model.k}", f"β = {model.beta:g}"]
    choices = ("net", "likelihood", "prior", "objective", "estimator")
    words += [spoken(getattr(model, name)) for name in choices if getattr(model, name) != getattr(usual, name)]
    words += [_("warm-up {steps}").format(steps=model.warmup)] * (model.warmup > 0)
    words += [_("free bits {nats:g}").format(nats=model.free_bits)] * (model.free_bits > 0)
    return " · ".join(words)


_MAP: dict[str, Any] = {"model.k": 2, "model.width": 128, "training.num_frames": 30}
_QUICK: dict[str, Any] = {"training.lr": 3e-3}  # 4,000 steps are few: a little jitter for a nat
_SIXTEEN: dict[str, Any] = _QUICK | {"model.k": 16, "model.width": 128, "training.num_frames": 12}
_COLLAPSE: dict[str, Any] = {
    "model.k": 16, "model.beta": 3.0, "model.net": "conv", "training.lr": 1e-2, "training.steps": 1500,
    "training.num_frames": 20,
}  # fmt: skip

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("2-D map of MNIST"): ("mnist5k", _MAP | _QUICK),
    N_("2-D map of digits"): ("digits", _MAP),
    N_("2-D map without the prior: an autoencoder"): (
        "mnist5k",
        _MAP | _QUICK | {"model.beta": 0.0, "training.num_frames": 20},
    ),
    N_("16 dimensions"): ("mnist5k", _SIXTEEN),
    N_("A Laplace prior"): ("digits", _MAP | {"model.prior": "laplace"}),
    N_("Posterior collapse"): ("digits", _COLLAPSE),
    N_("Cured by warm-up"): ("digits", _COLLAPSE | {"model.warmup": 1000}),
    N_("Cured by free bits"): ("digits", _COLLAPSE | {"model.free_bits": 0.25}),
    N_("Cured by a weaker decoder"): ("digits", _COLLAPSE | {"model.net": "linear"}),
    N_("Without reparameterisation"): ("digits", _MAP | {"model.estimator": "score"}),
}

FAMILIES: dict[str, Family] = {
    "beta": Family("16 dimensions", "model.beta", (0.0, 0.5, 1.0, 2.0, 4.0)),
    "k": Family("16 dimensions", "model.k", (1, 2, 4, 8, 16)),
    "map": Family("2-D map of MNIST", "model.beta", (0.0, 1.0, 4.0), frames=5),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit `dataset` better than the fields' own defaults.

    3,600 images are few: without augmentation a 400-unit net has overfitted after 10 s (see docs/architecture.md).
    """
    return {"data.augment": 0.1} if dataset.startswith("mnist5k") else {}
