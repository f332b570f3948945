"""Each loss against a slow reference in double precision, and where a quick formula would fail."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from repz_core.objectives import bernoulli_nll, kl_standard_normal, lasso


def random(*shape, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def pixels(*shape, seed=1):
    return (random(*shape, seed=seed) > 0).double()


def test_bernoulli_nll_by_hand():
    logits, x = random(6, 9, scale=3), pixels(6, 9)
    slow = []
    for t_row, x_row in zip(logits.tolist(), x.tolist(), strict=True):
        total = 0.0
        for t, pixel in zip(t_row, x_row, strict=True):
            p = 1 / (1 + math.exp(-t))
            total -= pixel * math.log(p) + (1 - pixel) * math.log(1 - p)
        slow.append(total)
    assert bernoulli_nll(logits, x).shape == (6,)
    assert bernoulli_nll(logits, x).tolist() == pytest.approx(slow, rel=1e-12)
    assert torch.allclose(bernoulli_nll(logits, x), -Bernoulli(logits=logits).log_prob(x).sum(1), rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_bernoulli_nll_of_extreme_logits(dtype):
    logits = torch.tensor([[1e4, -1e4], [1e4, -1e4], [0, 0]], dtype=dtype, requires_grad=True)
    x = torch.tensor([[1, 0], [0, 1], [0, 1]], dtype=dtype)
    nll = bernoulli_nll(logits, x)
    assert nll.tolist() == pytest.approx([0, 2e4, 2 * math.log(2)], rel=1e-6)
    nll.sum().backward()
    assert torch.equal(logits.grad, torch.tensor([[0, 0], [1, -1], [0.5, -0.5]], dtype=dtype))


@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**31), st.floats(0, 50))
def test_bernoulli_nll_of_anything(num, n, seed, scale):
    logits, x = random(num, n, seed=seed, scale=scale), pixels(num, n, seed=seed + 1)
    expected = -Bernoulli(logits=logits).log_prob(x).sum(1)
    assert torch.allclose(bernoulli_nll(logits, x), expected, rtol=1e-10, atol=1e-12)
    assert (bernoulli_nll(logits, x) >= 0).all()


def test_lasso_by_hand():
    x, dictionary, codes = random(3, 4), random(2, 4, seed=1), random(3, 2, seed=2)
    slow = []
    for row, code in zip(x.tolist(), codes.tolist(), strict=True):
        made = [sum(u * atom[i] for u, atom in zip(code, dictionary.tolist(), strict=True)) for i in range(4)]
        squares = sum((a - b) ** 2 for a, b in zip(row, made, strict=True))
        slow.append(squares / 2 + 0.3 * sum(abs(u) for u in code))
    assert lasso(x, dictionary, codes, 0.3).tolist() == pytest.approx(slow, rel=1e-12)


def test_kl_by_hand():
    mu, logvar = random(5, 3), random(5, 3, seed=1)
    slow = [
        0.5 * sum(m * m + math.exp(v) - 1 - v for m, v in zip(m_row, v_row, strict=True))
        for m_row, v_row in zip(mu.tolist(), logvar.tolist(), strict=True)
    ]
    assert kl_standard_normal(mu, logvar).shape == (5,)
    assert kl_standard_normal(mu, logvar).tolist() == pytest.approx(slow, rel=1e-12)


FINITE = st.floats(-20, 20, allow_subnormal=False)


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=5))
def test_kl_against_torch(pairs):
    mu, logvar = (torch.tensor(column, dtype=torch.float64)[None] for column in zip(*pairs, strict=True))
    expected = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum(1)
    assert torch.allclose(kl_standard_normal(mu, logvar), expected, rtol=1e-9, atol=1e-12)
    assert (kl_standard_normal(mu, logvar) >= 0).all()


@pytest.mark.parametrize("tiny_logvar", [1e-2, 1e-3, 1e-4])
def test_kl_near_zero_keeps_its_digits(tiny_logvar):
    """KL = mu^2 / 2 + logvar^2 / 4 + ...; in float32 the series' first terms would drown in 1 - 1."""
    logvar = torch.tensor([[tiny_logvar]])
    series = logvar.double() ** 2 / 4 + logvar.double() ** 3 / 12
    assert kl_standard_normal(torch.zeros(1, 1), logvar).item() == pytest.approx(series.item(), rel=0.05)
    assert kl_standard_normal(torch.full((1, 1), 1e-4), torch.zeros(1, 1)).item() == pytest.approx(5e-9, rel=1e-5)
    assert kl_standard_normal(torch.zeros(2, 3), torch.zeros(2, 3)).tolist() == [0, 0]


@pytest.mark.parametrize(
    "objective",
    [lambda a, b: bernoulli_nll(a, (b > 0).double()), kl_standard_normal],
    ids=["bernoulli_nll", "kl_standard_normal"],
)
def test_gradients(objective):
    inputs = [random(4, 3, seed=seed).requires_grad_() for seed in (2, 3)]
    assert torch.autograd.gradcheck(objective, inputs)


def test_the_gradient_of_the_kl_is_mu_and_half_of_variance_minus_one():
    mu, logvar = random(4, 3).requires_grad_(), random(4, 3, seed=1).requires_grad_()
    kl_standard_normal(mu, logvar).sum().backward()
    assert torch.allclose(mu.grad, mu)
    assert torch.allclose(logvar.grad, 0.5 * (logvar.exp() - 1))
