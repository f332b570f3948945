"""Contrastive learning: two views of an image shall be alike, and unlike those of others (SimCLR: Chen et al. 2020,
arXiv:2002.05709), with what fails and what cures it: SimSiam (Chen & He 2021, arXiv:2011.10566) and VICReg (Bardes et
al. 2022, arXiv:2105.04906).

After training the head g is thrown away: what is learned is judged on h, by classes that training never sees.
"""

from typing import ClassVar, cast

import torch
from torch import Tensor
from torch.nn import functional as F

from repz_core import contrastive, embed, methods, nets
from repz_core.augment import Strengths, change
from repz_core.config import Recipe
from repz_core.latent import principal_axes
from repz_core.locale import N_
from repz_core.methods.base import Examples, Labelled, Method, Phase
from repz_core.methods.vae_codes import vae_codes
from repz_core.pca import PCA
from repz_core.probes import Judge
from repz_core.recipes import simclr as recipe_simclr

NUM_PAIRS = 16  # of views that every snapshot compares
AXES = 12  # of h and z that a snapshot keeps
NUM_DRAWS = 10  # of 10 labels a class
COUNTS, COUNT_DRAWS = (1, 5, 10, 50, 0), 4  # labels a class, 0 for all
MAX_LABELLED = 5000  # training examples that a probe learns from
MAP_POINTS = 5000
CHUNK = 500  # images at a time through the encoder
VICREG = (25.0, 25.0, 1.0)  # the weights of its paper
FLOOR = 0.01  # of the learning rate, once it has fallen


