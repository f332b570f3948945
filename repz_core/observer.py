"""What is looked at while a method trains: held-out images, and its arrays and metrics on them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from repz_core.datasets import Data, catalogue
from repz_core.events import VOCABULARY
from repz_core.methods.base import Examples, Labelled, Method

MAX_PROBES = 1000  # validation images whose codes every snapshot carries
NUM_INPUTS = 40  # test images to choose from, taken from the classes in turn


class Observer:
    """What is looked at on the way: held-out examples, and the arrays and metrics of a method on them."""

    def __init__(self, method: Method, data: Data, train: Tensor) -> None:
        """`train` (N, n) is the training part as training takes it."""
        self.method, self.card = method, catalogue.card(method.recipe.dataset)
        held_out, test = data.part("validation"), data.part("test")
        chosen = in_turn(test.y, NUM_INPUTS)
        self.held_out, self.test = labelled(method, held_out), test
        self.train = Labelled(train, torch.from_numpy(data.part("train").y))
        inputs = method.prepare(torch.from_numpy(test.x[chosen]))
        self.examples = Examples(train, self.held_out.x[:MAX_PROBES], inputs)
        self.labels, self.input_labels = held_out.y[:MAX_PROBES], test.y[chosen]
        names = [factor.name for factor in self.card.factors]
        self.factors = np.array([held_out.factors[name][:MAX_PROBES] for name in names])

    def fixed(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays that never change."""
        arrays = {"labels": typed("labels", self.labels)}
        if len(self.factors):
            arrays["factors"] = typed("factors", self.factors)
        if self.card.kind != "points":
            inputs = _pixels(_shades(self.examples.inputs, self.method), self.method, levels=255)
            arrays |= {"inputs": inputs, "input_labels": typed("input_labels", self.input_labels)}
        return arrays | in_types(self.method, self.method.eval().introduce(self.examples))

    @torch.inference_mode()
    def observe(self) -> dict[str, np.ndarray[Any, Any]]:
        """The method's arrays now."""
        return in_types(self.method, self.method.eval().observe(self.examples))

    def examine(self) -> dict[str, np.ndarray[Any, Any]]:
        """The method's arrays that take their time."""
        method = self.method.eval()
        found = method.examine(self.examples.probes)
        if self.card.labelled:
            with torch.inference_mode():
                found |= method.compare(self._classed(), self.held_out)
        return in_types(method, found)

    @torch.inference_mode()
    def overview(self) -> dict[str, np.ndarray[Any, Any]]:
        """The method's arrays over all examples that are wanted at once when training ends."""
        method = self.method.eval()
        parts = [self._classed(), self.held_out, labelled(method, self.test)]
        everything = Labelled(torch.cat([part.x for part in parts]), torch.cat([part.y for part in parts]))
        return in_types(method, method.overview(everything))

    @torch.inference_mode()
    def validate(self, quick: bool) -> dict[str, float]:
        """The method's metrics now."""
        method = self.method.eval()
        metrics = method.evaluate(self.held_out.x, quick=quick)
        if self.card.labelled:
            metrics |= method.probe(self._classed(), self.held_out, quick=quick)
        method.train()
        return {f"val_{name}": value for name, value in metrics.items()}

    def _classed(self) -> Labelled:
        """The training part with its classes, as a trained method sees it."""
        return self.train if not self.method.augments else Labelled(self.method.prepare(self.train.x), self.train.y)


def labelled(method: Method, part: Data) -> Labelled:
    """A part of a data set as `method` sees it, with its classes."""
    return Labelled(method.prepare(torch.from_numpy(part.x)), torch.from_numpy(part.y))


def in_types(method: Method, found: Mapping[str, Tensor]) -> dict[str, np.ndarray[Any, Any]]:
    """What a method shows, in the vocabulary's types: images (M, n) as uint8 (M, C, H, W), codes as float16.

    Showing is over then: the method is put back into training mode.
    """
    method.train()
    arrays = {}
    for name, tensor in found.items():
        kind = VOCABULARY[name]
        if kind.pictures:
            arrays[name] = _pixels(_around_grey(tensor) if kind.signed else _shades(tensor, method), method)
        else:
            arrays[name] = typed(name, tensor.detach().numpy())
    return arrays


def typed(name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` in the type that the vocabulary has for it; float16 keeps what is out of its range at its ends.

    Row by row in memory, as files have it, whatever it was made from.
    """
    dtype = VOCABULARY[name].dtype
    if dtype is np.float16:
        array = array.clip(-65504, 65504)
    return array.astype(dtype, order="C")


def in_turn(labels: np.ndarray[Any, Any], num: int) -> np.ndarray[Any, Any]:
    """Places of up to `num` examples, one of each class in turn: the first of every class, then the second ..."""
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        turn[places] = np.arange(len(places))
    return np.lexsort((labels, turn))[:num]


def _shades(x: Tensor, method: Method) -> Tensor:
    """Images (M, n) of the data's values as shades from 0, black, to 1."""
    black, white = catalogue.card(method.recipe.dataset).span
    return (x - black) / (white - black)


def _around_grey(x: Tensor) -> Tensor:
    """Images (M, n) of any sign as shades: zero is grey, the largest value of each black or white."""
    return 0.5 + x / (2 * x.abs().amax(1, keepdim=True).clamp_min(1e-30))


def _pixels(shades: Tensor, method: Method, levels: int = 31) -> np.ndarray[Any, Any]:
    """(M, n) -> uint8 (M, C, H, W); in 32 shades unless asked: more are not seen, and double a folder."""
    stepped = shades.mul(levels).round().clamp(0, levels).mul(255 / levels).round()
    return stepped.to(torch.uint8).contiguous().view(-1, *method.shape).numpy()
