"""Several seeds of a GAN in the plane trained together: one stacked net in place of many small ones.

Small nets spend their time between kernels, and ten of them in one batched product spend it once. Layers are stacked by
hand: torch.func.vmap over functional_call takes a fifth longer, since it adds each bias apart and prepares every call.
Each seed gets the batches and the noise that it gets alone, so its first steps are the same to rounding (later ones
drift: a game is chaotic).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from repz_core import datasets, engine, methods, optim
from repz_core.batches import Batches
from repz_core.config import Recipe, RepzError
from repz_core.locale import _
from repz_core.methods.gan import GAN, Draws


def train_seeds(
    recipe: Recipe, seeds: Sequence[int], *, proceed: Callable[[int], bool] = lambda step: True
) -> list[GAN]:
    """The GANs of `recipe` with each of `seeds`, trained side by side to its last step, or until `proceed(step)`, asked
    before each, says no.

    Raises RepzError for images, and for what cannot be stacked: spectral norm, a fork, steps at the same time.
    """
    _check(recipe)
    data = datasets.load(recipe.dataset)
    with engine.numerics(recipe):
        together = _Together([_gan(recipe.replace(seed=seed), data) for seed in seeds], data)
        for step in range(1, recipe.training.steps + 1):
            if not proceed(step):
                break
            together.advance()
    return together.members()


def _check(recipe: Recipe) -> None:
    card, gan = datasets.card(recipe.dataset), recipe.method == "gan"
    faults = {
        "method": not gan,
        "dataset": card.shape != (2, 1, 1),
        "model.spectral_norm": gan and recipe.model.spectral_norm,  # type: ignore[attr-defined]
        "training.order": gan and recipe.training.order == "simultaneous",  # type: ignore[attr-defined]
        "parent": recipe.parent is not None,
    }
    for name, at_fault in faults.items():
        if at_fault:
            raise RepzError(
                _(
                    "Seeds are trained together for GANs in the plane, in turns, without spectral norm and from their "
                    "start; here {name} is otherwise."
                ).format(name=name)
            )


def _gan(recipe: Recipe, data: datasets.Data) -> GAN:
    method = methods.build(recipe, data.shape)
    assert isinstance(method, GAN)
    return method


class _Together:
    """The nets of all seeds stacked: parameters and examples have a first dimension S."""

    def __init__(self, gans: list[GAN], data: datasets.Data) -> None:
        self.gans, self.one = gans, gans[0]
        self.batches = [Batches(gan, data) for gan in gans]
        self.nets = {name: _Stacked([getattr(gan, name) for gan in gans]) for name in ("discriminator", "generator")}
        self.average = [tensor.clone() for tensor in self.nets["generator"].tensors]
        self.phases = self.one.phases()
        self.optimisers = {phase.name: optim.build(self.nets[phase.name].tensors, phase.betas) for phase in self.phases}
        self.step = 0

    def advance(self) -> None:
        """One step of every seed."""
        position = self.step * sum(phase.repeat for phase in self.phases)
        self.one.step = self.step
        for phase in self.phases:
            for _turn in range(phase.repeat):
                loss = self._loss(phase.name, torch.stack([batches.at(position) for batches in self.batches]))
                gradients = optim.gradients(loss.sum(), self.nets[phase.name].tensors)
                self.optimisers[phase.name].step(gradients, phase.lr * phase.schedule())
                self._after(phase.name)
                position += 1
        self.step += 1

    def _loss(self, name: str, x: Tensor) -> Tensor:
        """That player's, of each seed, (S, N, n) -> (S,)."""
        each = [gan.draw(x.shape[1], gan.noise) for gan in self.gans]
        draws = Draws(*(None if part[0] is None else torch.stack(part) for part in zip(*each, strict=True)))  # type: ignore[arg-type]
        if name == "generator":
            return self.one.generator_terms(self._judge, self._made(draws.z), draws)["loss"]
        with torch.no_grad():
            fake = self._made(draws.z)
        return self.one.discriminator_terms(self._judge, x, fake, draws)["loss"]

    def _made(self, z: Tensor) -> Tensor:
        return self.one.made(self.nets["generator"](z))

    def _judge(self, x: Tensor) -> Tensor:
        return self.nets["discriminator"](self.one.packed(x)).squeeze(-1)

    @torch.no_grad()
    def _after(self, name: str) -> None:
        weights = [tensor.detach() for tensor in self.nets[name].tensors]
        if name == "generator":
            self.one.follow(self.average, weights)
        else:
            self.one.clip(weights)

    @torch.no_grad()
    def members(self) -> list[GAN]:
        """Each seed's GAN with its weights."""
        for i, gan in enumerate(self.gans):
            gan.step = self.step
            for name, stacked in self.nets.items():
                for own, tensor in zip(getattr(gan, name).parameters(), stacked.tensors, strict=True):
                    own.copy_(tensor[i])
            for own, tensor in zip(gan.average.buffers(), self.average, strict=True):
                own.copy_(tensor[i])
        return self.gans


class _Stacked:
    """Nets of one shape, linear layers and what works element by element, as one function of (S, N, n)."""

    def __init__(self, nets: list[nn.Sequential]) -> None:
        self.layers: list[tuple[Tensor, Tensor] | nn.Module] = []
        for same in zip(*nets, strict=True):
            if isinstance(same[0], nn.Linear):
                weights, biases = (
                    torch.stack([getattr(one, name).detach() for one in same]) for name in ("weight", "bias")
                )
                self.layers.append((weights.requires_grad_(), biases.requires_grad_()))
            else:
                self.layers.append(same[0])
        self.tensors = [tensor for layer in self.layers if isinstance(layer, tuple) for tensor in layer]

    def __call__(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            if isinstance(layer, tuple):
                weights, biases = layer  # (S, outputs, inputs), (S, outputs)
                x = torch.baddbmm(biases.unsqueeze(1), x, weights.mT)
            else:
                x = layer(x)
        return x
