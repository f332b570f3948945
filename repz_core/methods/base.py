"""What a family is to the engine: nets with phases of training and arrays to look at."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from repz_core.config import Recipe


class Phase(NamedTuple):
    """One optimiser's turn in a step: an autoencoder has one, a GAN two (discriminator, generator).

    `loss` maps a batch (N, n) to scalar terms; "loss" is minimised, the others are shown. The phase runs `repeat`
    times a step, each on its own batch; `after` follows the optimiser's step (clipping, EMA, projection).
    """

    name: str
    params: Sequence[nn.Parameter]
    loss: Callable[[Tensor], dict[str, Tensor]]
    lr: float
    repeat: int = 1
    after: Callable[[], None] | None = None


class Method(nn.Module, ABC):
    """A family's nets. Subclasses are final, set `name`, and draw all noise from `self.noise`, whose state is kept
    with the weights: that makes resuming bit-exact.

    Raises nothing of its own; shapes are (N, n) with n = C H W, images flattened channel by channel.
    """

    name: ClassVar[str]

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.recipe, self.shape = recipe, shape
        self.num_inputs = shape[0] * shape[1] * shape[2]
        self.noise = torch.Generator().manual_seed(recipe.seed)
        self.step = 0  # optimiser steps taken; kept by the engine, for schedules

    def prepare(self, x: Tensor) -> Tensor:
        """What the likelihood sees of raw images in [0, 1]; (N, n) -> (N, n), still in [0, 1], the same each time."""
        return x

    @property
    def augments(self) -> bool:
        """Whether a training step changes its images at random; otherwise they are prepared once, before training."""
        return False

    def augment(self, x: Tensor) -> Tensor:
        """Raw images changed at random, and prepared; (N, n) -> (N, n). Asked for where the method `augments`."""
        raise NotImplementedError

    @abstractmethod
    def phases(self) -> list[Phase]:
        """The turns of one training step, in order."""

    @abstractmethod
    def observe(self, x: Tensor, inputs: Tensor) -> dict[str, Tensor]:
        """Arrays for a snapshot, with keys from events.VOCABULARY: of the fixed probe images x (N, n), and of a few
        test images `inputs` (M, n); both prepared.
        """

    def examine(self, x: Tensor) -> dict[str, Tensor]:
        """Arrays that take their time, as `observe`; only the last snapshot has them. Called with gradients enabled."""
        return {}

    @abstractmethod
    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """The family's metrics on prepared images x (N, n), deterministic for given weights.

        `quick` leaves out what takes longer than a few training steps.
        """
