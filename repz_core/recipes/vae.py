"""The variational autoencoder's knobs (Kingma & Welling 2014, arXiv:1312.6114)."""

from typing import Any, Literal

from pydantic import Field

from repz_core import config
from repz_core.config import Config, Training
from repz_core.locale import N_

TITLE = N_("Variational autoencoder")
REACH = 2.5  # the decoded plane spans -REACH..REACH standard deviations of the prior


PRIMARY: dict[str, Any] = {"primary": True}


class Model(Config):
    """Nets and objective."""

    k: int = Field(20, ge=1, le=128, description=N_("latent dimensions"), json_schema_extra=PRIMARY)
    beta: float = Field(1.0, ge=0.0, le=20.0, description=N_("weight of the KL term"), json_schema_extra=PRIMARY)
    net: Literal["mlp", "conv"] = Field("mlp", description=N_("kind of net"), json_schema_extra=PRIMARY)
    width: int = Field(400, ge=8, le=1024, description=N_("hidden units; a conv net has a sixteenth as channels"))


class Data(Config):
    """What the likelihood sees."""

    threshold: float = Field(
        0.5, ge=0.01, le=0.99, description=N_("a pixel above this brightness counts as one, any other as zero")
    )


class Recipe(config.Recipe):
    """A VAE run."""

    method: Literal["vae"] = "vae"
    model: Model = Model()
    data: Data = Data()
    training: Training = Training()


PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    N_("2-D map of MNIST"): ("mnist5k", {"model.k": 2, "model.width": 128, "training.num_frames": 30}),
    N_("2-D map of digits"): ("digits", {"model.k": 2, "model.width": 128, "training.num_frames": 30}),
}


def defaults(dataset: str) -> dict[str, Any]:
    """Settings that suit `dataset` better than the fields' own defaults."""
    return {}
