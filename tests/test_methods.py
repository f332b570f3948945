"""What every family keeps to, on every local data set; then each family's own mathematics."""

import math
from itertools import islice

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from repz_core import datasets, engine, methods, recipes
from repz_core.datasets.catalogue import CARDS
from repz_core.events import VOCABULARY, Step
from repz_core.methods.vae import plane

LOCAL = [name for name, card in CARDS.items() if not card.network]
PAIRS = [(method, dataset) for method in recipes.names() for dataset in LOCAL]


@pytest.fixture(scope="module")
def images():
    """images(dataset): its first 40 validation images."""
    parts = {name: datasets.load(name).part("validation") for name in LOCAL}
    return lambda dataset: torch.from_numpy(parts[dataset].x[:40])


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request, tiny, images):
    """A method fresh from its recipe, and prepared images for it."""
    name, dataset = request.param
    method = methods.build(tiny(name, dataset), CARDS[dataset].shape)
    return method, method.prepare(images(dataset))


@pytest.fixture(params=["mlp", "conv"])
def vae(request, tiny):
    return methods.build(tiny(**{"model.net": request.param, "model.beta": 2.5}), (1, 8, 8))


@pytest.fixture
def digits(vae, images):
    return vae.prepare(images("digits"))


def weights(method):
    return {name: tensor.clone() for name, tensor in method.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_building_is_a_function_of_the_seed_and_touches_no_global_generator(pair, tiny):
    method, _x = pair
    torch.manual_seed(123)
    before = torch.get_rng_state()
    again = methods.build(method.recipe, method.shape)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(weights(again), weights(method))
    assert torch.equal(again.noise.get_state(), method.noise.get_state())
    other = methods.build(method.recipe.replace(seed=1), method.shape)
    assert not same(weights(other), weights(method))


def test_losses_are_finite_scalars_that_reach_their_phase(pair):
    method, x = pair
    for phase in method.phases():
        method.zero_grad()
        params = list(phase.params)
        terms = phase.loss(x)
        assert "loss" in terms
        assert all(term.shape == () and term.isfinite() for term in terms.values())
        terms["loss"].backward()
        assert all(param.grad is not None and param.grad.isfinite().all() for param in params)
        assert any((param.grad != 0).any() for param in params)
        assert phase.lr > 0
        assert phase.repeat >= 1


def test_every_parameter_belongs_to_one_phase(pair):
    method, _x = pair
    owned = [id(param) for phase in method.phases() for param in phase.params]
    assert len(set(owned)) == len(owned)
    assert set(owned) == {id(param) for param in method.parameters()}
    assert len({phase.name for phase in method.phases()}) == len(method.phases())


def test_a_loss_draws_from_its_own_generator_alone(pair):
    method, x = pair
    state = method.noise.get_state()
    losses = []
    for _turn in range(2):
        method.noise.set_state(state)
        torch.manual_seed(len(losses))
        before = torch.get_rng_state()
        losses.append([phase.loss(x)["loss"].item() for phase in method.phases()])
        assert torch.equal(torch.get_rng_state(), before)
    assert losses[0] == losses[1]


def test_what_it_shows_is_in_the_vocabulary(pair):
    method, x = pair
    raw = method.eval().observe(x)
    arrays = engine.observe(method, x)
    assert arrays.keys() == raw.keys() <= VOCABULARY.keys()
    for name, array in arrays.items():
        meaning = VOCABULARY[name]
        assert array.ndim == len(meaning.dims.split(", ")), name
        assert array.dtype == meaning.dtype
        if meaning.dims.startswith("image"):
            assert array.shape[1:] == method.shape
            assert 0 < len(array) <= 64
            assert raw[name].min() >= 0
            assert raw[name].max() <= 1
        elif meaning.dims.startswith("probe"):
            assert len(array) == len(x)
    assert method.training, "observing ends in training mode"


def test_showing_and_evaluating_change_nothing(pair):
    method, x = pair
    before, noise = weights(method), method.noise.get_state()
    with torch.inference_mode():
        first = method.eval().evaluate(x)
        shown = engine.observe(method, x)
        assert method.eval().evaluate(x) == first
        again = engine.observe(method, x)
    assert all(np.array_equal(shown[name], again[name]) for name in shown)
    assert all(isinstance(value, float) and math.isfinite(value) for value in first.values())
    assert same(weights(method), before)
    assert torch.equal(method.noise.get_state(), noise)


def test_preparing_is_done_once(pair):
    method, x = pair
    assert x.shape == (40, method.num_inputs)
    assert x.dtype == torch.float32
    assert torch.equal(method.prepare(x), x)


def test_the_weights_are_all_of_it(pair):
    """What a run folder keeps is enough to get the same method again."""
    method, x = pair
    other = methods.build(method.recipe.replace(seed=3), method.shape)
    engine.load_weights(other, {f"model.{name}": tensor for name, tensor in method.state_dict().items()})
    with torch.inference_mode():
        assert other.eval().evaluate(x) == method.eval().evaluate(x)


@pytest.mark.parametrize("dataset", LOCAL)
@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_vae_shapes(dataset, net, tiny, images):
    vae = methods.build(tiny("vae", dataset, **{"model.net": net, "model.k": 3}), CARDS[dataset].shape)
    x = vae.prepare(images(dataset))
    with torch.inference_mode():
        assert vae.encode(x).shape == (40, 3)
        assert vae.decode(torch.zeros(5, 3)).shape == (5, vae.num_inputs)
        samples = vae.sample(7)
        assert samples.shape == (7, vae.num_inputs)
        assert 0 < samples.min() < samples.max() < 1
        assert not torch.equal(vae.sample(7), samples)
        assert "manifold" not in vae.observe(x)


def test_vae_thresholds_its_images(tiny):
    vae = methods.build(tiny(**{"data.threshold": 0.25}), (1, 1, 4))
    assert vae.prepare(torch.tensor([[0, 0.25, 0.2500001, 1]])).tolist() == [[0, 0, 1, 1]]


def test_vae_terms_equal_those_of_torch_distributions(vae, digits):
    mu, logvar = vae.posterior(digits)
    epsilon = torch.randn(mu.shape, generator=torch.Generator().manual_seed(8))
    posterior = Normal(mu.double(), (0.5 * logvar.double()).exp())
    z = mu + (0.5 * logvar).exp() * epsilon
    expected_recon = -Bernoulli(logits=vae.double().decoder(z.double())).log_prob(digits.double()).sum(1)
    expected_kl = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
    recon, kl = vae.float().terms(digits, torch.Generator().manual_seed(8))
    assert torch.allclose(recon.double(), expected_recon, rtol=1e-5)
    assert torch.allclose(kl.double(), expected_kl, rtol=1e-4, atol=1e-6)


def test_vae_loss_is_recon_plus_beta_kl(vae, digits):
    state = vae.noise.get_state()
    loss = vae.loss(digits)
    vae.noise.set_state(state)
    recon, kl = vae.terms(digits, vae.noise)
    assert loss["recon"].item() == recon.mean().item()
    assert loss["kl"].item() == kl.mean().item()
    assert loss["loss"].item() == pytest.approx(recon.mean().item() + 2.5 * kl.mean().item(), rel=1e-6)


def test_vae_evaluation_is_the_elbo_and_knows_no_beta(vae, digits):
    with torch.inference_mode():
        metrics = vae.evaluate(digits)
        recon, kl = vae.terms(digits, torch.Generator().manual_seed(0))
    expected = {"recon": recon.mean().item(), "kl": kl.mean().item(), "elbo": -(recon + kl).mean().item()}
    assert metrics == pytest.approx(expected)


def test_vae_gradient_goes_through_the_sample(vae, digits):
    """Reparameterisation: the reconstruction alone moves mu and logvar."""
    recon, _kl = vae.terms(digits, torch.Generator().manual_seed(0))
    last = list(vae.encoder.parameters())[-1]
    (gradient,) = torch.autograd.grad(recon.mean(), last)
    assert gradient.shape == (4,)
    assert (gradient != 0).all()


def test_vae_learns(tiny):
    recipe = tiny(**{"training.steps": 60, "training.lr": 1e-2})
    rows = [event.values for event in engine.train(recipe) if isinstance(event, Step)]
    assert rows[-1]["val_elbo"] > rows[0]["val_elbo"] + 5


def test_the_latent_plane_is_drawn_top_row_first():
    grid = plane(4, 2.0).view(4, 4, 2)
    assert torch.equal(grid[0, :, 0], torch.tensor([-1.5, -0.5, 0.5, 1.5])), "left to right"
    assert torch.equal(grid[:, 0, 1], torch.tensor([1.5, 0.5, -0.5, -1.5])), "the top row has the largest second one"
    assert (grid[:, :, 0] == grid[:1, :, 0]).all()
    assert (grid[:, :, 1] == grid[:, :1, 1]).all()
    assert torch.equal(plane(8, 2.5), -plane(8, 2.5).flip(0))


def test_the_vae_manifold_is_decoded_from_that_plane(vae, digits):
    with torch.inference_mode():
        assert torch.equal(vae.observe(digits)["manifold"], vae.decode(plane(8, 2.5)))


GOLDEN = {
    "vae": [45.11236, 45.23025, 45.25833, 44.82498, 44.78154],
}


@pytest.mark.parametrize("method", GOLDEN)
def test_the_first_losses_are_those_recorded(method, tiny):
    """A change of code that changes these numbers must raise the recipe's version."""
    events = (event for event in engine.train(tiny(method)) if isinstance(event, Step) and event.step > 0)
    losses = [event.values["loss"] for event in islice(events, 5)]
    assert losses == pytest.approx(GOLDEN[method], rel=1e-4)