class SimCLR(Method):
    """x (N, n) -> two views -> h = f(view) (2N, h) -> z = g(h) (2N, size) -> one loss."""

    name: ClassVar[str] = "simclr"
    remedy: ClassVar[str] = N_("a smaller learning rate or a higher temperature")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, shape)
        self.config = cast(recipe_simclr.Model, recipe.model)
        self.training_config = cast(recipe_simclr.Training, recipe.training)
        self.strengths = Strengths(**recipe.data.model_dump())
        layers = recipe_simclr.layers(self.config, shape)
        self.encoder, self.head = nets.build(layers["encoder"]), nets.build(layers["head"])
        self.predictor = nets.build(layers["predictor"])
        nets.start_for_relu(self.encoder)

    def encode(self, x: Tensor) -> Tensor:
        """Representations h, (N, n) -> (N, h)."""
        return torch.cat([self.encoder(part) for part in x.split(CHUNK)])

    def project(self, h: Tensor) -> Tensor:
        """What the loss sees, (N, h) -> (N, size)."""
        z: Tensor = self.head(h)
        return z

    def views(self, x: Tensor, noise: torch.Generator) -> Tensor:
        """Two views of each image, (N, n) -> (2N, n): first all first ones, then all second ones."""
        return change(x.repeat(2, 1), self.shape, self.strengths, noise)

    def loss(self, x: Tensor) -> dict[str, Tensor]:
        """The objective on two fresh views of each image, and how alike pairs and how spread all are."""
        z1, z2 = self.project(self.encoder(self.views(x, self.noise))).chunk(2)
        return {"loss": self.objective(z1, z2)} | _geometry(z1.detach(), z2.detach())

    def objective(self, z1: Tensor, z2: Tensor) -> Tensor:
        """What is minimised, (N, size), (N, size) -> ()."""
        match self.config.objective:
            case "nt_xent":
                return contrastive.nt_xent(z1, z2, self.config.temperature)
            case "sheet":
                return contrastive.nt_xent_sheet(z1, z2, self.config.temperature)
            case "no_negatives":
                return contrastive.alignment(z1, z2)
            case "simsiam":
                one = contrastive.negative_cosine(self.predictor(z1), z2)
                return (one + contrastive.negative_cosine(self.predictor(z2), z1)) / 2
            case "vicreg":
                terms = contrastive.vicreg_terms(z1, z2)
                return sum((w * term for w, term in zip(VICREG, terms, strict=True)), torch.zeros(()))

    def phases(self) -> list[Phase]:
        """One."""
        return [Phase("simclr", list(self.parameters()), self.loss, self.recipe.training.lr, schedule=self.schedule)]

    def schedule(self) -> float:
        """Half a wave from 1 to FLOOR over training.decay steps, which a limit in seconds leaves as it is."""
        progress = torch.tensor(min(1.0, self.step / self.training_config.decay))
        return FLOOR + (1 - FLOOR) * float((1 + torch.cos(torch.pi * progress)) / 2)

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """The views that are compared in every snapshot, each pair's next to each other, and the probe images."""
        return {"views": self._pairs(examples), "probe_images": examples.probes}

    def _pairs(self, examples: Examples) -> Tensor:
        """Views of fixed images, the same ones each time, (2 NUM_PAIRS, n): rows 2i and 2i + 1 are of one image."""
        first, second = self.views(examples.inputs[:NUM_PAIRS], torch.Generator().manual_seed(0)).chunk(2)
        return torch.stack([first, second], 1).flatten(0, 1)

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """h and z of the probe images along their principal axes, z's singular values, cosines of fixed views."""
        h = self.encode(examples.probes)
        z = F.normalize(self.project(h))
        arrays = {
            "embeddings_h": principal_axes(h, AXES),
            "embeddings_z": principal_axes(z, AXES),
            "singular_values": torch.linalg.svdvals(z - z.mean(0)) / len(z) ** 0.5,
        }
        views = F.normalize(self.project(self.encode(self._pairs(examples))))
        arrays["similarities"] = views @ views.T
        if z.shape[1] <= 3:
            arrays["sphere"] = z
        return arrays

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """The loss on views of held-out images in one batch of the training's size (or all there are), alignment and
        uniformity of them.
        """
        noise = torch.Generator().manual_seed(0)
        x = x[: self.recipe.training.batch_size]
        z1, z2 = self.project(self.encode(self.views(x, noise))).chunk(2)
        terms = {"loss": self.objective(z1, z2)} | _geometry(z1, z2)
        return {name: float(term) for name, term in terms.items()}

    def probe(self, train: Labelled, held_out: Labelled, *, quick: bool = False) -> dict[str, float]:
        """Accuracies: of a linear probe on h and nearest neighbours in h; unless `quick` also on z, and with 10
        labels a class (mean over draws).
        """
        train = _some(train)
        judge = Judge(train.y, held_out.y)
        h = self.encode(train.x), self.encode(held_out.x)
        metrics = {"probe_h": self._linear(judge, h), "knn": torch.tensor(judge.neighbours(*h))}
        if not quick:
            metrics |= {
                "probe_h_10": self._linear(judge, h, 10, NUM_DRAWS),
                "probe_z": self._linear(judge, (self.project(h[0]), self.project(h[1]))),
            }
        return {name: float(accuracies.mean()) for name, accuracies in metrics.items()}

    def reference(self, train: Labelled, held_out: Labelled) -> dict[str, float]:
        """Accuracies of linear probes on h before training and on the pixels."""
        train = _some(train)
        judge, untrained = Judge(train.y, held_out.y), self._untrained()
        return {
            "probe_random": float(judge.linear(untrained.encode(train.x), untrained.encode(held_out.x)).mean()),
            "probe_pixels": float(judge.linear(train.x, held_out.x).mean()),
        }

    def overview(self, everything: Labelled) -> dict[str, Tensor]:
        """A map of h."""
        return {
            "map_h": embed.flat_map(self.encode(everything.x[:MAP_POINTS])),
            "map_labels": everything.y[:MAP_POINTS],
        }

    def compare(self, train: Labelled, held_out: Labelled) -> dict[str, Tensor]:
        """Accuracy against the number of labels, for h, z, the pixels, h before training, as many principal components
        of the pixels, and codes of a VAE as large.
        """
        train = _some(train)
        judge, untrained = Judge(train.y, held_out.y), self._untrained()
        axes = PCA.of(train.x).directions[: self.config.h].to(train.x.dtype)
        h = self.encode(train.x), self.encode(held_out.x)
        pairs = [
            h,
            (self.project(h[0]), self.project(h[1])),
            (train.x, held_out.x),
            (untrained.encode(train.x), untrained.encode(held_out.x)),
            (train.x @ axes.T, held_out.x @ axes.T),
            vae_codes(self.recipe.dataset, self.config.h, train.x, held_out.x, self.safepoint),
        ]
        accuracies = [[self._linear(judge, pair, count, COUNT_DRAWS) for count in COUNTS] for pair in pairs]
        every = len(train.y) / judge.num_classes
        return {
            "probe_labels": torch.tensor([count or every for count in COUNTS]),
            "probe_accuracy": torch.stack([torch.stack(row) for row in accuracies]),
        }

    def _linear(self, judge: Judge, pair: tuple[Tensor, Tensor], count: int = 0, num: int = 1) -> Tensor:
        """Accuracies of probes on the one part's features (N, d), asked of the other's (M, d), (num,)."""
        self.safepoint()
        return judge.linear(*pair, count, num)

    def _untrained(self) -> "SimCLR":
        """As it was before training."""
        method = methods.build(self.recipe, self.data_shape)
        assert isinstance(method, SimCLR)
        return method.eval()


def _some(part: Labelled) -> Labelled:
    """As many examples as a probe learns from."""
    return Labelled(part.x[:MAX_LABELLED], part.y[:MAX_LABELLED])


@torch.no_grad()
def _geometry(z1: Tensor, z2: Tensor) -> dict[str, Tensor]:
    return {"alignment": contrastive.alignment(z1, z2), "uniformity": contrastive.uniformity(z1)}


METHOD = SimCLR
