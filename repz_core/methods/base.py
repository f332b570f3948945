"""What a family is to the engine: nets with phases of training and arrays to look at."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from repz_core.config import MOST_STEPS, Recipe

ANNEALED = 4000  # steps in which a run without an end in sight has come to rest


class Phase(NamedTuple):
    """One optimiser's part of a step: an autoencoder has one, a GAN two (discriminator, generator).

    `loss` maps a batch (N, n) to scalar terms; "loss" is minimised, the others are shown. The phase takes `repeat`
    turns a step, each on its own batch; `after` follows the optimiser's step (clipping, EMA, projection). The optimiser
    is Adam with `betas`, or plain gradient descent where there are none. `schedule` is what the learning rate is
    multiplied with, asked at each turn. With `gradient`, the norm of the loss's gradient is a term too.
    """

    name: str
    params: Sequence[nn.Parameter]
    loss: Callable[[Tensor], dict[str, Tensor]]
    lr: float
    repeat: int = 1
    after: Callable[[], None] | None = None
    betas: tuple[float, float] | None = (0.9, 0.999)
    schedule: Callable[[], float] = lambda: 1.0
    gradient: bool = False


class Examples(NamedTuple):
    """Prepared data that a method's arrays are about, (·, n) each: all of the training part, fixed probes of the
    validation part, and a few images of the test part.
    """

    train: Tensor
    probes: Tensor
    inputs: Tensor


class Labelled(NamedTuple):
    """Prepared examples x (N, n) with their classes y (N,), for what is asked of a method after training."""

    x: Tensor
    y: Tensor


class Method(nn.Module, ABC):
    """A family's nets. Subclasses are final, set `name`, and draw all noise from `self.noise`, whose state is kept
    with the weights: that makes resuming bit-exact.

    `shape` is what the nets work on, and with it n = C H W of every (N, n); `data_shape` that of the data set. They
    differ where `prepare` resizes images. Raises nothing of its own.
    """

    name: ClassVar[str]
    remedy: ClassVar[str]  # what to try where training diverges, marked for translation

    def __init__(
        self, recipe: Recipe, shape: tuple[int, int, int], data_shape: tuple[int, int, int] | None = None
    ) -> None:
        super().__init__()
        self.recipe, self.shape, self.data_shape = recipe, shape, data_shape or shape
        self.num_inputs = shape[0] * shape[1] * shape[2]
        self.noise = torch.Generator().manual_seed(recipe.seed)
        self.step = 0  # optimiser steps taken; kept by the engine, for schedules

    def prepare(self, x: Tensor) -> Tensor:
        """What the nets see of the data set's examples, (N, ·) -> (N, n), the same each time; images stay in [0, 1]."""
        return x

    def meet(self, train: Tensor) -> None:
        """Learn of the prepared training examples (N, n) what never changes: their mean, an optimum to be held against.

        Called once, before training and before a trained model is evaluated.
        """

    @property
    def augments(self) -> bool:
        """Whether a training step changes its images at random; otherwise they are prepared once, before training."""
        return False

    def augment(self, x: Tensor) -> Tensor:
        """Raw images changed at random, and prepared; (N, n) -> (N, n). Asked for where the method `augments`."""
        raise NotImplementedError

    @property
    def simultaneous(self) -> bool:
        """Whether all phases of a step look before any moves; otherwise each sees what the one before it did."""
        return False

    def schedule(self) -> float:
        """A quarter of a wave over the steps, from 1 to 0, for phases that want it: what noise of the batches leaves in
        the weights goes with the rate. Where a limit in seconds shall end the run, over ANNEALED steps to a hundredth.
        """
        steps = self.recipe.training.steps
        if steps < MOST_STEPS:
            return math.cos(math.pi / 2 * self.step / steps)
        return max(0.01, math.cos(math.pi / 2 * min(1.0, self.step / ANNEALED)))

    @abstractmethod
    def phases(self) -> list[Phase]:
        """The parts of one training step, in order."""

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        """Arrays that never change, as `observe`; only the first snapshot has them. Called with gradients enabled."""
        return {}

    @abstractmethod
    def observe(self, examples: Examples) -> dict[str, Tensor]:
        """Arrays for a snapshot, with keys from events.VOCABULARY."""

    def examine(self, x: Tensor) -> dict[str, Tensor]:
        """Arrays of the probes x (N, n) that take their time; only the last snapshot has them. Called with gradients
        enabled.
        """
        return {}

    @abstractmethod
    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """The family's metrics on prepared held-out examples x (N, n), deterministic for given weights.

        `quick` leaves out what takes longer than a few training steps.
        """

    def probe(self, train: Labelled, held_out: Labelled, *, quick: bool = False) -> dict[str, float]:
        """Metrics that need classes, which training never sees; as `evaluate`, and added to it."""
        return {}

    def reference(self, train: Labelled, held_out: Labelled) -> dict[str, float]:
        """Metrics of what was there before training; only a trained model's evaluation has them beside `probe`'s."""
        return {}

    def overview(self, everything: Labelled) -> dict[str, Tensor]:
        """Arrays over the training, validation and test examples, in that order, which are wanted at once when training
        ends; only the last snapshot has them.
        """
        return {}

    def compare(self, train: Labelled, held_out: Labelled) -> dict[str, Tensor]:
        """Arrays that need classes and take their time; only the last snapshot has them."""
        return {}


def num_atoms(method: Method) -> int:
    """Of units shown in every frame: all of small images, fewer of large ones, whose frames would grow with them."""
    return min(256, max(64, 40_000 // method.num_inputs))
