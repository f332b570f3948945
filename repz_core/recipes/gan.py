"""The generative adversarial network's knobs (Goodfellow et al. 2014, arXiv:1406.2661)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from repz_core import config
from repz_core import layers as kinds
from repz_core.config import Config, Family, RepzError
from repz_core.datasets import catalogue
from repz_core.locale import N_, _

TITLE = N_("Generative adversarial network")
KINDS = ("points", "images")
METRICS = ("modes", "high_quality", "spread", "js", "fid", "precision", "recall", "distance")
UNIT = ""

PRIMARY: dict[str, Any] = {"primary": True}
SHAPE: dict[str, Any] = {"shape": True}  # of the state, which a fork starts from
POINTS: dict[str, Any] = {"for": "points"}
IMAGES: dict[str, Any] = {"for": "images"}


class Model(Config):
    """The two nets and their game."""

    loss: Literal["minimax", "non_saturating", "least_squares", "hinge", "wasserstein"] = Field(
        "non_saturating",
        description=N_("what both players minimise, as functions of the logit"),
        json_schema_extra=PRIMARY,
    )
    r1: float = Field(
        0.0,
        ge=0.0,
        le=100.0,
        description=N_("weight of R1: squared gradient on real data"),
        json_schema_extra=PRIMARY | {"log": True},
    )
    r1_every: int = Field(1, ge=1, le=64, description=N_("steps from one R1 to the next, which weighs for all of them"))
    instance_noise: float = Field(
        0.7,
        ge=0.0,
        le=2.0,
        description=N_("noise on all the discriminator sees, in standard deviations of the data; it fades"),
        json_schema_extra=PRIMARY,
    )
    noise_steps: int = Field(6000, ge=1, le=200_000, description=N_("steps over which that noise falls to a hundredth"))
    gradient_penalty: float = Field(
        0.0, ge=0.0, le=100.0, description=N_("weight of (|gradient| − 1)² between real and fake: WGAN-GP has 10")
    )
    clip: float = Field(0.0, ge=0.0, le=1.0, description=N_("bound on every weight of the discriminator; 0: none"))
    spectral_norm: bool = Field(
        False, description=N_("divide each weight matrix of the discriminator by its norm"), json_schema_extra=SHAPE
    )
    packing: int = Field(
        1, ge=1, le=8, description=N_("examples the discriminator judges together"), json_schema_extra=SHAPE
    )
    ema: float = Field(
        0.999, ge=0.0, le=0.9999, description=N_("averaging of the generator that is shown, a step; 0: none")
    )
    k: int = Field(16, ge=1, le=128, description=N_("latent dimensions"), json_schema_extra=SHAPE)
    width: int = Field(128, ge=8, le=512, description=N_("hidden units a layer"), json_schema_extra=SHAPE | POINTS)
    depth: int = Field(2, ge=1, le=5, description=N_("hidden layers"), json_schema_extra=SHAPE | POINTS)
    octaves: int = Field(
        0,
        ge=0,
        le=10,
        description=N_("octaves of waves over the plane that the discriminator sees too, to tell finer detail"),
        json_schema_extra=SHAPE | POINTS,
    )
    channels: int = Field(
        16,
        ge=4,
        le=64,
        description=N_("channels of the convolution next to the image; twice as many at each halving"),
        json_schema_extra=SHAPE | IMAGES,
    )
    size: Annotated[Literal[8, 16, 32, 64], BeforeValidator(config.whole)] = Field(
        32, description=N_("pixels a side that images are resized to"), json_schema_extra=SHAPE | IMAGES
    )


class Data(Config):
    """Nothing to choose: the game is played on the data as they are."""


class Training(config.Training):
    """The dynamics of the game."""

    batch_size: int = Field(256, ge=1, le=4096, description=N_("examples a turn"))
    lr: float = Field(
        1e-3, ge=1e-5, le=1e-1, description=N_("learning rate of the generator"), json_schema_extra={"log": True}
    )
    lr_d: float = Field(
        1e-3, ge=1e-5, le=1e-1, description=N_("learning rate of the discriminator"), json_schema_extra={"log": True}
    )
    half_life: int = Field(
        200_000, ge=100, le=200_000, description=N_("steps in which both learning rates fall by half")
    )
    d_steps: int = Field(1, ge=1, le=50, description=N_("turns of the discriminator for one of the generator"))
    order: Literal["alternating", "simultaneous"] = Field(
        "alternating", description=N_("whether the generator sees what the discriminator has just done")
    )
    optimiser: Literal["adam", "sgd"] = Field(
        "adam", description=N_("Adam, or plain gradient descent"), json_schema_extra=SHAPE
    )
    beta1: float = Field(0.0, ge=0.0, le=0.99, description=N_("Adam's momentum"))
    beta2: float = Field(0.99, ge=0.5, le=0.9999, description=N_("Adam's memory of squared gradients"))


class Recipe(config.Recipe):
    """A GAN run."""

    method: Literal["gan"] = "gan"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


def turns(recipe: config.Recipe) -> list[str]:
    """Whose turn is when in a step: "D", "D", "G"; one turn of both where they move at once."""
    training = recipe.training
    assert isinstance(training, Training)
    return ["D+G"] if training.order == "simultaneous" else ["D"] * training.d_steps + ["G"]


def check(recipe: config.Recipe) -> None:
    """Raises RepzError where knobs contradict each other."""
    model, training = recipe.model, recipe.training
    assert isinstance(model, Model)
    assert isinstance(training, Training)
    if training.order == "simultaneous" and training.d_steps > 1:
        raise RepzError(
            _("training.d_steps must be 1 where both players move at the same time; got {given}.").format(
                given=training.d_steps
            )
        )
    card = catalogue.card(recipe.dataset)
    if card.own and card.kind == "points":
        raise RepzError(
            _(
                "A GAN in the plane is held against a known density, which {dataset} has not; train linear_ae on it, "
                "or paint the density on the GAN page."
            ).format(dataset=card.name)
        )
    if card.name == "dirac" and (model.octaves or model.packing > 1):
        raise RepzError(
            _(
                "On a single point the discriminator is a line: model.octaves must be 0 and model.packing 1; "
                "got {octaves} and {packing}."
            ).format(octaves=model.octaves, packing=model.packing)
        )
    if training.batch_size % model.packing:
        raise RepzError(
            _("training.batch_size must be a multiple of model.packing = {packing}; got {given}.").format(
                packing=model.packing, given=training.batch_size
            )
        )


def layers(model: Model, shape: tuple[int, int, int]) -> dict[str, list[kinds.Layer]]:
    """The generator (k -> n; logits of pixels where these are images) and the discriminator (packing n -> 1)."""
    channels, side, _rows = shape
    if shape == (1, 1, 1):  # the Dirac-GAN: a point against a line through zero
        line: kinds.Layer = {"kind": "linear", "inputs": 1, "outputs": 1, "bias": False, "start": 0.9}
        return {"generator": [{"kind": "point", "outputs": 1, "start": 0.9}], "discriminator": [line]}
    if side == 1:  # points of `channels` coordinates
        hidden = [model.width] * model.depth
        return {
            "generator": kinds.mlp(model.k, *hidden, channels),
            "discriminator": kinds.mlp(
                channels * (1 + 2 * model.octaves) * model.packing, *hidden, 1, activation="leaky_relu"
            ),
        }
    return {
        "generator": kinds.doubling_decoder(side, channels, model.k, model.channels),
        "discriminator": kinds.halving_encoder(side, channels * model.packing, 1, model.channels),
    }


def shape_of(recipe: config.Recipe) -> tuple[int, int, int]:
    """What the nets work on: points as they are, images at the size asked for."""
    card, model = catalogue.card(recipe.dataset), recipe.model
    assert isinstance(model, Model)
    return card.shape if card.kind == "points" else (card.shape[0], model.size, model.size)


def browser(recipe: config.Recipe) -> dict[str, Any]:
    """Its nets."""
    model = recipe.model
    assert isinstance(model, Model)
    known = {"kind": "gan", "layers": layers(model, shape_of(recipe)), "k": model.k}
    return known | catalogue.card(recipe.dataset).shades


def describe(recipe: config.Recipe) -> str:
    """The run in a few words: its loss, and each switch that is on."""
    model, training = recipe.model, recipe.training
    assert isinstance(model, Model)
    assert isinstance(training, Training)
    words = [_(LOSSES[model.loss])]
    words += [_("{size} pixels").format(size=model.size)] * (catalogue.card(recipe.dataset).kind == "images")
    words += [f"R1 {model.r1:g}"] * (model.r1 > 0)
    words += [_("gradient penalty {weight:g}").format(weight=model.gradient_penalty)] * (model.gradient_penalty > 0)
    words += [_("clip {bound:g}").format(bound=model.clip)] * (model.clip > 0)
    words += [_("spectral norm")] * model.spectral_norm
    words += [_("packs of {size}").format(size=model.packing)] * (model.packing > 1)
    if model.instance_noise != Model().instance_noise:
        words.append(_("noise {std:g}").format(std=model.instance_noise) if model.instance_noise else _("no noise"))
    words += [_("{count} D a G").format(count=training.d_steps)] * (training.d_steps > 1)
    words += [_("at once")] * (training.order == "simultaneous")
    return " · ".join(words)


# The table in TeX, f_r, f_f and f_g of the logit t; objectives.GAN_TABLE computes it. sp is softplus.
FORMULAS = {
    "minimax": (r"$\mathrm{sp}(-t)$", r"$\mathrm{sp}(t)$", r"$-\mathrm{sp}(t)$"),
    "non_saturating": (r"$\mathrm{sp}(-t)$", r"$\mathrm{sp}(t)$", r"$\mathrm{sp}(-t)$"),
    "least_squares": (r"$\tfrac12(t-1)^2$", r"$\tfrac12t^2$", r"$\tfrac12(t-1)^2$"),
    "hinge": ("$[1-t]_+$", "$[1+t]_+$", "$-t$"),
    "wasserstein": ("$-t$", "$t$", "$-t$"),
    "wgan_gp": ("$-t$", "$t$", "$-t$"),
}
GAME = (  # of the discriminator on data y, and of the generator on noise eta
    r"\min_D\;\mathbb{E}_{y}\,f_r(D(y)) + \mathbb{E}_{\eta}\,f_f(D(G(\eta)))",
    r"\min_G\;\mathbb{E}_{\eta}\,f_g(D(G(\eta)))",
)
MINIMISED = {
    "the discriminator, on data y and noise η": GAME[0],
    "the generator": GAME[1],
    "model.r1, of the discriminator too": r"+\; \tfrac{\gamma}{2}\, \mathbb{E}_{y} \|\nabla D(y)\|^2",
    "model.gradient_penalty, likewise": (
        r"+\; \lambda\, \mathbb{E}_{\tilde x} \big(\|\nabla D(\tilde x)\| - 1\big)^2,"
        r" \qquad \tilde x = u\,y + (1-u)\,G(\eta), \; u \sim U(0, 1)"
    ),
} | {
    f"model.loss = {name}{', where sp(t) = log(1 + eᵗ)' * ('sp' in formulas[0])}": r", \quad ".join(
        f"f_{of}(t) = {formula.strip('$')}" for of, formula in zip("rfg", formulas, strict=True)
    )
    for name, formulas in FORMULAS.items()
    if name != "wgan_gp"  # wasserstein, with the penalty above
}
LOSSES = {
    "minimax": N_("minimax"), "non_saturating": N_("non-saturating"), "least_squares": N_("least squares"),
    "hinge": N_("hinge"), "wasserstein": N_("Wasserstein"),
}  # fmt: skip


def scale_of(loss: str) -> str:
    """What the discriminator's output is under a loss: "raw", around 0 and 1; a "critic"'s score; else a "logit"."""
    return {"least_squares": "raw", "wasserstein": "critic"}.get(loss, "logit")


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit `dataset` better than the fields' own defaults."""
    card = catalogue.card(dataset)
    return _IMAGES if card.kind == "images" else _SUITED.get(card.name, _POINTS)


