"""A WGAN-GP step on images against the pattern of PyTorch-GAN's wgan_gp.py, whose discriminator step does not detach
the generator's images, so that they are differentiated through to no use, and passes real and fake apart.

Both: the same nets (mnist5k at 32 pixels), batch 64, five discriminator turns for one of the generator, Adam, one
thread, in this process; the pattern is written out here with our nets, of torch's own units.
"""

import time

import torch
from torch import nn

from repz_core import datasets, engine, methods, recipes
from repz_core.bench.measure import Result, Settings, interleave
from repz_core.bench.tasks.gan_training import train_ours
from repz_core.config import Recipe
from repz_core.methods.gan import GAN

REQUIRED = 1.3
TURNS, WEIGHT = 5, 10.0


def run(settings: Settings) -> Result:
    """Median steps a second of both."""
    steps, num_runs = settings.pick(2, 10, 40), settings.pick(1, 5, 7)
    asked = recipe(steps, settings.images, settings.pick(8, 32, 32))
    train_ours(asked), train_pattern(asked)  # warms up
    ours, pattern = interleave(num_runs, lambda i: train_ours(asked), lambda i: train_pattern(asked))
    peer = "PyTorch-GAN's wgan_gp pattern"
    return Result.of("gan_penalty", "steps/s", ours, pattern, peer_name=peer, required=REQUIRED)


def recipe(steps: int, dataset: str, size: int) -> Recipe:
    """WGAN-GP on digits of `size` pixels."""
    game = {"model.loss": "wasserstein", "model.gradient_penalty": WEIGHT, "model.instance_noise": 0.0, "model.r1": 0.0}
    training = {"training.d_steps": TURNS, "training.batch_size": 64, "training.num_frames": 2, "training.steps": steps}
    return recipes.default("gan", dataset).replace(**game, **training, **{"model.size": size})


def train_pattern(asked: Recipe) -> float:
    """Steps a second (each: five turns and one) of the pattern."""
    data = datasets.load(asked.dataset)
    gan = methods.build(asked, data.shape)
    assert isinstance(gan, GAN)
    _use_plain_units(gan)
    images = gan.prepare(torch.from_numpy(data.part("train").x))
    size, k = asked.training.batch_size, gan.config.k
    adam_g = torch.optim.Adam(gan.generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(gan.discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    with engine.numerics(asked):
        start = time.perf_counter()
        for _step in range(asked.training.steps):
            for _turn in range(TURNS):
                real = images[torch.randint(len(images), (size,))]
                adam_d.zero_grad()
                fake = gan.made(gan.generator(torch.randn(size, k)))
                loss = -gan.judge(real).mean() + gan.judge(fake).mean() + WEIGHT * _penalty(gan, real, fake)
                loss.backward()
                adam_d.step()
            adam_g.zero_grad()
            loss = -gan.judge(gan.made(gan.generator(torch.randn(size, k)))).mean()
            loss.backward()
            adam_g.step()
        return asked.training.steps / (time.perf_counter() - start)


def _use_plain_units(gan: GAN) -> None:
    """torch's own leaky units, as the pattern has them, in place of ours."""
    for i, layer in enumerate(gan.discriminator):
        if isinstance(layer, nn.LeakyReLU):
            gan.discriminator[i] = nn.LeakyReLU(layer.negative_slope)


def _penalty(gan: GAN, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    mix = torch.rand(len(real), 1)
    mixed = (mix * real.data + (1 - mix) * fake.data).requires_grad_(True)
    logits = gan.judge(mixed)
    (gradient,) = torch.autograd.grad(
        outputs=logits, inputs=mixed, grad_outputs=torch.ones_like(logits), create_graph=True, retain_graph=True,
        only_inputs=True,
    )  # fmt: skip
    return ((gradient.norm(2, dim=1) - 1) ** 2).mean()
