"""A small classifier of each data set, in whose features generated images are compared with real ones.

It has the part that Inception has in the FID (Heusel et al. 2017, arXiv:1706.08500): metrics.py compares the 64 numbers
before its last layer. Each has mean 0 and variance 1 over the training images, so that a generator that makes nothing
but one image at their mean is at distance 64. Distances in one classifier's features say nothing about those in
another's: the weights are shipped, in checkpoints/classifiers, and hold to one version of the data set.

A classifier alone is blind to what its classes do not depend on: sprites without colour were 1.4 times as far from the
training images as the test images were. So while it is trained, its features have to redraw the image too, by a linear
map that is thrown away; that makes it 6 times.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from repz_core import datasets
from repz_core.augment import warp
from repz_core.config import RepzError
from repz_core.datasets import Data
from repz_core.datasets.catalogue import card, identity
from repz_core.locale import _
from repz_core.run import SHIPPED

FOLDER = SHIPPED / "classifiers"
NUM_FEATURES = 64
EPOCHS = {"digits": 100, "mnist5k": 25, "sprites": 16}  # of the data sets that have a classifier
STANDS_FOR = {"mnist": "mnist5k"}  # the same kind of images
_BATCH, _LR, _WARP = 64, 3e-3, 0.1
_REDRAWING = 0.1  # the weight of the share of an image's variance that its features leave unexplained
_CHUNK = 250  # images at a time: 250 x 16 x 32 x 32 floats take 16 MB


class Classifier(nn.Module):
    """Three 3x3 convolutions, each followed by ReLU and a halving while a side is above 4, a linear layer to 64
    features, each standardised, ReLU and a last linear layer.

    Images are flat and in [0, 1], (N, n) with n = C H W.
    """

    def __init__(self, shape: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        inputs, rows, columns = shape
        layers: list[nn.Module] = [nn.Unflatten(1, shape)]
        for outputs in (16, 32, 32):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
            if max(rows, columns) > 4:
                layers.append(nn.MaxPool2d(2, ceil_mode=True))
                rows, columns = (rows + 1) // 2, (columns + 1) // 2
            inputs = outputs
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(inputs * rows * columns, NUM_FEATURES))
        self.standard = nn.BatchNorm1d(NUM_FEATURES, affine=False)
        self.head = nn.Linear(NUM_FEATURES, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """Where metrics.py measures, (N, n) -> (N, 64): of mean 0 and variance 1 over the training images."""
        return self.standard(self._raw(x))

    def classify(self, features: Tensor) -> Tensor:
        """Logits of the classes, (N, 64) -> (N, num_classes)."""
        return self.head(features.relu())

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the classes, (N, n) -> (N, num_classes)."""
        return self.classify(self.features(x))

    def calibrate(self, x: Tensor) -> None:
        """Standardise over the images `x` (N, n) from now on, within the last linear layer: it fits float16."""
        linear = self.body[-1]
        assert isinstance(linear, nn.Linear)
        with torch.no_grad():
            variance, mean = torch.var_mean(self._raw(x), 0)
            linear.weight.div_(variance.sqrt()[:, None])
            linear.bias.sub_(mean).div_(variance.sqrt())
        self.standard.reset_running_stats()

    def _raw(self, x: Tensor) -> Tensor:
        return torch.cat([self.body(part) for part in x.split(_CHUNK)])


def train(dataset: str, epochs: int | None = None, seed: int = 0) -> Classifier:
    """A classifier of `dataset`, trained on its training part on one thread; a function of the arguments alone.

    Adam, its rate falling to 0 along a cosine; each image is warped and shifted by up to a fourteenth of its side.
    Raises RepzError for a data set that has no classifier.
    """
    found = card(dataset)
    if found.name not in EPOCHS:
        raise RepzError(
            _("There are classifiers for {known} only; got {given}.").format(known=", ".join(EPOCHS), given=found.name)
        )
    data = datasets.load(dataset).part("train")
    x, y = torch.from_numpy(data.x), torch.from_numpy(data.y)
    noise, spread = torch.Generator().manual_seed(seed), x.var(0).mean()
    with _alone(seed):
        classifier = Classifier(data.shape, found.num_classes)
        redraw = nn.Linear(NUM_FEATURES, x.shape[1])
        batches = [rows for _epoch in range(epochs or EPOCHS[found.name]) for rows in _shuffled(len(x), noise)]
        adam = torch.optim.Adam([*classifier.parameters(), *redraw.parameters()], lr=_LR, fused=True)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, len(batches))
        for rows in batches:
            images = _shifted(warp(x[rows], data.shape, _WARP, noise), data.shape, noise)
            adam.zero_grad()
            features = classifier.features(images)
            unexplained = F.mse_loss(redraw(features), images) / spread
            (F.cross_entropy(classifier.classify(features), y[rows]) + _REDRAWING * unexplained).backward()
            adam.step()
            cosine.step()
        classifier.calibrate(x)
    return _frozen(classifier)


