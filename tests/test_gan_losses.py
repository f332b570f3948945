"""The GAN's losses and penalties against loops written from the table in THEORY.md, and their known optima."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from repz_core import methods, recipes
from repz_core.datasets.catalogue import CARDS
from repz_core.objectives import GAN_TABLE, gan_losses, gradient_penalty, input_gradient, r1_penalty


def sp(t):
    return max(t, 0.0) + math.log1p(math.exp(-abs(t)))


def sigmoid(t):
    return 1 / (1 + math.exp(-t)) if t > 0 else math.exp(t) / (1 + math.exp(t))


# f_r, f_f and f_g of one logit, and their derivatives.
TABLE = {
    "minimax": (lambda t: sp(-t), sp, lambda t: -sp(t)),
    "non_saturating": (lambda t: sp(-t), sp, lambda t: sp(-t)),
    "least_squares": (lambda t: (t - 1) ** 2 / 2, lambda t: t**2 / 2, lambda t: (t - 1) ** 2 / 2),
    "hinge": (lambda t: max(0.0, 1 - t), lambda t: max(0.0, 1 + t), lambda t: -t),
    "wasserstein": (lambda t: -t, lambda t: t, lambda t: -t),
}
SLOPES = {
    "minimax": (lambda t: -sigmoid(-t), sigmoid, lambda t: -sigmoid(t)),
    "non_saturating": (lambda t: -sigmoid(-t), sigmoid, lambda t: -sigmoid(-t)),
    "least_squares": (lambda t: t - 1, lambda t: t, lambda t: t - 1),
    "hinge": (lambda t: -float(t < 1), lambda t: float(t > -1), lambda t: -1.0),
    "wasserstein": (lambda t: -1.0, lambda t: 1.0, lambda t: -1.0),
}
EACH = [(name, i) for name in TABLE for i in range(3)]


def random(*shape, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def slope(function, t):
    """The gradient of an elementwise function at numbers t, as floats."""
    t = torch.as_tensor(t, dtype=torch.float64).requires_grad_()
    return torch.autograd.grad(function(t).sum(), t)[0].tolist()


def test_the_table_is_complete_and_is_every_choice_of_the_knob():
    assert set(GAN_TABLE) == set(gan_losses) == set(TABLE)
    assert set(recipes.family("gan").LOSSES) == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("scale", [1, 30])
def test_losses_are_the_means_of_a_loop_over_the_table(name, scale):
    real, fake = random(37, scale=scale), random(23, seed=1, scale=scale)
    f_r, f_f, f_g = TABLE[name]
    loss_d, loss_g = gan_losses[name]
    by_hand_d = sum(f_r(t) for t in real.tolist()) / 37 + sum(f_f(t) for t in fake.tolist()) / 23
    by_hand_g = sum(f_g(t) for t in fake.tolist()) / 23
    assert loss_d(real, fake).item() == pytest.approx(by_hand_d, rel=1e-12)
    assert loss_g(fake).item() == pytest.approx(by_hand_g, rel=1e-12)


@pytest.mark.parametrize(("name", "i"), EACH)
def test_gradients_are_the_analytic_ones_however_far_the_logit(name, i):
    logits = [-700.0, -30.0, -5.0, -0.5, 0.0, 0.3, 4.0, 30.0, 39.9, 41.0, 700.0]
    expected = [SLOPES[name][i](t) for t in logits]
    found = slope(GAN_TABLE[name][i], logits)
    assert all(math.isfinite(value) for value in found)
    assert found == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("name", "i"), EACH)
def test_single_precision_is_as_good(name, i):
    t = torch.tensor([-30.0, -3.0, 3.0, 30.0], requires_grad=True)
    values = GAN_TABLE[name][i](t)
    assert values.tolist() == pytest.approx([TABLE[name][i](x) for x in t.tolist()], rel=1e-6)
    slopes = torch.autograd.grad(values.sum(), t)[0]
    assert slopes.tolist() == pytest.approx([SLOPES[name][i](x) for x in t.tolist()], rel=1e-6, abs=0)


def test_minimax_fades_where_the_discriminator_is_sure_and_the_non_saturating_loss_does_not():
    sure = [-30.0]  # that the example is generated
    [minimax] = slope(GAN_TABLE["minimax"].generator, sure)
    [other] = slope(GAN_TABLE["non_saturating"].generator, sure)
    assert minimax == pytest.approx(-sigmoid(-30), rel=1e-12)
    assert -1e-12 < minimax < 0
    assert other == pytest.approx(-1, abs=1e-12)
    assert slope(GAN_TABLE["minimax"].generator, [0.0]) == slope(GAN_TABLE["non_saturating"].generator, [0.0])


def optimum(name, p, q):
    """Where p f_r(t) + q f_f(t), which is convex, is least: by bisection of its slope."""
    row, low, high = GAN_TABLE[name], -60.0, 60.0
    for _halving in range(80):
        middle = (low + high) / 2
        [steepness] = slope(lambda t: p * row.real(t) + q * row.fake(t), [middle])
        low, high = (middle, high) if steepness < 0 else (low, middle)
    return (low + high) / 2


@given(st.floats(1e-4, 1), st.floats(1e-4, 1))
def test_the_best_discriminator_is_p_over_p_plus_q(p, q):
    """Goodfellow et al. 2014, proposition 1; Mao et al. 2017 for a = 0 and b = 1."""
    for name in ("minimax", "non_saturating"):
        assert sigmoid(optimum(name, p, q)) == pytest.approx(p / (p + q), rel=1e-9)
    assert optimum("least_squares", p, q) == pytest.approx(p / (p + q), rel=1e-9, abs=1e-9)


def test_the_best_hinge_discriminator_says_which_is_denser():
    t = torch.linspace(-3, 3, 601, dtype=torch.float64)
    row = GAN_TABLE["hinge"]
    for p, q, best in ((0.3, 0.2, 1.0), (0.1, 0.4, -1.0)):
        assert t[(p * row.real(t) + q * row.fake(t)).argmin()].item() == pytest.approx(best)


VALUES = {"minimax": math.log(4), "non_saturating": math.log(4), "least_squares": 1 / 4, "hinge": 2, "wasserstein": 0}


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_the_value_where_both_laws_agree(name, value):
    t = torch.full((5,), optimum(name, 1.0, 1.0) if name != "wasserstein" else 3.0, dtype=torch.float64)
    assert gan_losses[name][0](t, t).item() == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_penalties_of_a_linear_critic(lead):
    """Its gradient is w everywhere; leading dimensions are critics of their own."""
    w, x = random(*lead, 1, 5, seed=2), random(*lead, 7, 5).requires_grad_()
    lengths = w.squeeze(-2).norm(dim=-1)
    logits = (w * x).sum(-1)
    assert torch.equal(input_gradient(logits, x), w.expand_as(x))
    r1, penalty = r1_penalty((w * x).sum(-1), x), gradient_penalty((w * x).sum(-1), x)
    assert r1.shape == penalty.shape == lead
    assert torch.allclose(r1, lengths.square() / 2, rtol=1e-12)
    assert torch.allclose(penalty, (lengths - 1).square(), rtol=1e-12)


@pytest.mark.parametrize("penalty", [r1_penalty, gradient_penalty])
def test_penalties_can_be_differentiated_again(penalty):
    """By the weights of a small net, against finite differences."""
    x = random(6, 3).requires_grad_()
    weights = [random(3, 4, seed=1).requires_grad_(), random(4, seed=2).requires_grad_()]

    def of(w1, w2):
        return penalty((x @ w1).tanh() @ w2, x)

    assert torch.autograd.gradcheck(of, weights)
    found = torch.autograd.grad(of(*weights), weights)
    for which, gradient in enumerate(found):
        for place in range(gradient.numel()):
            nudge = torch.zeros(gradient.numel(), dtype=torch.float64)
            nudge[place] = 1e-6
            up, down = (
                of(*(w + sign * nudge.view_as(w) if i == which else w for i, w in enumerate(weights)))
                for sign in (1, -1)
            )
            assert gradient.flatten()[place].item() == pytest.approx((up - down).item() / 2e-6, rel=1e-6, abs=1e-8)


def test_a_critic_that_is_flat_has_finite_gradients():
    """All units dead: |gradient| is zero, and the norm has no derivative there."""
    net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    with torch.no_grad():
        net[0].bias.fill_(-100)
    x = torch.rand(8, 2, requires_grad=True)
    penalty = gradient_penalty(net(x).squeeze(-1), x)
    assert penalty.item() == 1
    found = torch.autograd.grad(penalty, list(net.parameters()), allow_unused=True, materialize_grads=True)
    assert all(gradient.isfinite().all() for gradient in found)


@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_spectral_norm_makes_every_weight_matrix_of_the_discriminator_one_long(dataset, tiny, images):
    gan = methods.build(tiny("gan", dataset, **{"model.spectral_norm": True, "model.depth": 2}), CARDS[dataset].shape)
    x = gan.prepare(images(dataset))
    before = [parameter.clone() for parameter in gan.discriminator.parameters()]
    with torch.no_grad():
        for _iteration in range(300):
            gan.judge(x)
        matrices = [module.weight.flatten(1) for module in gan.discriminator if hasattr(module, "weight")]
    assert len(matrices) == (3 if dataset == "ring8" else 2)
    for matrix in matrices:
        assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(1, abs=1e-3)
    assert all(map(torch.equal, before, gan.discriminator.parameters())), "looking changes no parameter"
    plain = methods.build(tiny("gan", dataset, **{"model.depth": 2}), CARDS[dataset].shape)
    norms = [torch.linalg.matrix_norm(m.weight.flatten(1), 2) for m in plain.discriminator if hasattr(m, "weight")]
    assert any(abs(norm - 1) > 0.05 for norm in norms)
