"""The VAE's mathematics: its terms, objectives and knobs, against torch.distributions and the exact linear case."""

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch.distributions import Bernoulli, Laplace, Normal, kl_divergence

from repz_core import datasets, engine, methods, recipes
from repz_core.config import RepzError
from repz_core.datasets.catalogue import CARDS
from repz_core.events import Snapshot, Step
from repz_core.latent import plane
from repz_core.methods.base import Examples
from repz_core.objectives import importance_bound
from tests.conftest import IMAGES

LAPLACE = Laplace(0.0, 1 / math.sqrt(2))
PRIORS = {"normal": Normal(0.0, 1.0), "laplace": LAPLACE}


@pytest.fixture
def make(tiny, images):
    """make(**knobs): a VAE of 8 x 8 images in float64, and prepared digits."""

    def made(**knobs):
        vae = methods.build(tiny(**{f"model.{name}": knob for name, knob in knobs.items()}), (1, 8, 8))
        return vae.double(), vae.prepare(images("digits")).double()

    return made


def with_noise(vae, function, seed=8):
    """What `function` gives with the method's noise at a seed."""
    vae.noise.manual_seed(seed)
    return function()


def drawn(vae, x, draws=1, seed=8):
    """The posterior of torch.distributions, and the z that the VAE draws from it at that seed."""
    mu, logvar = vae.posterior(x)
    epsilon = torch.randn((draws, *mu.shape), generator=torch.Generator().manual_seed(seed), dtype=mu.dtype)
    return Normal(mu, (0.5 * logvar).exp()), mu + (0.5 * logvar).exp() * epsilon


def log_likelihood(vae, z, x):
    """log p(x|z) by torch.distributions, (draws, N)."""
    output = torch.stack([vae.decoder(part) for part in z])
    if vae.config.likelihood == "bernoulli":
        return Bernoulli(logits=output).log_prob(x).sum(-1)
    return Normal(output, vae.log_sigma.exp()).log_prob(x).sum(-1)


