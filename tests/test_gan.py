"""The GAN's two players: packs, terms, noise, averages and bounds, each recomputed by hand."""

import math

import pytest
import torch

from repz_core import datasets, engine, methods, recipes
from repz_core.config import RepzError, bounds, choices, field_at, leaf_paths
from repz_core.datasets.catalogue import CARDS
from repz_core.events import Step
from repz_core.methods import gan_points
from repz_core.methods.gan import LEAST_NOISE, Draws
from tests.test_gan_losses import TABLE, random


@pytest.fixture
def make(tiny):
    """make(dataset, **knobs): a GAN in float64 with no other switch on; knobs of the model by their last names."""

    def made(dataset="ring8", **knobs):
        off = {"octaves": 0, "r1": 0.0, "r1_every": 1}
        recipe = tiny("gan", dataset, **{f"model.{name}": knob for name, knob in (off | knobs).items()})
        return methods.build(recipe, CARDS[dataset].shape).double()

    return made


@pytest.fixture
def few(monkeypatch):
    """Densities from fewer samples: runs that only need to be the same."""
    monkeypatch.setattr(gan_points, "NUM_DENSITY", 500)


def batch(gan, num=12):
    """Real and fake examples and all noise of one turn, in float64."""
    real = gan.prepare(torch.from_numpy(datasets.load(gan.recipe.dataset).x[:num])).double()
    draws = Draws(*(draw if draw is None else draw.double() for draw in gan.draw(num, gan.noise)))
    with torch.no_grad():
        return real, gan.made(gan.generator(draws.z)), draws