@contextmanager
def _alone(seed: int) -> Iterator[None]:
    """One thread and torch's generator at `seed`, so that numbers repeat; the caller's own of both afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _shuffled(num: int, noise: torch.Generator) -> list[Tensor]:
    """0..num-1 in a random order, in batches."""
    return list(torch.randperm(num, generator=noise).split(_BATCH))


def _shifted(x: Tensor, shape: tuple[int, int, int], noise: torch.Generator) -> Tensor:
    """Each image (N, n) moved by its own whole number of pixels in each direction; what comes in is zero."""
    _channels, rows, columns = shape
    reach = rows // 14
    padded = F.pad(x.view(-1, *shape), (reach, reach, reach, reach)).movedim(1, 3)
    down, right = torch.randint(0, 2 * reach + 1, (2, len(x), 1), generator=noise)
    image = torch.arange(len(x))[:, None, None]
    moved = padded[image, (down + torch.arange(rows))[:, :, None], (right + torch.arange(columns))[:, None, :]]
    return moved.movedim(3, 1).flatten(1)


def accuracy(classifier: Classifier, data: Data) -> float:
    """The share of `data` it puts in the right class."""
    with torch.no_grad():
        guesses = classifier(torch.from_numpy(data.x)).argmax(1)
    return float((guesses == torch.from_numpy(data.y)).double().mean())


def load(dataset: str) -> Classifier | None:
    """The shipped classifier for `dataset` (name or name@version), to look through only: no gradients, one object.

    None for a data set that has none. Raises RepzError for another version of one that has, or as `read` does.
    """
    name = dataset.partition("@")[0]
    if name not in EPOCHS and name not in STANDS_FOR:
        return None
    card(dataset)
    return _shipped(STANDS_FOR.get(name, name))


@cache
@torch.inference_mode(False)  # it is kept, and whoever asks first may be in that mode
def _shipped(name: str) -> Classifier:
    return read(FOLDER / f"{name}.safetensors", name)


def read(path: Path, dataset: str) -> Classifier:
    """The classifier of `dataset` in a file. Raises RepzError where it is missing, damaged or of another version."""
    found = card(dataset)
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("dataset") != identity(dataset):
                raise ValueError(_("it is not of {dataset}").format(dataset=identity(dataset)))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        with torch.random.fork_rng(devices=[]):  # first weights are drawn from everybody's generator
            classifier = Classifier(found.shape, found.num_classes)
        classifier.load_state_dict(weights)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".:")
        raise RepzError(
            _(
                "The classifier in {path} is missing or damaged ({reason}); delete it and run "
                "python -m repz_core checkpoints."
            ).format(path=path, reason=reason)
        ) from None
    return _frozen(classifier)


def _frozen(classifier: Classifier) -> Classifier:
    return classifier.requires_grad_(False).eval()


def build(folder: Path) -> Iterator[tuple[Path, float]]:
    """Train what is missing in `folder`; each file that is now there, with its accuracy on the test images.

    A file that is there is left alone; RepzError where it is none that `read` takes.
    """
    for name in EPOCHS:
        path = folder / f"{name}.safetensors"
        if not path.exists():
            _write(path, train(name), name)
        yield path, accuracy(read(path, name), datasets.load(name).part("test"))


def _write(path: Path, classifier: Classifier, name: str) -> None:
    """Put the classifier at `path` in one move, in float16, with the accuracy that leaves it in the file's metadata."""
    kept = {key: value.half() if value.is_floating_point() else value for key, value in classifier.state_dict().items()}
    classifier.load_state_dict(kept)
    measured = accuracy(classifier, datasets.load(name).part("test"))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    save_file(kept, draft, {"dataset": identity(name), "accuracy": repr(measured)})
    os.replace(draft, path)
