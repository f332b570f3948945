"""What is looked at while a method trains: held-out images, and its arrays and metrics on them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from repz_core import latent
from repz_core.datasets import Data
from repz_core.events import IMAGE, VOCABULARY
from repz_core.methods.base import Method

MAX_PROBES = 1000  # validation images whose codes every snapshot carries
NUM_INPUTS = 40  # test images to choose from, taken from the classes in turn
NUM_RECONSTRUCTED = 10  # of them, those a snapshot has reconstructions of


class Observer:
    """What is looked at on the way: held-out images, and the arrays and metrics of a method on them."""

    def __init__(self, method: Method, data: Data) -> None:
        self.method = method
        held_out, test = data.part("validation"), data.part("test")
        chosen = in_turn(test.y, NUM_INPUTS)
        self.validation = method.prepare(torch.from_numpy(held_out.x))
        self.probes = self.validation[:MAX_PROBES]
        self.inputs = method.prepare(torch.from_numpy(test.x[chosen]))
        self.labels, self.input_labels = held_out.y[:MAX_PROBES], test.y[chosen]

    def fixed(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays that never change."""
        inputs = self.inputs.mul(255).round().to(torch.uint8).view(-1, *self.method.shape).numpy()
        arrays = {
            "labels": self.labels,
            "input_labels": self.input_labels,
            "eigenvalues": eigenvalues(self.probes),
            "entropy": entropy(self.validation),
        }
        return {"inputs": inputs} | {name: typed(name, array) for name, array in arrays.items()}

    def observe(self) -> dict[str, np.ndarray[Any, Any]]:
        """The method's arrays now."""
        return observe(self.method, self.probes, self.inputs[:NUM_RECONSTRUCTED])

    def examine(self) -> dict[str, np.ndarray[Any, Any]]:
        """The method's arrays that take their time."""
        found = self.method.eval().examine(self.probes)
        self.method.train()
        return {name: typed(name, tensor.numpy()) for name, tensor in found.items()}

    @torch.inference_mode()
    def validate(self, quick: bool) -> dict[str, float]:
        """The method's metrics now."""
        metrics = self.method.eval().evaluate(self.validation, quick=quick)
        self.method.train()
        return {f"val_{name}": value for name, value in metrics.items()}


@torch.inference_mode()
def observe(method: Method, probes: Tensor, inputs: Tensor) -> dict[str, np.ndarray[Any, Any]]:
    """A method's arrays in the vocabulary's types: images (M, C, H, W) as uint8, codes as float16."""
    arrays = {}
    found = method.eval().observe(probes, inputs)
    if "codes" in found and found["codes"].shape[1] > 2:
        found["principal"] = latent.principal_plane(found["codes"])
    for name, tensor in found.items():
        is_image = VOCABULARY[name].dims == IMAGE
        arrays[name] = _pixels(tensor, method) if is_image else typed(name, tensor.numpy())
    method.train()
    return arrays


def typed(name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` in the type that the vocabulary has for it; float16 keeps what is out of its range at its ends."""
    dtype = VOCABULARY[name].dtype
    if dtype is np.float16:
        array = array.clip(-65504, 65504)
    return array.astype(dtype)


def in_turn(labels: np.ndarray[Any, Any], num: int) -> np.ndarray[Any, Any]:
    """Places of up to `num` examples, one of each class in turn: the first of every class, then the second ..."""
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        turn[places] = np.arange(len(places))
    return np.lexsort((labels, turn))[:num]


def eigenvalues(x: Tensor) -> np.ndarray[Any, Any]:
    """Of the covariance (1/N) of x (N, n), largest first, (min(N, n, 128),).

    Those of its smaller Gram matrix are the same but for zeros.
    """
    centred = (x - x.mean(0)).double()
    gram = centred @ centred.T if len(x) <= x.shape[1] else centred.T @ centred
    return torch.linalg.eigvalsh(gram / len(x)).flip(0)[:128].clamp(min=0).numpy()


def entropy(x: Tensor) -> np.ndarray[Any, Any]:
    """Of the law that gives each of the images x (N, n) the same weight, in nats, (1,): log N where all are distinct.

    Infinite where a value lies between 0 and 1: of grey pixels only a density would mean anything.
    """
    if ((x != 0) & (x != 1)).any():
        return np.array([np.inf])
    counts = np.unique(np.packbits(x.numpy().astype(bool), axis=1), axis=0, return_counts=True)[1]
    return np.array([-(counts / len(x) * np.log(counts / len(x))).sum()])


def _pixels(x: Tensor, method: Method) -> np.ndarray[Any, Any]:
    """Flat images in [0, 1], (M, n) -> uint8 (M, C, H, W), in 32 shades: more are not seen, and double a folder."""
    shades = x.mul(31).round().clamp(0, 31).mul(255 / 31).round()
    return shades.to(torch.uint8).view(-1, *method.shape).numpy()
