"""lightly's and pytorch-metric-learning's NT-Xent and kornia's augmentation (see tasks/nt_xent.py, augmentation.py and
simclr_step.py).
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from repz_core.bench.peers import serve

try:
    import torchvision  # type: ignore[import-not-found]  # noqa: F401
except RuntimeError:
    # A torchvision that was built for another torch has no compiled operators. Neither peer calls them here, but its
    # own import asks for the names of two.
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import kornia.augmentation as K  # type: ignore[import-not-found]
from lightly.loss import NTXentLoss  # type: ignore[import-not-found]
from pytorch_metric_learning import losses  # type: ignore[import-not-found]


def losses_of(temperature: float) -> dict[str, nn.Module]:
    """Each library's NT-Xent."""
    return {
        "lightly": NTXentLoss(temperature),
        "pytorch_metric_learning": losses.SelfSupervisedLoss(losses.NTXentLoss(temperature)),
    }


def parity(pairs: str, temperature: float) -> dict[str, Any]:
    """Loss and gradient by both libraries of the views in the file `pairs`, (2, N, d): gradients as lists."""
    answer = {}
    for name, loss in losses_of(temperature).items():
        z = torch.from_numpy(np.load(pairs)).requires_grad_()
        value = loss(*z)
        (gradient,) = torch.autograd.grad(value, z)
        answer[name] = {"loss": value.item(), "gradient": gradient.flatten().tolist()}
    return answer


def nt_xent(library: str, num: int, d: int, temperature: float, threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of each of `repeats` losses with gradients by one of the libraries."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    z1, z2 = (torch.randn(num, d, requires_grad=True) for _view in range(2))
    loss = losses_of(temperature)[library]
    return {"seconds": _timed(lambda: torch.autograd.grad(loss(z1, z2), [z1, z2]), repeats)}


def every_change(side: int) -> nn.Module:
    """kornia's counterparts of all our changes of grey images, on every image."""
    return nn.Sequential(
        K.RandomResizedCrop((side, side), scale=(0.5, 1.0), ratio=(1.0, 1.0), p=1.0),
        K.RandomHorizontalFlip(p=0.5),
        *moves(),
        K.RandomGaussianBlur((5, 5), (0.1, 1.5), p=1.0),
        K.RandomGaussianNoise(std=0.1, p=1.0),
        K.RandomErasing(scale=(0.01, 0.16), p=1.0),
    )


def moves() -> list[nn.Module]:
    """Affine and elastic change, the latter with bumps as wide as ours."""
    return [
        K.RandomAffine(15.0, (0.05, 0.05), (0.8, 1.2), 15.0, p=1.0),
        K.RandomElasticTransform((21, 21), (5.0, 5.0), (0.5, 0.5), p=1.0),
    ]


def augmentation(x: str, threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of each of `repeats` changes of all images in the file `x`, (N, C, H, W)."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images = torch.from_numpy(np.load(x))
    change = every_change(images.shape[-1])
    return {"seconds": _timed(lambda: change(images), repeats)}


class Net(nn.Module):
    """The encoder and head of our default recipe."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.ReLU(),
            nn.Conv2d(16, 32, 3, 1, 1), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(),
            nn.Conv2d(32, 64, 3, 1, 1), nn.MaxPool2d(2, ceil_mode=True), nn.ReLU(),
            nn.Flatten(), nn.Linear(64 * 16, 128), nn.BatchNorm1d(128),
            nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        z: Tensor = self.layers(x)
        return z


def step(x: str, batch_size: int, temperature: float, lr: float, threads: int, repeats: int) -> dict[str, Any]:
    """Seconds of each of `repeats` training steps on the images in the file `x`, (N, 1, 28, 28)."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images = torch.from_numpy(np.load(x))
    net, loss, change = Net(), NTXentLoss(temperature), nn.Sequential(*moves())
    adam = torch.optim.Adam(net.parameters(), lr=lr)

    def one() -> None:
        batch = images[torch.randint(len(images), (batch_size,))]
        adam.zero_grad()
        z1, z2 = net(torch.cat([change(batch), change(batch)])).chunk(2)
        loss(z1, z2).backward()
        adam.step()

    return {"seconds": _timed(one, repeats)}


def _timed(work: Callable[[], Any], repeats: int) -> list[float]:
    seconds = []
    for _repeat in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


if __name__ == "__main__":
    serve({"parity": parity, "nt_xent": nt_xent, "augmentation": augmentation, "step": step})
