"""What is asked of every way to code images: numbers, and pictures of the same images and the same pair."""

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from repz_core import embed, latent, resize
from repz_core.compare.baselines import Pixels, Projection
from repz_core.datasets import Data
from repz_core.methods.base import Method
from repz_core.observer import in_turn
from repz_core.probes import Judge, draws, nearest

MOST = 5000  # training images that a probe knows, and test images that it is asked for
SHOWN = 16  # test images that are reconstructed
POINTS = 1000  # test images on the map
WALK = 10  # images from one of the pair to the other
FEW, DRAWS = 10, 10  # labels a class, drawn so many times
LEVELS = 31  # shades of stored images: more are not seen, and take room


class Coder(NamedTuple):
    """A way to code images (N, n), as they are in the data set; None where it cannot. `draws` are two codes of its
    prior, where it has no others.
    """

    encode: Callable[[Tensor], Tensor] | None
    decode: Callable[[Tensor], Tensor] | None
    num_weights: int
    draws: Tensor | None = None


def of_method(method: Method) -> Coder:
    """A trained model; images that it resizes are brought back to the size they had."""
    encode, decode = getattr(method, "encode", None), getattr(method, "decode", None)

    def image(h: Tensor) -> Tensor:
        found = cast(Callable[[Tensor], Tensor], decode)(h)
        same = method.shape == method.data_shape
        return found if same else resize.from_side(found, method.data_shape, method.shape[1])

    return Coder(
        encode and (lambda x: encode(method.prepare(x))),
        decode and image,
        sum(part.numel() for part in method.parameters()),
        None if encode else method.prior(2, torch.Generator().manual_seed(0)),  # type: ignore[operator]
    )


def of_baseline(baseline: Projection | Pixels) -> Coder:
    """A fixed one."""
    return Coder(baseline.encode, baseline.decode, baseline.num_weights)


class Gallery:
    """The images that all are asked about, and the judge of what codes know of their classes."""

    def __init__(self, data: Data) -> None:
        train, test = data.part("train"), data.part("test")
        self.shape = data.shape
        self.train, self.test = (torch.from_numpy(part.x[:MOST]) for part in (train, test))
        self.classes, self.truth = (torch.from_numpy(part.y[:MOST]) for part in (train, test))
        chosen = in_turn(test.y[:MOST], SHOWN)
        self.shown = self.test[torch.from_numpy(chosen)]
        count = len(chosen)
        self.pair = (3 % count, 8 % count) if 3 % count != 8 % count else (0, count - 1)
        self.judge = Judge(self.classes, self.truth)

    @property
    def one_class(self) -> bool:
        """Whether there is nothing to tell apart."""
        return len(self.classes.unique()) < 2

    def fixed(self) -> dict[str, NDArray[np.generic]]:
        """What is shown of the images themselves."""
        labels = self.truth[:POINTS].numpy().astype(np.int32)
        return {"inputs": self._pixels(self.shown), "points": self._pixels(self.test[:POINTS]), "labels": labels}

    @torch.inference_mode()
    def numbers(self, coder: Coder) -> dict[str, float]:
        """Those cells that can be measured of a coder."""
        found = {"weights": float(coder.num_weights)}
        if coder.encode is None:
            return found
        train, test = coder.encode(self.train), coder.encode(self.test)
        found["l0"] = (test != 0).sum(1).double().mean().item()
        if coder.decode:
            found["recon"] = (coder.decode(test) - self.test).square().sum(1).double().mean().item()
        if self.one_class:
            return found
        found["probe"] = float(self.judge.linear(train, test).mean())
        found["probe_10"] = float(self.judge.linear(train, test, FEW, DRAWS).mean())
        found["knn"] = self.judge.neighbours(train, test)
        return found | {"knn_10": self._few_neighbours(train, test)}

    def _few_neighbours(self, train: Tensor, test: Tensor) -> float:
        """As Judge.neighbours, of FEW labels a class, mean over draws."""
        shares = []
        for rows in draws(self.classes, FEW, DRAWS):
            found = nearest(train[rows], self.classes[rows], test, self.judge.num_classes)
            shares.append(float((found == self.truth).double().mean()))
        return sum(shares) / len(shares)

    @torch.inference_mode()
    def pictures(self, name: str, coder: Coder, onto: NDArray[np.float32] | None) -> dict[str, NDArray[np.generic]]:
        """Reconstructions, the way between the pair, and the map of a coder, turned to lie upon another, (N, 2)."""
        found: dict[str, NDArray[np.generic]] = {}
        if coder.encode and coder.decode:
            found[f"reconstructions_{name}"] = self._pixels(coder.decode(coder.encode(self.shown)))
        if coder.decode:
            found[f"walk_{name}"] = self._pixels(coder.decode(self._way(coder)))
        if coder.encode:
            places = embed.flat_map(coder.encode(self.test[:POINTS])).numpy()
            turned = places if onto is None else places @ embed.turn(places, onto)
            found[f"map_{name}"] = turned.astype(np.float16)
        return found

    def _way(self, coder: Coder) -> Tensor:
        """The line between the pair's codes, (WALK, k); of a prior's draws the great circle, where its mass is."""
        if coder.encode is None:
            assert coder.draws is not None, "what codes nothing draws"
            start, end = coder.draws
            return latent.slerp(start, end, WALK)
        one, other = coder.encode(self.shown[list(self.pair)])
        return latent.lerp(one, other, WALK)

    def _pixels(self, x: Tensor) -> NDArray[np.uint8]:
        stepped = x.mul(LEVELS).round().clamp(0, LEVELS).mul(255 / LEVELS).round()
        return stepped.to(torch.uint8).view(-1, *self.shape).numpy()
