"""What a training run says while it goes: its kinds of event and the names of the arrays they carry. A leaf."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Step(NamedTuple):
    """Scalars after `step` optimiser steps, e.g. {"recon": 92.1, "kl": 24.7}; means since the last Step."""

    step: int
    values: Mapping[str, float]


class Snapshot(NamedTuple):
    """Arrays to look at after `step` optimiser steps; every key is in VOCABULARY."""

    step: int
    arrays: Mapping[str, NDArray[Any]]


class Look(NamedTuple):
    """What of the last snapshot is known already, ahead of what takes its time; the snapshot has it, too."""

    step: int
    arrays: Mapping[str, NDArray[Any]]


class State(NamedTuple):
    """All that training needs to go on bit-exactly from `step`: weights, optimiser, noise (torch tensors)."""

    step: int
    tensors: Mapping[str, Any]


class Turn(NamedTuple):
    """One turn of step `step` is over: `done` of `total`, that of the phase `name` ("" where all moved at once).

    `look()` gives the arrays of a snapshot as they are now.
    """

    step: int
    done: int
    total: int
    name: str
    look: Callable[[], Mapping[str, NDArray[Any]]]


class Array(NamedTuple):
    """One name of the vocabulary: what it holds, its dimensions and its type on disk.

    Images are of values as the data's; `signed` ones are not, and are shown each by its own largest: zero is grey.
    """

    meaning: str
    dims: str
    dtype: type[np.generic]
    signed: bool = False

    @property
    def pictures(self) -> bool:
        """Whether it holds images, as shades of uint8."""
        return self.dims.endswith(", channel, row, column")


IMAGE = "image, channel, row, column"

VOCABULARY: dict[str, Array] = {
    "samples": Array("decoded from fixed draws of the prior", IMAGE, np.uint8),
    "reach": Array("how far from zero nearly all codes lie", "one", np.float32),
    "manifold": Array(
        "decoded from a square grid over the first two latent dimensions, -reach to reach, top row first",
        IMAGE,
        np.uint8,
    ),
    "reconstructions": Array("the model's reconstruction of the first `inputs`", IMAGE, np.uint8),
    "codes": Array("codes (posterior means) of fixed probe images", "probe, latent dimension", np.float16),
    "stds": Array("standard deviations of the probe images' posteriors", "probe, latent dimension", np.float16),
    "principal": Array("`codes` on their first two principal axes", "probe, axis", np.float16),
    "kl_each": Array("KL of a dimension in nats, mean over the probe images", "latent dimension", np.float32),
    "code_variance": Array("variance of a code's dimension over the probe images", "latent dimension", np.float32),
    # Of a GAN; rows of cells go upwards.
    "neighbours": Array("the training images nearest to the first samples", IMAGE, np.uint8),
    "logits_real": Array("what the discriminator says of some real examples, or packs of them", "pack", np.float16),
    "logits_fake": Array("the same of the generator's", "pack", np.float16),
    "fakes": Array("points from fixed draws of the prior", "sample, axis", np.float16),
    "pulls": Array("downhill on the generator's loss from each of the first fakes", "sample, axis", np.float16),
    "mesh": Array("a grid over two latent dimensions, as the generator bends it", "line, line, axis", np.float16),
    "verdict": Array("the discriminator's logits at cells' centres", "row, column", np.float16),
    "best": Array("p / (p + q) in each cell, q estimated; NaN where neither law is", "row, column", np.float16),
    "mode_shares": Array("share of samples within three standard deviations of a mode", "mode", np.float32),
    # Of autoencoders under a constraint
    "atoms": Array("what single units add to an image, the first of them", IMAGE, np.uint8, signed=True),
    "singular_vectors": Array("the decoder's left singular vectors", IMAGE, np.uint8, signed=True),
    "captured": Array("variance along principal directions that reconstructions keep", "axis", np.float32),
    "density": Array("share of the training images that a unit is active on", "unit", np.float32),
    "projections": Array("reconstructions of `real`", "probe, axis", np.float16),
    "curve": Array("decoded from an even row of codes, as far as the probes' codes reach", "point, axis", np.float16),
    # Of views:
    "embeddings_h": Array("representations h of the probe images on their first axes", "probe, axis", np.float16),
    "embeddings_z": Array("directions of their z on their first axes", "probe, axis", np.float16),
    "singular_values": Array("of the directions of the probes' z about their mean, over root N", "axis", np.float32),
    "similarities": Array("cosines of z of the `views`", "view, view", np.float16),
    "sphere": Array("directions of the probe images' z where it has two or three numbers", "probe, axis", np.float16),
    # In a run's last snapshot alone, since they take their time:
    "probe_labels": Array("labels a class that linear probes learn from, the last: all", "count", np.float32),
    "probe_accuracy": Array(
        "on held-out images by probes on h, z, the pixels, h before training, principal components, a VAE's codes",
        "representation, count, draw",
        np.float32,
    ),
    "map_h": Array("UMAP of h of training, then validation, then test images", "point, axis", np.float16),
    "map_labels": Array("their classes", "point", np.uint8),
    "maps_h": Array("UMAP of the frames' `embeddings_h`, aligned", "frame, probe, axis", np.float16),
    "maps_z": Array("UMAP of the frames' `embeddings_z`, aligned", "frame, probe, axis", np.float16),
    "maps_seeded": Array("UMAP of the last `embeddings_h` from other seeds", "seed, probe, axis", np.float16),
    "seeded_quality": Array("trustworthiness and continuity of each", "seed, quality", np.float32),
    "map_steps": Array("steps of the aligned maps", "frame", np.int32),
    "map_quality": Array(
        "trustworthiness and continuity of a frame's aligned map and of its first two principal axes, of h and z",
        "embedding, frame, map, quality",
        np.float32,
    ),
    "gradient_dimensions": Array("latent dimensions that the gradients are for", "dimension", np.uint8),
    "gradients_pathwise": Array("one-draw gradients by reparameterisation", "draw, mu's then logvar's", np.float32),
    "gradients_score": Array("the same by the score function", "draw, mu's then logvar's", np.float32),
    "lasso_encoder": Array("lasso objective of the encoder's codes of the probes", "probe", np.float32),
    "lasso_exact": Array("the least that any codes reach on the same dictionary", "probe", np.float32),
    # In a run's first snapshot alone, since they never change:
    "draws": Array("of the prior, that the samples are decoded from", "image, latent dimension", np.float32),
    "rank": Array("directions along which the training images differ at all", "one", np.int32),
    "spectrum": Array("variance of the training images along their principal directions", "axis", np.float32),
    "components": Array("the first principal directions", IMAGE, np.uint8, signed=True),
    "pca_line": Array("a stretch of the first principal axis", "end, axis", np.float32),
    "probe_images": Array("the probe images", "probe, channel, row, column", np.uint8),
    "pca_reconstructions": Array("what PCA of the same size keeps of `inputs`", IMAGE, np.uint8),
    "real": Array("points of the validation part", "probe, axis", np.float16),
    "centres": Array("of the law's modes", "mode, axis", np.float32),
    "near": Array("distance from a mode within which a sample is of high quality", "one", np.float32),
    "loss_logits": Array("logits that a loss's functions are shown at", "logit", np.float32),
    "loss_values": Array("f_r, f_f and f_g there", "function, logit", np.float32),
    "loss_slopes": Array("their gradients", "function, logit", np.float32),
    "views": Array("two views each of some test images, in turn", IMAGE, np.uint8),
    "labels": Array("classes of the probe images", "probe", np.uint8),
    "factors": Array("true factors of the probe images, those of the data set's card", "factor, probe", np.float16),
    "inputs": Array("fixed test images, in all shades", IMAGE, np.uint8),
    "input_labels": Array("classes of `inputs`", "image", np.uint8),
    "entropy": Array("of the law of the validation images, in nats; infinite for grey ones", "one", np.float32),
    "eigenvalues": Array("of the probe images' covariance, largest first", "axis", np.float32),
}
