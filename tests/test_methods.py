"""What every family keeps to, on every local data set."""

import math
from itertools import islice

import numpy as np
import pytest
import torch

from repz_core import engine, methods, observer, recipes
from repz_core.datasets.catalogue import CARDS
from repz_core.events import VOCABULARY, Step
from repz_core.methods.base import Examples
from tests.conftest import LOCAL

PAIRS = [(method, dataset) for method in recipes.names() for dataset in LOCAL if recipes.suits(method, dataset)]


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request, tiny, images):
    """A method fresh from its recipe, and prepared examples for it."""
    name, dataset = request.param
    method = methods.build(tiny(name, dataset), CARDS[dataset].shape)
    return method, method.prepare(images(dataset))


def shown(method, x):
    """What a method shows in its first snapshot."""
    examples = Examples(x, x, x[:3])
    arrays = observer.in_types(method, method.eval().introduce(examples))
    with torch.inference_mode():
        return arrays | observer.in_types(method, method.eval().observe(examples))


def test_every_family_is_tried_on_all_that_suits_it():
    assert {method for method, _dataset in PAIRS} == set(recipes.names())
    assert {dataset for _method, dataset in PAIRS} == set(LOCAL)


def weights(method):
    return {name: tensor.clone() for name, tensor in method.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_building_is_a_function_of_the_seed_and_touches_no_global_generator(pair, tiny):
    method, _x = pair
    torch.manual_seed(123)
    before = torch.get_rng_state()
    again = methods.build(method.recipe, method.data_shape)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(weights(again), weights(method))
    assert torch.equal(again.noise.get_state(), method.noise.get_state())
    other = methods.build(method.recipe.replace(seed=1), method.data_shape)
    assert not torch.equal(other.noise.get_state(), method.noise.get_state())
    if method.num_inputs > 1:  # the Dirac-GAN's two numbers start where they are told to
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
        if (method.name, method.recipe.dataset.partition("@")[0]) != ("linear_ae", "dirac"):  # whose mean says it all
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
    examples = Examples(x, x, x[:3])
    fixed = method.eval().introduce(examples)
    with torch.inference_mode():
        raw = method.observe(examples)
    assert not raw.keys() & fixed.keys(), "what never changes is told once"
    raw |= fixed
    arrays = observer.in_types(method, raw)
    assert arrays.keys() == raw.keys()
    assert arrays.keys() <= VOCABULARY.keys()
    for name, array in arrays.items():
        meaning = VOCABULARY[name]
        assert array.ndim == len(meaning.dims.split(", ")), name
        assert array.dtype == meaning.dtype
        assert array.flags.c_contiguous, "files are written as arrays lie in memory"
        if meaning.pictures:
            assert array.shape[1:] == method.shape
        if meaning.pictures and method.name in (
            "vae",
            "gan",
            "simclr",
        ):  # what a sum of atoms makes may leave the range
            assert raw[name].min() >= 0
            assert raw[name].max() <= 1
        if meaning.dims.startswith("probe"):
            assert len(array) == len(x)
        elif meaning.pictures:
            assert 0 < len(array) <= (256 if meaning.signed else 64)
    assert method.training, "observing ends in training mode"


def test_showing_and_evaluating_change_nothing(pair):
    method, x = pair
    before, noise = weights(method), method.noise.get_state()
    torch.manual_seed(7)
    everybodys = torch.get_rng_state()
    with torch.inference_mode():
        first = method.eval().evaluate(x)
    arrays = shown(method, x)
    with torch.inference_mode():
        assert method.eval().evaluate(x) == first
    again = shown(method, x)
    assert arrays.keys() == again.keys()
    assert all(np.array_equal(arrays[name], again[name], equal_nan=True) for name in arrays)
    assert torch.equal(torch.get_rng_state(), everybodys)
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
    other = methods.build(method.recipe.replace(seed=3), method.data_shape)
    engine.load_weights(other, {f"model.{name}": tensor for name, tensor in method.state_dict().items()})
    with torch.inference_mode():
        assert other.eval().evaluate(x) == method.eval().evaluate(x)


GOLDEN = {
    ("linear_ae", "digits"): {"loss": [4.317989, 4.221190, 4.440645, 4.272075, 4.351105]},
    ("sparse_ae", "digits"): {"loss": [2.002751, 1.990022, 2.074743, 2.01524, 2.043174]},
    ("sparse_coding", "digits"): {"loss": [7.354994, 5.8627, 4.945313, 4.113265, 3.833861]},
    ("vae", "digits"): {"loss": [45.11236, 45.23025, 45.25833, 44.82498, 44.78154]},
    ("simclr", "digits"): {"loss": [3.836358, 3.845117, 3.867787, 3.654288, 3.701515]},
    ("gan", "digits"): {
        "discriminator_loss": [1.400577, 1.391523, 1.360769, 1.364839, 1.355297],
        "generator_loss": [0.634751, 0.633296, 0.633006, 0.636251, 0.637732],
    },
    ("gan", "ring8"): {
        "discriminator_loss": [1.400240, 1.404619, 1.397796, 1.400433, 1.391756],
        "generator_loss": [0.565267, 0.565155, 0.574975, 0.585838, 0.582535],
    },
}


@pytest.mark.parametrize("pair", GOLDEN, ids="-".join)
def test_the_first_losses_are_those_recorded(pair, tiny):
    """A change of code that changes these numbers must raise the recipe's version."""
    assert {method for method, _dataset in GOLDEN} == set(recipes.names())
    events = (event for event in engine.train(tiny(*pair)) if isinstance(event, Step) and event.step > 0)
    rows = [event.values for event in islice(events, 5)]
    assert {term: [row[term] for row in rows] for term in GOLDEN[pair]} == {
        term: pytest.approx(losses, rel=1e-4) for term, losses in GOLDEN[pair].items()
    }