@pytest.mark.parametrize("dataset", IMAGES)
@pytest.mark.parametrize("net", ["mlp", "conv", "linear"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_shapes(dataset, net, likelihood, tiny, images):
    knobs = {"model.net": net, "model.k": 3, "model.likelihood": likelihood}
    vae = methods.build(tiny("vae", dataset, **knobs), CARDS[dataset].shape)
    x = vae.prepare(images(dataset))
    with torch.inference_mode():
        assert vae.encode(x).shape == (40, 3)
        assert vae.decode(torch.zeros(5, 3)).shape == (5, vae.num_inputs)
        samples = vae.sample(7)
        assert samples.shape == (7, vae.num_inputs)
        assert samples.min() < samples.max()
        assert likelihood == "gaussian" or (samples.min() > 0 and samples.max() < 1)
        assert not torch.equal(vae.sample(7), samples)
        assert "manifold" not in vae.observe(Examples(x, x, x[:2]))


def test_bernoulli_pixels_are_thresholded_and_gaussian_ones_left(tiny):
    raw = torch.tensor([[0, 0.25, 0.2500001, 1]])
    knobs = {"data.threshold": 0.25}
    assert methods.build(tiny(**knobs), (1, 1, 4)).prepare(raw).tolist() == [[0, 0, 1, 1]]
    gaussian = methods.build(tiny(**knobs, **{"model.likelihood": "gaussian"}), (1, 1, 4))
    assert torch.equal(gaussian.prepare(raw), raw)


@pytest.mark.parametrize("net", ["mlp", "conv", "linear"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("prior", ["normal", "laplace"])
@pytest.mark.parametrize("draws", [1, 3])
def test_the_elbo_loss_is_that_of_torch_distributions(make, net, likelihood, prior, draws):
    vae, x = make(net=net, likelihood=likelihood, prior=prior, draws=draws, beta=2.5)
    terms = with_noise(vae, lambda: vae.loss(x))
    q, z = drawn(vae, x, draws)
    recon = -log_likelihood(vae, z, x).mean()
    if prior == "normal":
        kl = kl_divergence(q, PRIORS[prior]).sum(1).mean()
    else:  # no closed form there: by quadrature
        kl = (kl_by_quadrature(q.loc, q.scale)).sum(1).mean()
    assert terms["recon"].item() == pytest.approx(recon.item(), rel=1e-9)
    assert terms["kl"].item() == pytest.approx(kl.item(), rel=1e-6, abs=1e-9)
    assert terms["loss"].item() == pytest.approx((recon + 2.5 * kl).item(), rel=1e-6)


def kl_by_quadrature(mu, sigma):
    """KL(N(mu, sigma^2) || Laplace) by the trapezoid rule over twelve standard deviations to each side."""
    t = torch.linspace(-12, 12, 40_001, dtype=torch.float64)
    z = mu.unsqueeze(-1) + sigma.unsqueeze(-1) * t
    weight = torch.exp(-0.5 * t.square()) / math.sqrt(2 * math.pi)
    log_q = Normal(mu.unsqueeze(-1), sigma.unsqueeze(-1)).log_prob(z)
    return torch.trapezoid(weight * (log_q - LAPLACE.log_prob(z)), t)


@pytest.mark.parametrize("prior", ["normal", "laplace"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_iwae_loss_is_that_of_torch_distributions(make, prior, likelihood):
    vae, x = make(objective="iwae", draws=5, prior=prior, likelihood=likelihood, beta=0.5)
    loss = with_noise(vae, lambda: vae.loss(x))["loss"]
    q, z = drawn(vae, x, 5)
    log_w = log_likelihood(vae, z, x) + 0.5 * (PRIORS[prior].log_prob(z) - q.log_prob(z)).sum(-1)
    assert loss.item() == pytest.approx(-(log_w.exp().mean(0).log()).mean().item(), rel=1e-9)


def gradients(vae, x, num, seed):
    """`num` gradients of the loss by the encoder's last bias, each with fresh noise, (num, 2 k)."""
    vae.noise.manual_seed(seed)
    bias = list(vae.encoder.parameters())[-1]
    return torch.stack([torch.autograd.grad(vae.loss(x)["loss"], bias)[0] for _i in range(num)])


@pytest.mark.parametrize(("objective", "draws"), [("elbo", 1), ("elbo", 4), ("iwae", 4)])
def test_both_estimators_have_the_same_gradient_in_the_mean(make, objective, draws, report):
    knobs = {"objective": objective, "draws": draws, "width": 8, "beta": 1.5}
    (path, x), (score, _x) = make(**knobs), make(estimator="score", **knobs)
    assert with_noise(path, lambda: path.loss(x)["loss"]) == with_noise(score, lambda: score.loss(x)["loss"])
    a, b = gradients(path, x[:4], 400, seed=1), gradients(score, x[:4], 4000, seed=2)
    error = (a.var(0) / len(a) + b.var(0) / len(b)).sqrt()
    assert ((a.mean(0) - b.mean(0)).abs() < 4.5 * error).all()
    ratio = (b.var(0).sum() / a.var(0).sum()).item()
    report(f"VAE, {objective} with {draws} draws: the score function's variance is {ratio:.0f} times the path's")
    assert ratio > 10
    decoder = next(iter(score.decoder.parameters()))
    path_side, score_side = (
        with_noise(
            vae, lambda vae=vae: torch.autograd.grad(vae.loss(x)["loss"], next(iter(vae.decoder.parameters())))[0]
        )
        for vae in (path, score)
    )
    assert decoder.shape == path_side.shape
    assert torch.allclose(path_side, score_side), "the decoder's gradient needs no estimator"


def exact(k, x):
    """A linear VAE at the optimum of probabilistic PCA, whose posterior is the exact one, and sklearn's PCA of x."""
    pca = PCA(k).fit(x.numpy())
    spread, noise = torch.from_numpy(pca.explained_variance_), float(pca.noise_variance_)
    axes, mean = torch.from_numpy(pca.components_), torch.from_numpy(pca.mean_)
    weight = axes.T * (spread - noise).sqrt()
    knobs = {"model.net": "linear", "model.likelihood": "gaussian", "model.k": k}
    vae = methods.build(recipes.default("vae", "digits").replace(**knobs), (1, 8, 8)).double()
    with torch.no_grad():
        vae.decoder[0].weight.copy_(weight)
        vae.decoder[0].bias.copy_(mean)
        vae.log_sigma.fill_(0.5 * math.log(noise))
        towards = weight.T / spread.unsqueeze(1)  # (W^T W + sigma^2 I)^-1 W^T, where W^T W is diagonal
        vae.encoder[0].weight.copy_(torch.cat([towards, torch.zeros_like(towards)]))
        vae.encoder[0].bias.copy_(torch.cat([-towards @ mean, (noise / spread).log()]))
    return vae, pca


@pytest.fixture(scope="module")
def digits64():
    return torch.from_numpy(datasets.load("digits").part("train").x).double()


@torch.no_grad()
@pytest.mark.parametrize("k", [1, 5, 20])
def test_a_linear_vae_with_the_exact_posterior_has_the_likelihood_of_ppca(k, digits64):
    """log p(x, z) - log q(z|x) is then log p(x) for any z: sklearn's PCA.score_samples, image by image."""
    vae, pca = exact(k, digits64)
    found = -vae.nll(digits64[:100], 1, torch.Generator().manual_seed(0))
    assert found.tolist() == pytest.approx(pca.score_samples(digits64[:100].numpy()).tolist(), rel=1e-8)
    mu, logvar = vae.posterior(digits64)
    elbo = -with_noise(vae, lambda: vae.recon(drawn(vae, digits64, 200)[1], digits64)).mean()
    elbo -= vae.kl_each(mu, logvar).sum(1).mean()
    assert elbo.item() == pytest.approx(pca.score(digits64.numpy()), abs=0.05)


def test_a_trained_linear_vae_reaches_the_likelihood_of_ppca(digits64):
    knobs = {"model.net": "linear", "model.likelihood": "gaussian", "model.k": 5, "data.augment": 0.0}
    quick = {"training.steps": 3000, "training.lr": 3e-3, "training.num_frames": 2}
    recipe = recipes.default("vae", "digits").replace(**knobs, **quick)
    *_before, last = engine.train(recipe)
    vae = methods.build(recipe, (1, 8, 8))
    engine.load_weights(vae, last.tensors)
    exactly = PCA(5).fit(digits64.numpy()).score(digits64.numpy())
    with torch.no_grad():
        elbo = vae.evaluate(digits64.float())["elbo"]
    assert exactly - 1.0 < elbo < exactly + 0.2  # one draw of z an image


@torch.no_grad()
def test_the_iwae_bound_rises_to_the_likelihood_with_k(digits64):
    vae, pca = exact(5, digits64)
    x = digits64[:200]
    truth = pca.score(x.numpy())
    vae.encoder[0].bias[:5] += 0.3  # a posterior that is off: now the bound is not tight
    vae.encoder[0].bias[5:] += 0.8
    noise = torch.Generator().manual_seed(0)
    bounds = [-vae.nll(x, draws, noise).mean().item() for draws in (1, 5, 50, 1000)]
    assert bounds == sorted(bounds)
    assert bounds[0] < truth - 1
    assert bounds[-1] == pytest.approx(truth, abs=0.1)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("prior", ["normal", "laplace"])
def test_nll_by_hand(make, prior, likelihood, monkeypatch):
    monkeypatch.setattr("repz_core.methods.vae.NLL_ROWS", 70)  # seven images at a time
    vae, x = make(prior=prior, likelihood=likelihood)
    found = vae.nll(x, 10, torch.Generator().manual_seed(3))
    noise = torch.Generator().manual_seed(3)
    slow = []
    for part in x.split(7):
        mu, logvar = vae.posterior(part)
        q = Normal(mu, (0.5 * logvar).exp())
        z = mu + q.scale * torch.randn((10, *mu.shape), generator=noise, dtype=mu.dtype)
        log_w = log_likelihood(vae, z, part) + (PRIORS[prior].log_prob(z) - q.log_prob(z)).sum(-1)
        slow.append(-importance_bound(log_w))
    assert torch.allclose(found, torch.cat(slow), rtol=1e-9)


@torch.no_grad()
@pytest.mark.parametrize("prior", ["normal", "laplace"])
def test_evaluation_names_the_field_s_metrics_and_knows_no_beta(make, prior):
    vae, x = make(beta=7.0, prior=prior, k=4)
    metrics = vae.evaluate(x)
    assert metrics.keys() == {"recon", "kl", "elbo", "log_prior", "active_units", "nll"}
    assert vae.evaluate(x, quick=True) == {name: metrics[name] for name in metrics if name != "nll"}
    assert metrics["elbo"] == pytest.approx(-metrics["recon"] - metrics["kl"])
    assert metrics["nll"] < -metrics["elbo"]
    mu, logvar = vae.posterior(x)
    entropy = Normal(mu, (0.5 * logvar).exp()).entropy().sum(1).mean()
    assert metrics["log_prior"] == pytest.approx(-entropy.item() - metrics["kl"])
    z = drawn(vae, x, 4000)[1]
    assert metrics["log_prior"] == pytest.approx(PRIORS[prior].log_prob(z).sum(-1).mean().item(), rel=5e-3)
    assert metrics["active_units"] == (mu.numpy().var(0, ddof=1) > 0.01).sum()


def test_the_weight_of_the_kl_warms_up(make):
    vae, x = make(warmup=100, beta=2.0)
    for step, weight in [(0, 0), (25, 0.5), (100, 2.0), (5000, 2.0)]:
        vae.step = step
        terms = with_noise(vae, lambda: vae.loss(x))
        assert terms["loss"].item() == pytest.approx((terms["recon"] + weight * terms["kl"]).item(), rel=1e-12)


def test_free_bits_cost_nothing_up_to_the_floor(make):
    vae, x = make(free_bits=0.05, k=6, beta=1.5)
    with torch.no_grad():
        vae.encoder[-1].bias[:3] += 2  # three dimensions that say much
    terms = with_noise(vae, lambda: vae.loss(x))
    each = vae.kl_each(*vae.posterior(x)).mean(0)
    assert (each < 0.05).any()
    assert (each > 0.05).any()
    charged = sum(max(0.05, kl) for kl in each.tolist())
    assert terms["loss"].item() == pytest.approx(terms["recon"].item() + 1.5 * charged, rel=1e-9)
    assert terms["kl"].item() == pytest.approx(each.sum().item())


def test_free_bits_and_iwae_exclude_each_other(tiny):
    values = tiny(**{"model.objective": "iwae", "model.free_bits": 0.5}).plain()
    with pytest.raises(RepzError, match=r"free_bits must be 0 .* got 0.5"):
        recipes.parse(values)


def test_draws_of_the_laplace_prior_are_laplace(make):
    vae, _x = make(prior="laplace", k=8)
    z = vae._prior(20_000, torch.Generator().manual_seed(0))
    assert z.var().item() == pytest.approx(1, abs=0.03)
    assert z.abs().mean().item() == pytest.approx(1 / math.sqrt(2), abs=0.01)
    assert z.mean().item() == pytest.approx(0, abs=0.01)


def test_augmentation_changes_each_batch_and_nothing_that_is_held_out(tiny, images):
    vae = methods.build(tiny(**{"data.augment": 0.1}), (1, 8, 8))
    x = images("digits")
    assert vae.augments
    first, second = vae.augment(x), vae.augment(x)
    assert not torch.equal(first, second)
    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert (first != vae.prepare(x)).float().mean() < 0.25
    assert not methods.build(tiny(), (1, 8, 8)).augments


@pytest.mark.parametrize(
    "knobs",
    [{"estimator": "pathwise"}, {"objective": "iwae", "draws": 4}, {"likelihood": "gaussian"}, {"prior": "laplace"}],
)
def test_it_learns(tiny, knobs):
    changes = {f"model.{name}": knob for name, knob in knobs.items()}
    recipe = tiny(**{"training.steps": 60, "training.lr": 1e-2} | changes)
    rows = [event.values for event in engine.train(recipe) if isinstance(event, Step)]
    assert rows[-1]["val_elbo"] > rows[0]["val_elbo"] + 5


def test_the_last_snapshot_has_a_thousand_gradients_of_each_kind(tiny):
    snapshots = [event.arrays for event in engine.train(tiny()) if isinstance(event, Snapshot)]
    assert all("gradients_score" not in arrays for arrays in snapshots[:-1])
    path, score = (snapshots[-1][f"gradients_{name}"] for name in ("pathwise", "score"))
    assert path.shape == score.shape == (1000, 4)
    error = np.sqrt((path.var(0) + score.var(0)) / 1000)
    assert (np.abs(path.mean(0) - score.mean(0)) < 5 * error).all()
    assert score.var() > 10 * path.var()


def test_the_manifold_is_decoded_from_the_plane(tiny, images):
    vae = methods.build(tiny(), (1, 8, 8))
    x = vae.prepare(images("digits"))
    with torch.inference_mode():
        arrays = vae.observe(Examples(x, x, x[:2]))
        assert arrays["reach"].item() == 2.5
        assert torch.equal(arrays["manifold"], vae.decode(plane(8, 2.5)))
        vae.encoder[-1].weight.mul_(100)
        far = vae.observe(Examples(x, x, x[:2]))
        assert far["reach"].item() == pytest.approx(np.quantile(np.abs(far["codes"].numpy()), 0.98), rel=1e-5)
        assert torch.equal(far["manifold"], vae.decode(plane(8, far["reach"].item())))