@pytest.mark.parametrize("packing", [1, 2, 3])
@pytest.mark.parametrize(("octaves", "noise"), [(0, 0.5), (2, 0.0), (3, 0.03)])
def test_pack_i_holds_the_examples_from_i_times_its_size_on(packing, octaves, noise, make):
    """Each with its waves, where there are some, as faint as the noise would make them."""
    gan = make(packing=packing, octaves=octaves, instance_noise=noise)
    x, waves = random(2, 12, 2), [2.0**i * math.pi * gan.unit / gan.law.reach for i in range(octaves)]
    packs = gan.packed(x)
    assert packs.shape == (2, 12 // packing, packing * 2 * (1 + 2 * octaves))
    for seed in range(2):
        for i in range(12 // packing):
            by_hand = []
            for row in x[seed, i * packing : (i + 1) * packing].tolist():
                scaled = [value / gan.unit for value in row]
                angles = [(value * wave, math.exp(-((wave * noise) ** 2) / 2)) for value in scaled for wave in waves]
                by_hand += [*scaled, *(gain * math.sin(t) for t, gain in angles)]
                by_hand += [gain * math.cos(t) for t, gain in angles]
            assert packs[seed, i].tolist() == pytest.approx(by_hand, rel=1e-4, abs=1e-4)


def test_images_reach_the_discriminator_centred_on_zero(make):
    gan = make("digits", packing=2)
    x = torch.rand(4, 64, dtype=torch.float64)
    assert torch.allclose(gan.packed(x), (2 * x - 1).view(2, 128), rtol=1e-12)


def logit(gan, pack):
    """D of one pack, a list of examples, in plain Python: linear layers with leaky units between them."""
    values = [value / gan.unit for example in pack for value in example]
    layers = [module for module in gan.discriminator if hasattr(module, "weight")]
    for i, layer in enumerate(layers):
        rows = zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
        values = [sum(w * v for w, v in zip(row, values, strict=True)) + bias for row, bias in rows]
        if i < len(layers) - 1:
            values = [value if value > 0 else 0.2 * value for value in values]
    return values[0]


def gradient(gan, x, eps=1e-6):
    """Of D at one example, by finite differences."""
    moved = [[[v + s * eps * (i == j) for j, v in enumerate(x)] for s in (1, -1)] for i in range(len(x))]
    return [(logit(gan, [up]) - logit(gan, [down])) / (2 * eps) for up, down in moved]


def terms_by_hand(gan, real, fake, draws):
    """L_D and its parts, example by example."""
    num, size, config = len(real), gan.config.packing, gan.config
    real, fake = real.tolist(), fake.tolist()
    if draws.instance is not None:
        noise, std = draws.instance.tolist(), gan.disturbance()
        real = [[v + std * e for v, e in zip(real[i], noise[i], strict=True)] for i in range(num)]
        fake = [[v + std * e for v, e in zip(fake[i], noise[num + i], strict=True)] for i in range(num)]
    f_r, f_f, _f_g = TABLE[config.loss]
    packs = range(0, num, size)
    t_real, t_fake = ([logit(gan, x[i : i + size]) for i in packs] for x in (real, fake))
    loss = sum(map(f_r, t_real)) / len(t_real) + sum(map(f_f, t_fake)) / len(t_fake)
    terms = {"real": sum(t_real) / len(t_real), "fake": sum(t_fake) / len(t_fake)}
    penalty = 0.0
    if config.r1:
        penalty += config.r1 / 2 * sum(sum(g * g for g in gradient(gan, x)) for x in real) / num
    if config.gradient_penalty:
        mixes = draws.mix.flatten().tolist()
        mixed = [[u * a + (1 - u) * b for a, b in zip(real[i], fake[i], strict=True)] for i, u in enumerate(mixes)]
        penalty += config.gradient_penalty * sum((math.hypot(*gradient(gan, x)) - 1) ** 2 for x in mixed) / num
    return terms | ({"penalty": penalty} if penalty else {}) | {"loss": loss + penalty}


@pytest.mark.parametrize("loss", TABLE)
@pytest.mark.parametrize(
    "knobs",
    [
        {"instance_noise": 0.0},
        {"instance_noise": 0.3},
        {"packing": 3},
        {"r1": 2.0, "instance_noise": 0.0},
        {"gradient_penalty": 10.0, "instance_noise": 0.0},
        {"r1": 0.5, "gradient_penalty": 3.0, "instance_noise": 0.5, "depth": 2},
    ],
    ids=lambda knobs: " ".join(knobs),
)
def test_the_terms_of_a_batch_are_those_of_a_loop_over_its_examples(loss, knobs, make):
    gan = make(loss=loss, width=8, **knobs)
    gan.step = 100
    real, fake, draws = batch(gan)
    found = {name: term.item() for name, term in gan.discriminator_terms(gan.judge, real, fake, draws).items()}
    assert found == pytest.approx(terms_by_hand(gan, real, fake, draws), rel=1e-6)
    moved = fake if draws.instance is None else fake + gan.disturbance() * draws.instance[:12]
    size = gan.config.packing
    t_fake = [logit(gan, moved[i : i + size].tolist()) for i in range(0, 12, size)]
    by_hand = sum(map(TABLE[loss][2], t_fake)) / len(t_fake)
    assert gan.generator_terms(gan.judge, fake, draws)["loss"].item() == pytest.approx(by_hand, rel=1e-9)


def test_penalties_reach_the_discriminator_s_weights_and_nothing_reaches_the_generator(make):
    for knob in ("r1", "gradient_penalty"):
        gan = make(**{knob: 10.0}).float()
        critic, maker = gan.phases()
        terms = critic.loss(torch.from_numpy(datasets.load("ring8").x[:12]))
        assert all(
            g.abs().sum() > 0 for g in torch.autograd.grad(terms["penalty"], critic.params[:1], retain_graph=True)
        )
        found = torch.autograd.grad(terms["loss"], list(maker.params), allow_unused=True)
        assert found == (None,) * len(found)


def test_lazy_r1_comes_every_few_steps_with_the_weight_of_all_of_them(make):
    always, lazy = make(r1=2.0), make(r1=2.0, r1_every=4)
    real, fake, draws = batch(always)
    for step in range(9):
        always.step = lazy.step = step
        terms, others = (gan.discriminator_terms(always.judge, real, fake, draws) for gan in (always, lazy))
        bare = terms["loss"] - terms["penalty"]
        if step % 4:
            assert "penalty" not in others
            assert others["loss"].item() == pytest.approx(bare.item(), rel=1e-9)
        else:
            assert others["penalty"].item() == pytest.approx(4 * terms["penalty"].item(), rel=1e-9)
            assert others["loss"].item() == pytest.approx((bare + others["penalty"]).item(), rel=1e-9)


def test_seeds_side_by_side_are_as_one_after_the_other(make):
    """Terms take leading dimensions: what ensembles are made of."""
    gan = make(r1=1.0, gradient_penalty=2.0)
    real, fake, draws = batch(gan)
    other, fake2, draws2 = batch(gan)
    both = Draws(*(torch.stack(pair) for pair in zip(draws, draws2, strict=True)))
    together = gan.discriminator_terms(gan.judge, torch.stack([real, other]), torch.stack([fake, fake2]), both)
    alone = [gan.discriminator_terms(gan.judge, *one) for one in ((real, fake, draws), (other, fake2, draws2))]
    for name, term in together.items():
        assert term.tolist() == pytest.approx([terms[name].item() for terms in alone], rel=1e-9)


def test_the_noise_falls_to_a_hundredth_and_on_to_its_least(make):
    gan = make(instance_noise=0.8, noise_steps=1000)
    assert 0 < LEAST_NOISE < 0.01
    for step, share in [(0, 1), (250, 10**-0.5), (500, 0.1), (1000, 0.01), (50_000, LEAST_NOISE)]:
        gan.step = step
        assert gan.disturbance() == pytest.approx(0.8 * gan.law.scale * share, rel=1e-12)
    assert make(instance_noise=0.0).disturbance() == 0
    assert make("digits", instance_noise=0.8).disturbance() == pytest.approx(0.8 * 0.5)


def test_learning_rates_halve_again_and_again_and_end_at_a_hundredth(tiny):
    gan = methods.build(tiny("gan", "ring8", **{"training.half_life": 400}), (2, 1, 1))
    for step, share in [(0, 1), (400, 0.5), (800, 0.25), (200, 0.5**0.5), (2657, 0.01), (200_000, 0.01)]:
        gan.step = step
        for phase in gan.phases():
            assert phase.schedule() == pytest.approx(share, rel=2e-3)


def test_the_latent_law_is_the_standard_normal(make):
    z = make().prior(40_000, torch.Generator().manual_seed(0))
    assert z.shape == (40_000, 2)
    assert z.mean(0).tolist() == pytest.approx([0, 0], abs=0.02)
    assert z.T.cov().flatten().tolist() == pytest.approx([1, 0, 0, 1], abs=0.03)


def loop_of(recipe):
    """The engine's loop at the recipe's start."""
    return engine._Loop(recipe, datasets.load(recipe.dataset), None)


@pytest.mark.parametrize("ema", [0.0, 0.7, 0.9999])
@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_the_average_is_that_of_all_generators_there_were(ema, dataset, tiny):
    loop = loop_of(tiny("gan", dataset, **{"model.ema": ema, "training.lr": 0.01}))
    gan = loop.method
    mean = [parameter.detach().double() for parameter in gan.generator.parameters()]
    for step in range(25):
        list(loop.advance())
        keep = min(ema, (1 + step) / (10 + step))
        fresh = [parameter.detach().double() for parameter in gan.generator.parameters()]
        mean = [keep * old + (1 - keep) * new for old, new in zip(mean, fresh, strict=True)]
    found = list(gan.average.buffers())
    assert len(found) == len(mean)
    assert all(torch.allclose(a.double(), b, rtol=1e-5, atol=1e-6) for a, b in zip(found, mean, strict=True))
    assert list(gan.average.parameters()) == []
    z = torch.randn(5, gan.config.k)
    same = torch.equal(gan.decode(z), gan.made(gan.generator(z)))
    assert same == (ema == 0), "what is shown is the average"


@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_clipping_bounds_every_weight_of_the_discriminator_alone(dataset, tiny):
    loop = loop_of(tiny("gan", dataset, **{"model.clip": 0.02, "model.loss": "wasserstein", "training.lr_d": 0.05}))
    for _step in range(5):
        list(loop.advance())
        assert all(weight.abs().max() <= 0.02 for weight in loop.method.discriminator.parameters())
    assert any((weight.abs() == torch.tensor(0.02)).any() for weight in loop.method.discriminator.parameters())
    assert any(weight.abs().max() > 0.02 for weight in loop.method.generator.parameters())


@pytest.mark.usefixtures("few")
def test_the_gradient_term_is_the_norm_over_all_weights_of_the_generator(tiny):
    recipe = tiny("gan", "ring8", **{"training.steps": 1, "training.order": "simultaneous"})
    row = [event.values for event in engine.train(recipe) if isinstance(event, Step)][-1]
    loop = loop_of(recipe)
    critic, maker = loop.phases
    critic.loss(loop.batches.at(0))  # which draws its noise first
    maker.loss(loop.batches.at(1))["loss"].backward()
    squares = [value**2 for weight in maker.params for value in weight.grad.flatten().tolist()]
    assert row["generator_gradient"] == pytest.approx(math.sqrt(sum(squares)), rel=1e-4)
    assert "discriminator_gradient" not in row


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model.packing": 3}, "training.batch_size must be a multiple of model.packing = 3; got 32."),
        (
            {"training.d_steps": 2, "training.order": "simultaneous"},
            "training.d_steps must be 1 where both players move at the same time; got 2.",
        ),
    ],
)
def test_knobs_that_contradict_each_other_are_refused(changes, sentence, tiny):
    with pytest.raises(RepzError) as caught:
        recipes.parse(tiny("gan", "ring8", **changes).plain())
    assert str(caught.value) == sentence