_BARE: dict[str, Any] = {"model.instance_noise": 0.0, "model.r1_every": 1}
_IMAGES: dict[str, Any] = _BARE | {
    "model.k": 64, "model.r1": 0.3, "training.batch_size": 64, "training.lr": 2e-3, "training.lr_d": 2e-3,
    "training.steps": 1800, "training.num_frames": 40,
}  # fmt: skip
_POINTS: dict[str, Any] = {
    "model.k": 2, "model.octaves": 4, "model.r1": 0.001, "model.noise_steps": 2500, "training.lr_d": 4e-3,
    "training.half_life": 2500, "training.steps": 8000,
}  # fmt: skip
_SUITED: dict[str, dict[str, Any]] = {
    "ring8": _POINTS | {
        "model.octaves": 6, "model.r1_every": 16, "model.noise_steps": 6000, "training.half_life": 6000,
        "training.steps": 20_000,
    },
    "grid25": {
        "model.r1": 0.03, "model.r1_every": 16, "model.noise_steps": 8000, "training.lr": 4e-3, "training.lr_d": 4e-3,
        "training.half_life": 10_000, "training.steps": 29_000,
    },
    "dirac": _BARE | {"training.optimiser": "sgd", "training.lr": 0.1, "training.lr_d": 0.1},
}  # fmt: skip
_DIRAC: dict[str, Any] = {"model.loss": "minimax", "training.steps": 600, "training.num_frames": 60}
_AT_ONCE: dict[str, Any] = {"training.order": "simultaneous"}
_SLOSHING: dict[str, Any] = _BARE | _AT_ONCE | {
    "model.loss": "minimax", "model.width": 32, "model.octaves": 2, "model.r1": 0.0, "model.ema": 0.0,
    "training.optimiser": "sgd", "training.lr": 0.1, "training.lr_d": 0.1, "training.half_life": 200_000,
    "training.steps": 1000,
}  # fmt: skip
_VANISHING: dict[str, Any] = _BARE | {
    "model.loss": "minimax", "model.k": 16, "model.octaves": 0, "model.r1": 0.0, "training.d_steps": 20,
    "training.lr": 1e-4, "training.lr_d": 1e-3, "training.steps": 300, "training.num_frames": 30,
}  # fmt: skip
_COLLAPSE: dict[str, Any] = _BARE | {
    "model.octaves": 4, "model.r1": 0.0, "training.beta1": 0.5, "training.lr_d": 1e-3, "training.half_life": 200_000,
    "training.steps": 4000, "training.num_frames": 30,
}  # fmt: skip
_GRID_COLLAPSE: dict[str, Any] = _BARE | {
    "model.octaves": 3, "model.r1": 0.0, "training.lr": 1e-3, "training.lr_d": 1e-3, "training.half_life": 2000,
    "training.steps": 6000, "training.num_frames": 30,
}  # fmt: skip
_LADDER: dict[str, Any] = {"model.channels": 8, "training.steps": 1200, "training.num_frames": 16}

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("Ring of 8"): ("ring8", {}),
    N_("Grid of 25"): ("grid25", {}),
    N_("Digits of MNIST, 32 pixels"): ("mnist5k", {}),
    N_("Vanishing gradient"): ("ring8", _VANISHING),
    N_("Non-saturating loss"): ("ring8", _VANISHING | {"model.loss": "non_saturating"}),
    N_("Dirac-GAN, steps at once"): ("dirac", _DIRAC | _AT_ONCE),
    N_("Dirac-GAN, steps in turns"): ("dirac", _DIRAC),
    N_("Dirac-GAN, R1"): ("dirac", _DIRAC | _AT_ONCE | {"model.r1": 1.0}),
    N_("Two Gaussians, steps at once"): ("gaussians", _SLOSHING),
    N_("Two Gaussians, R1"): ("gaussians", _SLOSHING | {"model.r1": 1.0}),
    N_("Collapse on the ring"): ("ring8", _COLLAPSE),
    N_("Ring, packs of 4 and R1"): ("ring8", _COLLAPSE | {"model.packing": 4, "model.r1": 1.0}),
    N_("Ring, R1 alone"): ("ring8", _COLLAPSE | {"model.r1": 3.0}),
    N_("Collapse on the grid"): ("grid25", _GRID_COLLAPSE),
    N_("Small net, 32 pixels"): ("mnist5k", _LADDER),
}
FAMILIES: dict[str, Family] = {
    "loss": Family(
        "Vanishing gradient", "model.loss", ("minimax", "non_saturating", "least_squares", "hinge", "wasserstein"), 5
    ),
    "size": Family("Small net, 32 pixels", "model.size", (8, 16, 32, 64)),
}

# What goes wrong -> presets that break, each with one that mends it on the same seed.
TROUBLES: dict[str, tuple[tuple[str, str], ...]] = {
    "vanishing": (("Vanishing gradient", "Non-saturating loss"),),
    "oscillation": (
        ("Dirac-GAN, steps at once", "Dirac-GAN, steps in turns"),
        ("Dirac-GAN, steps at once", "Dirac-GAN, R1"),
        ("Two Gaussians, steps at once", "Two Gaussians, R1"),
    ),
    "collapse": (
        ("Collapse on the ring", "Ring, packs of 4 and R1"),
        ("Collapse on the ring", "Ring, R1 alone"),
        ("Collapse on the grid", "Grid of 25"),
    ),
}
