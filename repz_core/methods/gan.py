"""The generative adversarial network (Goodfellow et al. 2014, arXiv:1406.2661): two nets, two phases, logits.

Losses: minimax and non-saturating (there), least squares (Mao et al. 2017, arXiv:1611.04076), hinge (Lim & Ye 2017,
arXiv:1705.02894), Wasserstein (Arjovsky et al. 2017, arXiv:1701.07875).
Switches: R1 (Mescheder et al. 2018), at every step or lazily (Karras et al. 2020, arXiv:1912.04958), gradient penalty
(Gulrajani et al. 2017), clipping (Arjovsky et al. 2017), spectral norm (Miyato et al. 2018), instance noise (Sonderby
et al. 2017, arXiv:1610.04490), packing (Lin et al. 2018), two time-scales (Heusel et al. 2017), averaging of the
generator (Yazici et al. 2019, arXiv:1806.04498).
"""

import copy
from collections.abc import Callable
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from repz_core import nets, objectives, resize
from repz_core.config import Recipe
from repz_core.datasets.mixtures import Mixture, mixture
from repz_core.locale import N_
from repz_core.methods import gan_images, gan_points
from repz_core.methods.base import Examples, Method, Phase
from repz_core.recipes import gan as recipe_gan

NUM_SAMPLES = 36
LEAST_NOISE = 0.002  # of the instance noise it starts from
LEAST_RATE = 0.01  # of the learning rate it starts from

Judge = Callable[[Tensor], Tensor]


class Draws(NamedTuple):
    """The noise of one turn: z (N, k), that on real and fake examples (2 N, n) or None, u (N, 1) or None."""

    z: Tensor
    instance: Tensor | None
    mix: Tensor | None


