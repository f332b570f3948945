"""The losses on two views against literal transcriptions in double precision, and what they are at known places."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from repz_core import objectives
from repz_core.contrastive import alignment, negative_cosine, nt_xent, nt_xent_sheet, uniformity, vicreg_terms


def random(*shape, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def views(num, d, seed=0, scale=1.0):
    """Two views of each of `num` images that have something in common, to be differentiated by."""
    common = random(num, d, seed=seed)
    return [(common + random(num, d, seed=seed + i, scale=scale)).requires_grad_() for i in (1, 2)]


def slow_nt_xent(z1, z2, temperature):
    """Equation 1 of Chen et al. 2020 word by word: z_(2k-1) and z_(2k) are views of one image."""
    z = [row for pair in zip(z1, z2, strict=True) for row in pair]
    s = [[(a @ b) / (a.norm() * b.norm()) / temperature for b in z] for a in z]

    def one(i, j):
        denominator = sum(torch.exp(s[i][k] - s[i][j]) for k in range(len(z)) if k != i)
        return torch.log(denominator)  # -log(exp(s_ij) / sum exp(s_ik)), divided through

    total = sum(one(2 * k, 2 * k + 1) + one(2 * k + 1, 2 * k) for k in range(len(z1)))
    return total / len(z)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("num", [1, 2, 7])
def test_nt_xent_and_its_gradient_are_equation_1(num, temperature):
    z1, z2 = views(num, 5)
    fast, slow = nt_xent(z1, z2, temperature), slow_nt_xent(z1, z2, temperature)
    assert fast.shape == ()
    assert fast.item() == pytest.approx(slow.item(), rel=1e-12, abs=1e-14)
    for mine, theirs in zip(torch.autograd.grad(fast, [z1, z2]), torch.autograd.grad(slow, [z1, z2]), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-10, atol=1e-13)


@given(st.integers(2, 6), st.integers(1, 6), st.integers(0, 2**31), st.floats(0.02, 5.0), st.floats(0.1, 10.0))
def test_nt_xent_of_anything(num, d, seed, temperature, scale):
    z1, z2 = views(num, d, seed, scale)
    loss = nt_xent(z1, z2, temperature)
    assert loss.item() == pytest.approx(slow_nt_xent(z1, z2, temperature).item(), rel=1e-9, abs=1e-12)
    assert nt_xent(z2, 3 * z1, temperature).item() == pytest.approx(loss.item(), rel=1e-9, abs=1e-12)
    assert loss.item() >= 0


def test_the_gradient_by_finite_differences():
    z1, z2 = views(4, 3)
    assert torch.autograd.gradcheck(lambda a, b: nt_xent(a, b, 0.3), (z1, z2))
    assert torch.autograd.gradcheck(lambda a, b: 7 * nt_xent(a, a * b, 0.3).square(), (z1, z2))


@pytest.mark.parametrize("num", [2, 50, 256])
def test_all_alike_it_is_chance(num):
    alike = torch.ones(num, 8)
    assert nt_xent(alike, alike, 0.5).item() == pytest.approx(math.log(2 * num - 1), rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("far", [False, True])
def test_a_temperature_near_zero_stays_finite(dtype, far):
    z1, z2 = (z.detach().to(dtype).requires_grad_() for z in views(64, 16))
    loss = nt_xent(z1, -z2 if far else z2, 0.005)
    assert loss.isfinite()
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(loss, [z1, z2]))
    assert loss.item() == pytest.approx(nt_xent(z1.double(), -z2.double() if far else z2.double(), 0.005).item(), 1e-4)


def test_it_is_among_the_objectives():
    assert objectives.nt_xent is nt_xent


def test_the_sheets_loss_is_a_constant_without_gradient():
    z1, z2 = (z.detach().float().requires_grad_() for z in views(32, 8))
    loss = nt_xent_sheet(z1, z2, 0.1)
    assert loss.item() == pytest.approx(math.log(63), rel=1e-5)
    assert all((gradient == 0).all() for gradient in torch.autograd.grad(loss, [z1, z2]))


def test_alignment_and_uniformity_by_hand():
    z1, z2 = views(6, 3)
    a, b = F.normalize(z1), F.normalize(z2)
    assert alignment(z1, z2).item() == pytest.approx(sum((a[i] - b[i]).norm().item() ** 2 for i in range(6)) / 6)
    pairs = [math.exp(-2 * (a[i] - a[j]).norm().item() ** 2) for i in range(6) for j in range(i)]
    assert uniformity(z1).item() == pytest.approx(math.log(sum(pairs) / len(pairs)))


def test_alignment_and_uniformity_at_their_ends():
    z = random(40, 5)
    assert alignment(z, 2 * z).item() == pytest.approx(0, abs=1e-12)
    assert alignment(z, -z).item() == pytest.approx(4)
    assert uniformity(torch.ones(9, 4)).item() == pytest.approx(0, abs=1e-5)
    high = random(2000, 500)
    assert uniformity(high).item() == pytest.approx(-4, abs=0.02), "random directions are two apart, squared"


def test_simsiam_stops_at_the_target():
    p, z = views(5, 4)
    loss = negative_cosine(p, z)
    assert loss.item() == pytest.approx(-sum((p[i] @ z[i] / p[i].norm() / z[i].norm()).item() for i in range(5)) / 5)
    by_p, by_z = torch.autograd.grad(loss, [p, z], allow_unused=True)
    assert (by_p != 0).any()
    assert by_z is None


def test_vicreg_by_hand():
    z1, z2 = (z.detach() for z in views(7, 3, scale=0.2))
    invariance, variance, covariance = vicreg_terms(z1, z2)
    assert invariance.item() == pytest.approx((z1 - z2).square().mean().item())
    hinge, off = 0.0, 0.0
    for z in (z1, z2):
        table = torch.cov(z.T)
        hinge += sum(max(0.0, 1 - math.sqrt(table[i, i] + 1e-4)) for i in range(3)) / 3 / 2
        off += sum(table[i, j].item() ** 2 for i in range(3) for j in range(3) if i != j) / 3
    assert variance.item() == pytest.approx(hinge)
    assert covariance.item() == pytest.approx(off)


def test_vicreg_of_a_collapsed_batch_says_so():
    alike = torch.ones(8, 4)
    invariance, variance, covariance = vicreg_terms(alike, alike)
    assert (invariance.item(), covariance.item()) == (0, 0)
    assert variance.item() == pytest.approx(0.99)
