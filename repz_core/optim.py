"""Optimisers over a phase's parameters: Adam on torch's fused kernel, and plain gradient descent.

State is plain named tensors. Both take gradients apart from the step that uses them, so that players who move at the
same time can all look before anybody moves.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.adam import adam


class Optimiser(Protocol):
    """What the engine needs: `step` along the gradients at learning rate `lr`."""

    def step(self, gradients: Sequence[Tensor], lr: float) -> None:
        """Change the parameters in place."""

    def state(self) -> dict[str, Tensor]:
        """Its own tensors (not copies) by name."""


def build(params: Sequence[Tensor], betas: tuple[float, float] | None) -> Optimiser:
    """Adam with those betas, or gradient descent where there are none."""
    return Adam(params, betas) if betas else Descent(params)


def gradients(loss: Tensor, params: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Of a scalar by each of `params`; zero for one it does not depend on."""
    return torch.autograd.grad(loss, params, allow_unused=True, materialize_grads=True)


def load(optimiser: Optimiser, tensors: Mapping[str, Tensor]) -> None:
    """Take over the values of a `state`."""
    for name, own in optimiser.state().items():
        own.copy_(tensors[name])


def _as(param: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` in memory as `param` is: the fused kernel walks through both side by side, whatever their strides say.

    Those of a penalty, which are differentiated twice, and those of stacked nets come out of autograd transposed.
    """
    return gradient if gradient.stride() == param.stride() else torch.empty_like(param).copy_(gradient)


class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) by torch's functional form.

    The same numbers as torch.optim.Adam(fused=True), without its 0.15 ms of bookkeeping a step: a twentieth of a small
    VAE's step.
    """

    def __init__(self, params: Sequence[Tensor], betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.params, self.betas = list(params), betas
        self.means = [torch.zeros_like(p) for p in self.params]
        self.squares = [torch.zeros_like(p) for p in self.params]
        self.steps = [torch.zeros(()) for _p in self.params]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], lr: float) -> None:
        """One step against the gradients, each divided by the root of its mean square."""
        adam(
            self.params,
            [_as(param, gradient) for param, gradient in zip(self.params, gradients, strict=True)],
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=self.betas[0],
            beta2=self.betas[1],
            lr=lr,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        """Moments and the numbers of steps."""
        groups = {"mean": self.means, "square": self.squares, "step": self.steps}
        return {f"{name}.{i}": tensor for name, group in groups.items() for i, tensor in enumerate(group)}


class Descent:
    """Plain gradient descent, which has no state."""

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.params = list(params)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], lr: float) -> None:
        """lr times the gradients downhill."""
        torch._foreach_add_(self.params, list(gradients), alpha=-lr)

    def state(self) -> dict[str, Tensor]:
        """Nothing."""
        return {}