class GAN(Method):
    """z (N, k) -> examples (N, n) by the generator; packs of examples -> logits (N / packing,) by the discriminator.

    Terms and losses take any leading dimensions, which ensemble.py fills with seeds.
    """

    name: ClassVar[str] = "gan"
    remedy: ClassVar[str] = N_("smaller learning rates, R1 or a gradient penalty; clipping for the Wasserstein loss")

    def __init__(self, recipe: Recipe, shape: tuple[int, int, int]) -> None:
        super().__init__(recipe, recipe_gan.shape_of(recipe), data_shape=shape)
        self.config = cast(recipe_gan.Model, recipe.model)
        self.training_config = cast(recipe_gan.Training, recipe.training)
        layers = recipe_gan.layers(self.config, self.shape)
        self.generator, self.discriminator = nets.build(layers["generator"]), nets.build(layers["discriminator"])
        if self.config.spectral_norm:
            for module in self.discriminator:
                if isinstance(module, nn.Linear | nn.Conv2d):
                    spectral_norm(module)
        self.average = _as_buffers(copy.deepcopy(self.generator))
        self.law: Mixture | None = mixture(recipe.dataset)
        self.unit = self.law.scale if self.law else 0.5  # examples / unit have a standard deviation of about one
        base = torch.pi * self.unit / self.law.reach if self.law else 0.0
        self.frequencies = base * 2.0 ** torch.arange(self.config.octaves)
        noise = torch.Generator().manual_seed(recipe.seed)
        self.prior_draws = self.prior(NUM_SAMPLES, noise)
        self.sight = gan_points if self.law else gan_images

    def prepare(self, x: Tensor) -> Tensor:
        """Images at the size asked for; points as they are."""
        if self.shape == self.data_shape or x.shape[1] == self.num_inputs:
            return x
        return resize.to_side(x, self.data_shape, self.shape[1])

    def decode(self, z: Tensor) -> Tensor:
        """Examples of the averaged generator, (N, k) -> (N, n): points, or pixels in [0, 1]."""
        return self.made(self.average(z))

    def sample(self, num: int) -> Tensor:
        """Examples from `num` draws of the prior, (num, n)."""
        return self.decode(self.prior(num, self.noise))

    def prior(self, num: int, noise: torch.Generator) -> Tensor:
        """Draws of z from N(0, I), (num, k)."""
        return torch.randn(num, self.config.k, generator=noise)

    def made(self, output: Tensor) -> Tensor:
        """Examples of a generator net's output."""
        return output * self.unit if self.law else output.sigmoid()

    def judge(self, x: Tensor) -> Tensor:
        """Logits that examples, taken in packs, are real; (N, n) -> (N / packing,)."""
        return self.discriminator(self.packed(x)).squeeze(-1)

    def packed(self, x: Tensor) -> Tensor:
        """As the discriminator net takes them: (..., N, n) -> (..., N / packing, packing n), of about unit scale.

        Points come with `octaves` of sines and cosines, without which a small net hardly learns detail (Tancik et al.
        2020, arXiv:2006.10739). Each fades in, as exp(-(f std)^2 / 2), as the instance noise of that std falls: finer
        waves than the noise leaves visible would only be fitted to it.
        """
        x = (x if self.law else x - 0.5) / self.unit
        if self.config.octaves and self.law:
            angles = (x.unsqueeze(-1) * self.frequencies).flatten(-2)
            blur = torch.exp(-0.5 * (self.frequencies * (self.disturbance() / self.unit)).square())
            gain = blur.repeat(self.num_inputs)
            x = torch.cat([x, gain * angles.sin(), gain * angles.cos()], -1)
        return x if self.config.packing == 1 else x.unflatten(-2, (-1, self.config.packing)).flatten(-2)

    def draw(self, num: int, noise: torch.Generator) -> Draws:
        """All the noise that one turn on `num` examples needs."""
        z = self.prior(num, noise)
        instance = torch.randn(2 * num, self.num_inputs, generator=noise) if self.config.instance_noise else None
        mix = torch.rand(num, 1, generator=noise) if self.config.gradient_penalty else None
        return Draws(z, instance, mix)

    def disturbance(self) -> float:
        """Standard deviation of the instance noise at this step: it falls geometrically, down to a 500th."""
        left = max(LEAST_NOISE, 0.01 ** (self.step / self.config.noise_steps))
        return self.config.instance_noise * self.unit * left

    def discriminator_terms(self, judge: Judge, x: Tensor, fake: Tensor, draws: Draws) -> dict[str, Tensor]:
        """L_D and its parts: real and fake examples (..., N, n) -> (...)."""
        row = objectives.GAN_TABLE[self.config.loss]
        if draws.instance is not None:
            one, other = (self.disturbance() * draws.instance).chunk(2, -2)
            x, fake = x + one, fake + other
        due = self.config.r1 > 0 and self.step % self.config.r1_every == 0
        if due:
            x = x.detach().requires_grad_()
        real_logits, fake_logits = judge(torch.cat([x, fake], -2)).chunk(2, -1)
        loss = row.real(real_logits).mean(-1) + row.fake(fake_logits).mean(-1)
        terms = {"loss": loss, "real": real_logits.mean(-1), "fake": fake_logits.mean(-1)}
        penalties = []
        if due:
            weight = self.config.r1 * self.config.r1_every  # for the steps that go without, too
            penalties.append(weight * objectives.r1_penalty(real_logits, x))
        if draws.mix is not None:
            mixed = (draws.mix * x + (1 - draws.mix) * fake).detach().requires_grad_()
            penalties.append(self.config.gradient_penalty * objectives.gradient_penalty(judge(mixed), mixed))
        if penalties:
            terms["penalty"] = torch.stack(penalties).sum(0)
            terms["loss"] = loss + terms["penalty"]
        return terms

    def generator_terms(self, judge: Judge, fake: Tensor, draws: Draws) -> dict[str, Tensor]:
        """L_G of fake examples (..., N, n) -> (...)."""
        if draws.instance is not None:
            fake = fake + self.disturbance() * draws.instance[..., : fake.shape[-2], :]
        return {"loss": objectives.GAN_TABLE[self.config.loss].generator(judge(fake)).mean(-1)}

    def _discriminator_loss(self, x: Tensor) -> dict[str, Tensor]:
        draws = self.draw(len(x), self.noise)
        with torch.no_grad():
            fake = self.made(self.generator(draws.z))
        return self.discriminator_terms(self.judge, x, fake, draws) | self._positions()

    def _generator_loss(self, x: Tensor) -> dict[str, Tensor]:
        draws = self.draw(len(x), self.noise)
        return self.generator_terms(self.judge, self.made(self.generator(draws.z)), draws) | self._positions()

    def _positions(self) -> dict[str, Tensor]:
        """Both players' one parameter, where they have no more: the Dirac-GAN (Mescheder et al. 2018)."""
        if self.num_inputs > 1:
            return {}
        theta, psi = (next(net.parameters()).detach().sum() for net in (self.generator, self.discriminator))
        return {"theta": theta, "psi": psi}

    @property
    def simultaneous(self) -> bool:
        return self.training_config.order == "simultaneous"

    def phases(self) -> list[Phase]:
        training = self.training_config
        betas = (training.beta1, training.beta2) if training.optimiser == "adam" else None
        critic = Phase(
            "discriminator",
            list(self.discriminator.parameters()),
            self._discriminator_loss,
            training.lr_d,
            repeat=training.d_steps,
            after=lambda: self.clip(list(self.discriminator.parameters())),
            betas=betas,
            schedule=self.schedule,
        )
        maker = Phase(
            "generator",
            list(self.generator.parameters()),
            self._generator_loss,
            training.lr,
            after=lambda: self.follow(list(self.average.buffers()), list(self.generator.parameters())),
            betas=betas,
            schedule=self.schedule,
            gradient=True,
        )
        return [critic, maker]

    def schedule(self) -> float:
        """What is left of the learning rates at this step."""
        training = self.training_config
        return max(LEAST_RATE, 0.5 ** (self.step / training.half_life))

    @torch.no_grad()
    def clip(self, weights: list[Tensor]) -> None:
        """Bring a discriminator's weights within their bound, if there is one."""
        if bound := self.config.clip:
            torch._foreach_clamp_max_(weights, bound)
            torch._foreach_clamp_min_(weights, -bound)

    @torch.no_grad()
    def follow(self, average: list[Tensor], weights: list[Tensor]) -> None:
        """Move the average of a generator's weights towards what they are now."""
        torch._foreach_lerp_(average, weights, 1 - self.memory())

    def memory(self) -> float:
        """What the average keeps of itself at this step: little at first, when the generator is still far away."""
        return min(self.config.ema, (1 + self.step) / (10 + self.step))

    def introduce(self, examples: Examples) -> dict[str, Tensor]:
        return self.sight.fixed(self, examples) | loss_curves(self.config.loss)

    def observe(self, examples: Examples) -> dict[str, Tensor]:
        return self.sight.now(self, examples)

    def evaluate(self, x: Tensor, *, quick: bool = False) -> dict[str, float]:
        """modes, high_quality, spread where modes can be counted; js, kl_data_model, kl_model_data in the plane; fid,
        precision, recall of images; distance of the Dirac-GAN's point.
        """
        return self.sight.metrics(self, x, quick)


def loss_curves(name: str, reach: float = 6.0, num: int = 121) -> dict[str, Tensor]:
    """f_r, f_f and f_g of a loss and their gradients over the logit: `loss_logits` (num,), both others (3, num)."""
    t = torch.linspace(-reach, reach, num).requires_grad_()
    values = torch.stack([f(t) for f in objectives.GAN_TABLE[name]])
    slopes = [torch.autograd.grad(value.sum(), t, retain_graph=True)[0] for value in values]
    return {"loss_logits": t.detach(), "loss_values": values.detach(), "loss_slopes": torch.stack(slopes)}


def _as_buffers(net: nn.Module) -> nn.Module:
    """`net` with its parameters as buffers: part of the state, but nothing to train."""
    for module in net.modules():
        for name, parameter in list(module._parameters.items()):
            del module._parameters[name]
            if parameter is not None:
                module.register_buffer(name, parameter.detach().clone())
    return net


METHOD = GAN