def test_a_vae_is_not_for_points():
    with pytest.raises(RepzError, match=r"^vae is trained on images; got ring8, which is points\.$"):
        recipes.parse(recipes.default("vae", "ring8").plain())
    assert not recipes.suits("vae", "ring8")
    assert recipes.suits("gan", "ring8")
    assert recipes.suits("gan", "digits")


def ends(path):
    """The values of a knob that are most unlike each other."""
    field = field_at(recipes.family("gan").Recipe, path)
    return choices(field) or ((True, False) if field.annotation is bool else bounds(field))


KNOBS = [path for path in leaf_paths(recipes.family("gan").Recipe) if path.startswith(("model.", "training."))]


@pytest.mark.parametrize("dataset", ["ring8", "dirac", "digits"])
@pytest.mark.parametrize("path", sorted({*KNOBS} - {"training.steps", "training.num_frames"}))
@pytest.mark.usefixtures("few")
def test_every_knob_at_its_ends_trains_or_is_refused_in_one_sentence(path, dataset, tiny):
    for value in ends(path):
        quick = {"training.steps": 2, "training.num_frames": 2}
        try:
            recipe = recipes.parse(tiny("gan", dataset, **quick, **{path: value}).plain())
            rows = [event.values for event in engine.train(recipe) if isinstance(event, Step)]
        except RepzError as error:
            assert str(error).endswith(".")  # noqa: PT017 (either outcome is right)
        else:
            assert all(math.isfinite(number) for row in rows for number in row.values())
