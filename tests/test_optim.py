"""Optimisers against torch's own, whatever the gradients' layout in memory."""

import pytest
import torch

from repz_core import datasets, engine, optim

SHAPES = [(5,), (4, 3), (8, 4, 4, 4), ()]


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def laid_out(tensor, how):
    """The same numbers in another order in memory: its dimensions in turn, or every second place."""
    if how == "turned" and tensor.ndim > 1:
        order = [*range(1, tensor.ndim), 0]
        back = [order.index(i) for i in range(tensor.ndim)]
        return tensor.permute(order).contiguous().permute(back)
    if how == "spread" and tensor.ndim:
        return tensor.repeat_interleave(2, -1)[..., ::2]
    return tensor.clone()


@pytest.mark.parametrize("how", ["plain", "turned", "spread"])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.99), None])
def test_ten_steps_are_those_of_torch(how, betas):
    """A gradient that is differentiated twice comes out of autograd with its dimensions turned."""
    params = [random(*shape, seed=i) for i, shape in enumerate(SHAPES)]
    theirs = [param.clone().requires_grad_() for param in params]
    other = torch.optim.Adam(theirs, lr=0.01, betas=betas) if betas else torch.optim.SGD(theirs, lr=0.01)
    optimiser = optim.build(params, betas)
    for step in range(10):
        gradients = [random(*shape, seed=100 * step + i) for i, shape in enumerate(SHAPES)]
        optimiser.step([laid_out(gradient, how) for gradient in gradients], 0.01)
        for param, gradient in zip(theirs, gradients, strict=True):
            param.grad = gradient
        other.step()
    for ours, param in zip(params, theirs, strict=True):
        assert torch.allclose(ours, param, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("knob", ["model.r1", "model.gradient_penalty"])
@pytest.mark.parametrize("dataset", ["ring8", "digits", "sprites"])
def test_penalised_steps_of_the_discriminator_are_those_of_torch(knob, dataset, tiny):
    recipe = tiny(
        "gan", dataset, **{knob: 10.0, "model.size": 16, "training.beta1": 0.5, "training.order": "simultaneous"}
    )
    one, other = (engine._Loop(recipe, datasets.load(dataset), None) for _loop in range(2))
    critic = other.phases[0]
    adam = torch.optim.Adam(critic.params, lr=critic.lr, betas=critic.betas)
    list(one.advance())
    adam.zero_grad()
    critic.loss(other.batches.at(0))["loss"].backward()
    adam.step()
    for ours, theirs in zip(one.phases[0].params, critic.params, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_a_state_is_taken_over_whole():
    params = [random(3, 2)]
    one, other = optim.build(params, (0.9, 0.99)), optim.build([params[0].clone()], (0.9, 0.99))
    one.step([random(3, 2, seed=1)], 0.1)
    optim.load(other, one.state())
    assert all(torch.equal(a, b) for a, b in zip(one.state().values(), other.state().values(), strict=True))
    assert one.state()["step.0"] == 1
    assert optim.build(params, None).state() == {}


def test_a_parameter_that_the_loss_does_not_know_has_a_gradient_of_zero():
    used, unused = random(3).requires_grad_(), random(2, 2).requires_grad_()
    found = optim.gradients((used**2).sum(), [used, unused])
    assert torch.equal(found[0], 2 * used)
    assert torch.equal(found[1], torch.zeros(2, 2))
