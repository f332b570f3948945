"""What is to be seen of a GAN on points whose law is known: the plane with both players in it, modes, divergences."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from repz_core import density, objectives
from repz_core.datasets.mixtures import mixture
from repz_core.methods.base import Examples
from repz_core.modes import coverage

if TYPE_CHECKING:
    from repz_core.methods.gan import GAN

NUM_FAKES, NUM_PULLS, NUM_LOGITS, NUM_REAL = 800, 200, 200, 800
NUM_COUNTED = 2500  # samples, as in PacGAN
NUM_DENSITY = 50_000  # samples that p_G is estimated from
CELLS = 48  # of the pictures of both judges, a side
MESH, MESH_REACH = 21, 2.0  # lines of the latent grid that is shown bent, and how many standard deviations it spans


def fixed(gan: "GAN", examples: Examples) -> dict[str, Tensor]:
    """`reach`, `real` points, and `centres` of the modes where there are some."""
    law = gan.law
    assert law
    arrays = {"reach": torch.tensor([law.reach]), "real": examples.probes[:NUM_REAL]}
    if law.modes:
        arrays |= {"centres": torch.from_numpy(law.centres), "near": torch.tensor([3 * law.sigma])}
    return arrays


def now(gan: "GAN", examples: Examples) -> dict[str, Tensor]:
    """Samples and their pulls, the bent grid, what the discriminator says where, and what the best would say."""
    law = gan.law
    assert law
    noise = torch.Generator().manual_seed(1)
    z = gan.prior(NUM_FAKES, noise)
    fakes = gan.decode(z)
    arrays = logits(gan, examples.probes, gan.made(gan.generator(z)))
    if gan.num_inputs == 1:
        return arrays
    ticks = torch.linspace(-MESH_REACH, MESH_REACH, MESH)
    plane = torch.zeros(MESH, MESH, gan.config.k)
    plane[..., 0] = ticks
    if gan.config.k > 1:
        plane[..., 1] = ticks[:, None]
    borders = density.edges(law, CELLS)
    p, q = _true_masses(gan.recipe.dataset, CELLS), _model_masses(gan, borders)
    if law.modes:
        arrays["mode_shares"] = torch.from_numpy(coverage(_drawn(gan, NUM_COUNTED), law).shares)
    return arrays | {
        "fakes": fakes,
        "pulls": pulls(gan, fakes[:NUM_PULLS]),
        "mesh": gan.decode(plane.view(-1, gan.config.k)).view(MESH, MESH, 2),
        "verdict": verdict(gan, borders, examples.probes),
        "best": torch.from_numpy(density.best_judge(p, q, NUM_DENSITY)),
    }


def metrics(gan: "GAN", x: Tensor, quick: bool) -> dict[str, float]:
    """modes, high_quality, spread of 2,500 samples; unless `quick` js, kl_data_model, kl_model_data from 50,000."""
    law = gan.law
    assert law
    if gan.num_inputs == 1:
        return {"distance": abs(_drawn(gan, 1).item())}
    found: dict[str, float] = {}
    if law.modes:
        covered = coverage(_drawn(gan, NUM_COUNTED), law)
        found = {"modes": float(covered.modes), "high_quality": covered.high_quality, "spread": covered.spread}
    if quick:
        return found
    p, q = _true_masses(gan.recipe.dataset, None), _model_masses(gan, density.edges(law))
    return found | density.divergences(p, q, NUM_DENSITY)._asdict()


def logits(gan: "GAN", real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What the discriminator says of some real examples and of the generator's, undisturbed."""
    num = NUM_LOGITS * gan.config.packing
    num_real = min(num, len(real)) // gan.config.packing * gan.config.packing
    num_fake = min(num, len(fake)) // gan.config.packing * gan.config.packing
    return {"logits_real": gan.judge(real[:num_real]), "logits_fake": gan.judge(fake[:num_fake])}


def pulls(gan: "GAN", fakes: Tensor) -> Tensor:
    """Downhill on the generator's loss from each of the fakes (M, n) by itself, (M, n): where it would go."""
    with torch.inference_mode(False), torch.enable_grad():
        x = fakes.clone().requires_grad_()
        count = len(x) // gan.config.packing * gan.config.packing
        loss = objectives.GAN_TABLE[gan.config.loss].generator(gan.judge(x[:count])).sum()
        return -torch.autograd.grad(loss, x)[0]


def verdict(gan: "GAN", borders: np.ndarray, real: Tensor) -> Tensor:
    """The logit at the centre of each cell, (G, G), rows upwards; of a point in a pack with real ones, where the
    discriminator judges packs.
    """
    ticks = torch.from_numpy((borders[1:] + borders[:-1]) / 2).float()
    rows, columns = torch.meshgrid(ticks, ticks, indexing="ij")
    points = torch.stack([columns.flatten(), rows.flatten()], 1)
    if (packing := gan.config.packing) > 1:
        others = real[: packing - 1].expand(len(points), -1, -1)
        points = torch.cat([points.unsqueeze(1), others], 1).flatten(0, 1)
    return gan.judge(points).view(len(ticks), len(ticks))


def _drawn(gan: "GAN", num: int) -> np.ndarray:
    """Samples of the averaged generator from fixed draws, (num, n)."""
    noise = torch.Generator().manual_seed(0)
    return gan.decode(gan.prior(num, noise)).detach().numpy()


def _model_masses(gan: "GAN", borders: np.ndarray) -> np.ndarray:
    law = gan.law
    assert law
    return density.kernel_masses(_drawn(gan, NUM_DENSITY), borders, density.BANDWIDTH * law.sigma)


@cache
def _true_masses(dataset: str, cells: int | None) -> np.ndarray:
    law = mixture(dataset)
    assert law
    return law.masses(density.edges(law, cells))
