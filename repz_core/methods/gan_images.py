"""What is to be seen of a GAN on images: samples, the training images next to them, and their quality."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from repz_core import classifier, resize
from repz_core import metrics as quality
from repz_core.methods.base import Examples
from repz_core.methods.gan_points import logits

if TYPE_CHECKING:
    from repz_core.methods.gan import GAN

NUM_NEIGHBOURS = 12  # samples whose nearest training image is looked for


def fixed(gan: "GAN", examples: Examples) -> dict[str, Tensor]:
    """The draws of the prior that the samples are made of."""
    return {"draws": gan.prior_draws}


def now(gan: "GAN", examples: Examples) -> dict[str, Tensor]:
    """Samples from fixed z, the nearest training images (least squares over pixels) of the first, and logits."""
    samples = gan.decode(gan.prior_draws)
    nearest = torch.cdist(samples[:NUM_NEIGHBOURS], examples.train).argmin(1)
    fresh = gan.made(gan.generator(gan.prior_draws))
    return {"samples": samples, "neighbours": examples.train[nearest]} | logits(gan, examples.probes, fresh)


def metrics(gan: "GAN", x: Tensor, quick: bool) -> dict[str, float]:
    """fid, precision, recall of as many samples as there are real images x, in the features of our own classifier;
    nothing for a data set that has none.
    """
    judge = classifier.load(gan.recipe.dataset)
    if judge is None:
        return {}
    noise = torch.Generator().manual_seed(0)
    samples = gan.decode(gan.prior(len(x), noise))
    real, fake = (judge.features(resize.from_side(images, gan.data_shape, gan.shape[1])) for images in (x, samples))
    precision, recall = quality.precision_recall(real, fake)
    return {"fid": quality.frechet_distance(real, fake), "precision": precision, "recall": recall}
