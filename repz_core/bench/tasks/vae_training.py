"""Training throughput of the 784-400-20 VAE at batch 128 on mnist5k, against pythae's BaseTrainer.

Both train the same net from torch's default initialisation with Adam at 1e-3 on the same 3,600 thresholded images,
with the same number of threads, without an evaluation set, for the same number of epochs.

What is timed. Ours: engine.train from its first step to its last, rows of losses in it; the last look at held-out
images, which pythae's does not have, comes after it. pythae's: all of BaseTrainer.train(), data set and model being
there; its progress bar, its copy of the best model and its saved model are in it, as its user gets them.
What is counted: the examples each has seen (ours leaves out an epoch's remainder, pythae takes it as a small batch).
"""

import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from repz_core import datasets, engine, methods, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import Peer
from repz_core.config import Recipe
from repz_core.events import State
from repz_core.methods.base import Method

REQUIRED = 1.8
THREADS = 2


class Trained(NamedTuple):
    """One run: examples a second, and -ELBO on the test images in nats an image."""

    rate: float
    loss: float


def run(settings: Settings) -> Result:
    """Median examples a second of both."""
    epochs, num_runs = settings.pick(1, 20, 40), settings.pick(1, 5, 11)
    asked = recipe(epochs, settings.images)
    train_ours(asked)  # the first run in a process warms up
    if settings.peers is None:
        ours, peer = interleave(num_runs, lambda i: train_ours(asked.replace(seed=i)), None)
    else:
        with tempfile.TemporaryDirectory() as folder, Peer(settings.peers, "pythae_vae") as pythae:
            trainer = PythaeTrainer(pythae, Path(folder), epochs)
            trainer.train(asked)
            ours, peer = interleave(
                num_runs,
                lambda i: train_ours(asked.replace(seed=i)),
                lambda i: trainer.train(asked.replace(seed=i)),
            )
    return Result.of(
        "vae_training",
        "examples/s",
        [trained.rate for trained in ours],
        [trained.rate for trained in peer],
        peer_name="pythae 0.1.2 BaseTrainer",
        required=REQUIRED,
        quality_ours=float(np.median([trained.loss for trained in ours])),
        quality_peer=float(np.median([trained.loss for trained in peer])) if peer else None,
    )


def recipe(epochs: int, dataset: str) -> Recipe:
    """The plain VAE, without augmentation, for a number of epochs, with no frames but the first and the last."""
    plain = recipes.default("vae", dataset).replace(**{"data.augment": 0.0, "training.lr": 1e-3})
    per_epoch = len(datasets.load(plain.dataset).part("train").x) // plain.training.batch_size
    steps = {"training.steps": epochs * per_epoch, "training.num_frames": 2}
    return plain.replace(threads=THREADS, **steps)


def train_ours(asked: Recipe) -> Trained:
    """One run of the engine, its events consumed but not written."""
    times: list[float] = []

    def proceed(step: int) -> bool:
        times.append(time.perf_counter())
        return True

    *_events, last = engine.train(asked, proceed=proceed)
    seconds = times[-1] - times[0]  # of all steps but the last
    assert isinstance(last, State)
    method = methods.build(asked, datasets.load(asked.dataset).shape)
    engine.load_weights(method, last.tensors)
    return Trained((asked.training.steps - 1) * asked.training.batch_size / seconds, test_loss(method))


def test_loss(method: Method) -> float:
    """-ELBO on the test images, by the same code for both sides: the peer's weights are put into our net."""
    return -engine.evaluate(method, method.recipe.dataset)["elbo"]


class PythaeTrainer:
    """The peer's side: the same images through a file, its weights back through another."""

    def __init__(self, peer: Peer, folder: Path, epochs: int) -> None:
        self.peer, self.folder, self.epochs = peer, folder, epochs

    def train(self, asked: Recipe) -> Trained:
        """One run of BaseTrainer.train() with what `asked` says."""
        data = datasets.load(asked.dataset)
        method = methods.build(asked, data.shape)
        x, weights = self.folder / "x.npy", self.folder / "weights.npz"
        np.save(x, method.prepare(torch.from_numpy(data.part("train").x)).numpy())
        arguments: dict[str, Any] = {"x": str(x), "folder": str(self.folder), "weights": str(weights)}
        training = {"epochs": self.epochs, "batch_size": asked.training.batch_size, "lr": asked.training.lr}
        done = self.peer.ask("train", threads=asked.threads, seed=asked.seed, **arguments, **training)
        with np.load(weights, allow_pickle=False) as arrays:
            method.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
        return Trained(done["examples"] / done["seconds"], test_loss(method))
