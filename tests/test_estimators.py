"""Both gradient estimators on functions whose gradient is known."""

import pytest
import torch

from repz_core.estimators import gradient_draws, reparameterise, with_score

MU, LOGVAR = torch.tensor([[0.7, -1.2], [0.1, 2.0]]), torch.tensor([[0.4, -0.8], [0.0, -2.0]])
KNOWN = {  # f, and the gradients of E f by mu and by logvar
    "linear": (lambda z: z.sum(-1), torch.ones(2, 2), torch.zeros(2, 2)),
    "square": (lambda z: z.square().sum(-1), 2 * MU, LOGVAR.exp()),
    "cosine": (
        lambda z: z.cos().sum(-1),
        -MU.sin() * (-0.5 * LOGVAR.exp()).exp(),
        -0.5 * LOGVAR.exp() * MU.cos() * (-0.5 * LOGVAR.exp()).exp(),
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_both_are_unbiased_and_the_path_varies_less(name, report):
    f, by_mu, by_logvar = KNOWN[name]
    expected = torch.cat([by_mu, by_logvar], -1).mean(0)
    draws = gradient_draws(f, MU, LOGVAR, 100_000, torch.Generator().manual_seed(0), chunk=5000)
    for estimates in draws:
        assert estimates.shape == (100_000, 4)
        error = estimates.std(0) / len(estimates) ** 0.5
        assert ((estimates.mean(0) - expected).abs() <= 4.5 * error + 1e-6).all()
    ratio = (draws.score.var(0).sum() / draws.pathwise.var(0).sum().clamp(min=1e-12)).item()
    report(f"{name}: the score function's variance is {ratio:.1f} times the path's")
    assert ratio > 2


def test_a_draw_is_mean_plus_deviation_times_noise():
    z = reparameterise(MU, LOGVAR, torch.Generator().manual_seed(2), draws=50_000)
    assert z.shape == (50_000, 2, 2)
    assert torch.allclose(z.mean(0), MU, atol=0.03)
    assert torch.allclose(z.std(0), (0.5 * LOGVAR).exp(), atol=0.03)


def test_the_score_moves_the_gradient_and_not_the_value():
    value, log_q = torch.tensor([3.0, -2.0]), torch.tensor([0.5, 0.25], requires_grad=True)
    tilted = with_score(value, log_q)
    assert torch.equal(tilted, value)
    (gradient,) = torch.autograd.grad(tilted.sum(), log_q)
    assert torch.equal(gradient, value)
