"""Importance-sampled -log p(x) of 1,000 test images at 200 draws each, against pythae's get_nll.

Both get the same 784-400-20 VAE with the same weights (trained for a moment), the same images and the same threads.
What is timed: the call alone, net and images being there. Quality is the estimate itself, in nats an image.
"""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from repz_core import datasets, engine, methods
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.peer import Peer
from repz_core.bench.tasks.vae_training import recipe
from repz_core.events import State
from repz_core.methods.vae import NLL_DRAWS, VAE

REQUIRED = 3.0


class Estimate(NamedTuple):
    """Images a second, and the mean nll in nats an image."""

    rate: float
    nll: float


def run(settings: Settings) -> Result:
    """Median images a second of both."""
    num_images, num_runs = settings.pick(20, 1000, 1000), settings.pick(1, 5, 11)
    asked = recipe(settings.pick(1, 10, 10), settings.images)
    data = datasets.load(asked.dataset)
    method = methods.build(asked, data.shape)
    assert isinstance(method, VAE)
    *_events, last = engine.train(asked)
    assert isinstance(last, State)
    engine.load_weights(method, last.tensors)
    x = method.eval().prepare(torch.from_numpy(data.part("test").x[:num_images]))
    ours_once = lambda i: estimate(method, x, seed=i)  # noqa: E731
    ours_once(0)  # warms up
    if settings.peers is None:
        ours, peer = interleave(num_runs, ours_once, None)
    else:
        with tempfile.TemporaryDirectory() as folder, Peer(settings.peers, "pythae_vae") as pythae:
            images, weights = Path(folder) / "x.npy", Path(folder) / "weights.npz"
            np.save(images, x.numpy())
            tensors = {name: tensor.numpy() for name, tensor in method.state_dict().items()}
            np.savez(weights, allow_pickle=False, **tensors)
            arguments = {"x": str(images), "weights": str(weights), "draws": NLL_DRAWS, "threads": asked.threads}

            def peer_once(i: int) -> Estimate:
                done = pythae.ask("nll", seed=i, **arguments)
                return Estimate(len(x) / done["seconds"], done["nll"])

            ours, peer = interleave(num_runs, ours_once, peer_once)
    return Result.of(
        "vae_nll",
        "images/s",
        [found.rate for found in ours],
        [found.rate for found in peer],
        peer_name="pythae 0.1.2 get_nll",
        required=REQUIRED,
        quality_ours=float(np.median([found.nll for found in ours])),
        quality_peer=float(np.median([found.nll for found in peer])) if peer else None,
    )


def estimate(method: VAE, x: torch.Tensor, seed: int) -> Estimate:
    """One call of VAE.nll."""
    noise = torch.Generator().manual_seed(seed)
    start = time.perf_counter()
    with torch.inference_mode(), engine.numerics(method.recipe):  # as engine.evaluate does
        found = method.nll(x, NLL_DRAWS, noise).mean().item()
    return Estimate(len(x) / (time.perf_counter() - start), found)
