"""A step of a GAN in the plane (discriminator, then generator) against the same game as a bare PyTorch loop.

Both: two hidden layers of 128, batch 256, the non-saturating loss, Adam, one thread, fresh points at every turn, no
other switch. Ours is engine.train with its rows; the loop is what anybody would write. Both are in this process.
"""

import time

import torch
from torch import nn
from torch.nn import functional as F

from repz_core import datasets, engine, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.config import Recipe

REQUIRED = 1.0


def run(settings: Settings) -> Result:
    """Median steps a second of both."""
    steps, num_runs = settings.pick(20, 1000, 3000), settings.pick(1, 5, 11)
    asked = recipe(steps)
    ours_once = lambda i: train_ours(asked.replace(seed=i))  # noqa: E731
    bare_once = lambda i: train_bare(asked.replace(seed=i))  # noqa: E731
    ours_once(0), bare_once(0)  # warms up
    ours, bare = interleave(num_runs, ours_once, bare_once)
    return Result.of("gan_training", "steps/s", ours, bare, peer_name="a bare PyTorch loop", required=REQUIRED)


def recipe(steps: int) -> Recipe:
    """The plain game on the ring of 8, with no frames but the first and the last."""
    plain = {
        "model.instance_noise": 0.0,
        "model.r1": 0.0,
        "model.octaves": 0,
        "model.k": 16,
        "model.width": 128,
        "model.depth": 2,
    }
    training = {"training.steps": steps, "training.num_frames": 2, "training.batch_size": 256}
    return recipes.default("gan", "ring8").replace(**plain, **training)


def train_ours(asked: Recipe) -> float:
    """Steps a second of the engine between its first step and its last."""
    times: list[float] = []

    def proceed(step: int) -> bool:
        times.append(time.perf_counter())
        return True

    for _event in engine.train(asked, proceed=proceed):
        pass
    return (len(times) - 1) / (times[-1] - times[0])


def train_bare(asked: Recipe) -> float:
    """Steps a second of the loop."""
    k, width, size = asked.model.k, asked.model.width, asked.training.batch_size  # type: ignore[attr-defined]
    data = torch.from_numpy(datasets.load(asked.dataset).part("train").x)
    with engine.numerics(asked):
        generator = nn.Sequential(
            nn.Linear(k, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )
        discriminator = nn.Sequential(
            nn.Linear(2, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
        )
        adam_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.0, 0.99))
        adam_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.0, 0.99))
        ones, zeros = torch.ones(size, 1), torch.zeros(size, 1)
        start = time.perf_counter()
        for _step in range(asked.training.steps):
            real = data[torch.randint(len(data), (size,))]
            fake = generator(torch.randn(size, k)).detach()
            loss_d = F.binary_cross_entropy_with_logits(discriminator(real), ones)
            loss_d = loss_d + F.binary_cross_entropy_with_logits(discriminator(fake), zeros)
            adam_d.zero_grad()
            loss_d.backward()
            adam_d.step()
            loss_g = F.binary_cross_entropy_with_logits(discriminator(generator(torch.randn(size, k))), ones)
            adam_g.zero_grad()
            loss_g.backward()
            adam_g.step()
        return asked.training.steps / (time.perf_counter() - start)
