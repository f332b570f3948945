"""A small VAE trained beside another method, whose codes are what that method's representations are held against."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from repz_core import methods, optim, recipes
from repz_core.datasets import catalogue
from repz_core.methods.vae import VAE

STEPS, BATCH, LR = 600, 128, 3e-3  # on mnist5k more steps help a probe with few labels no more
MOST = 128  # latent dimensions, what its recipe allows


@torch.inference_mode(False)
def vae_codes(
    dataset: str, size: int, train: Tensor, held_out: Tensor, safepoint: Callable[[], None]
) -> tuple[Tensor, Tensor]:
    """Posterior means of `train` (N, n) and `held_out` (M, n), images of `dataset`, by a VAE with `size` latent
    dimensions, at most MOST, that has seen `train` for STEPS steps of Adam. The same ones each time. `safepoint` is
    called at each step.
    """
    recipe = recipes.default("vae", dataset).replace(**{"model.k": min(size, MOST), "data.augment": 0.0})
    vae = cast(VAE, methods.build(recipe, catalogue.card(dataset).shape))
    images, others = vae.prepare(train.clone()), vae.prepare(held_out.clone())
    params, noise = list(vae.parameters()), torch.Generator().manual_seed(0)
    optimiser = optim.build(params, (0.9, 0.999))
    with torch.enable_grad():
        for step in range(STEPS):
            safepoint()
            batch = images[torch.randint(len(images), (BATCH,), generator=noise)]
            optimiser.step(optim.gradients(vae.loss(batch)["loss"], params), LR * (1 - step / STEPS))
    with torch.no_grad():
        return vae.encode(images), vae.encode(others)
