"""pythae's VAE, trained by its own BaseTrainer with its defaults (see tasks/vae_training.py for the task)."""

import time
from typing import Any

import numpy as np
import torch
from pythae.data.datasets import BaseDataset  # type: ignore[import-not-found]
from pythae.models import VAE, VAEConfig  # type: ignore[import-not-found]
from pythae.models.base.base_utils import ModelOutput  # type: ignore[import-not-found]
from pythae.models.nn import BaseDecoder, BaseEncoder  # type: ignore[import-not-found]
from pythae.trainers import BaseTrainer, BaseTrainerConfig  # type: ignore[import-not-found]
from torch import Tensor, nn

from repz_core.bench.peers import serve

SHAPE = (1, 28, 28)
SIZE, WIDTH, K = 784, 400, 20


class Encoder(BaseEncoder):
    """784-400-(20 + 20), as repz_core.nets.mlp."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(SIZE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2 * K))

    def forward(self, x: Tensor) -> Any:
        mu, logvar = self.layers(x.flatten(1)).chunk(2, 1)
        return ModelOutput(embedding=mu, log_covariance=logvar)


class Decoder(BaseDecoder):
    """20-400-784, with the sigmoid that pythae's "bce" wants."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(K, WIDTH), nn.ReLU(), nn.Linear(WIDTH, SIZE))

    def forward(self, z: Tensor) -> Any:
        return ModelOutput(reconstruction=self.layers(z).sigmoid().view(-1, *SHAPE))


def train(
    x: str, folder: str, weights: str, epochs: int, batch_size: int, lr: float, threads: int, seed: int
) -> dict[str, Any]:
    """Train on the images in the file `x`, (N, 784), and save the weights to the file `weights` under our names.

    Timed is BaseTrainer.train() alone: data set, model and trainer have been built before.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images = torch.from_numpy(np.load(x)).view(-1, *SHAPE)
    model = VAE(VAEConfig(input_dim=SHAPE, latent_dim=K, reconstruction_loss="bce"), Encoder(), Decoder())
    config = BaseTrainerConfig(
        output_dir=folder, per_device_train_batch_size=batch_size, num_epochs=epochs, learning_rate=lr, seed=seed
    )
    trainer = BaseTrainer(model, BaseDataset(images, torch.zeros(len(images))), training_config=config)
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
    arrays = {name.replace(".layers", ""): tensor.numpy() for name, tensor in trainer.model.state_dict().items()}
    np.savez(weights, allow_pickle=False, **arrays)
    return {"seconds": seconds, "examples": epochs * len(images)}


def nll(x: str, weights: str, draws: int, threads: int, seed: int) -> dict[str, Any]:
    """-log p(x) of the images in the file `x`, (N, 784), by get_nll, with weights under our names from a file.

    All draws of an image go in one batch, which is the quickest way that get_nll has, and no gradient is kept.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images = torch.from_numpy(np.load(x)).view(-1, *SHAPE)
    model = VAE(VAEConfig(input_dim=SHAPE, latent_dim=K, reconstruction_loss="bce"), Encoder(), Decoder())
    with np.load(weights, allow_pickle=False) as arrays:
        named = {name.replace(".", ".layers.", 1): torch.from_numpy(arrays[name]) for name in arrays.files}
    model.load_state_dict(named)
    model.eval()
    start = time.perf_counter()
    with torch.inference_mode():
        found = model.get_nll(images, n_samples=draws, batch_size=draws)
    return {"seconds": time.perf_counter() - start, "nll": -float(found)}


if __name__ == "__main__":
    serve({"train": train, "nll": nll})
