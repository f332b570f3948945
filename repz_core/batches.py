"""Which examples a step sees: a function of seed and position alone, so that training can begin anywhere."""

import torch
from torch import Tensor

from repz_core.config import RepzError
from repz_core.datasets import Data
from repz_core.locale import _
from repz_core.methods.base import Method


class Batches:
    """A method's training examples in batches that are a function of its seed and the position."""

    def __init__(self, method: Method, data: Data) -> None:
        """Raises RepzError where a batch is larger than the training part."""
        raw = torch.from_numpy(data.part("train").x)
        self.method, self.size = method, method.recipe.training.batch_size
        self.x = raw if method.augments else method.prepare(raw)  # (N, n)
        if self.size > len(self.x):
            raise RepzError(
                _(
                    "training.batch_size must be at most the {count} training examples of {dataset}; got {given}."
                ).format(count=len(self.x), dataset=method.recipe.dataset, given=self.size)
            )
        self.per_epoch = len(self.x) // self.size
        self.epoch, self.order = -1, torch.empty(0, dtype=torch.int64)

    def at(self, position: int) -> Tensor:
        """The `position`-th batch of the run, (size, n): epochs are shuffled anew, a remainder is left out."""
        epoch, place = divmod(position, self.per_epoch)
        if epoch != self.epoch:
            shuffle = torch.Generator().manual_seed(self.method.recipe.seed * 1_000_003 + epoch)
            self.epoch, self.order = epoch, torch.randperm(len(self.x), generator=shuffle)
        x = self.x.index_select(0, self.order[place * self.size : (place + 1) * self.size])
        return self.method.augment(x) if self.method.augments else x
