"""What is shown of a GAN is what its nets say: pulls, verdicts, neighbours and shares by hand."""

import math

import numpy as np
import pytest
import torch

from repz_core import classifier, datasets, density, engine, methods, observer
from repz_core import metrics as quality
from repz_core.datasets.catalogue import CARDS
from repz_core.methods import gan_points
from repz_core.methods.base import Examples
from repz_core.resize import from_side
from tests.test_gan_losses import TABLE


@pytest.fixture
def make(tiny):
    """make(dataset, **knobs): a GAN, and all of its first snapshot's raw arrays."""

    def made(dataset="ring8", **knobs):
        recipe = tiny("gan", dataset, **{f"model.{name}": knob for name, knob in knobs.items()})
        gan = methods.build(recipe, CARDS[dataset].shape)
        data = datasets.load(dataset)
        parts = [gan.prepare(torch.from_numpy(data.part(part).x)) for part in ("train", "validation", "test")]
        examples = Examples(parts[0], parts[1][:1000], parts[2][:40])
        arrays = gan.eval().introduce(examples)
        with torch.inference_mode():
            return gan, examples, arrays | gan.observe(examples)

    return made


@pytest.mark.parametrize("loss", TABLE)
def test_a_pull_points_downhill_on_the_generator_s_loss_of_that_point_alone(loss, make):
    gan, _examples, arrays = make(loss=loss)
    gan.double()
    fakes, eps = arrays["fakes"][:7].double(), 1e-6
    for point, pull in zip(fakes, arrays["pulls"], strict=False):
        for axis in range(2):
            nudge = eps * torch.eye(2, dtype=torch.float64)[axis]
            with torch.no_grad():
                up, down = (TABLE[loss][2](gan.judge((point + sign * nudge)[None]).item()) for sign in (1, -1))
            assert pull[axis].item() == pytest.approx(-(up - down) / (2 * eps), rel=1e-3, abs=1e-5)
    assert arrays["pulls"].shape == (gan_points.NUM_PULLS, 2)


def test_pulls_within_packs_are_those_of_the_whole_pack(make):
    gan, _examples, arrays = make(packing=3)
    x = arrays["fakes"][:198].clone().requires_grad_()
    whole = torch.autograd.grad(-torch.nn.functional.softplus(-gan.judge(x)).sum(), x)[0]
    assert torch.allclose(arrays["pulls"][:198], whole, atol=1e-6)
    assert arrays["pulls"][198:].abs().max() == 0, "what does not fill a pack is not judged"


@pytest.mark.parametrize("packing", [1, 3])
def test_verdict_rows_go_upwards_and_columns_to_the_right(packing, make):
    gan, examples, arrays = make(packing=packing)
    reach, cells = gan.law.reach, gan_points.CELLS
    assert arrays["verdict"].shape == (cells, cells)
    for i, j in ((0, 0), (0, 47), (47, 0), (13, 30)):
        x, y = (-reach + (place + 0.5) * 2 * reach / cells for place in (j, i))
        pack = torch.cat([torch.tensor([[x, y]]), examples.probes[: packing - 1]])
        with torch.no_grad():
            assert arrays["verdict"][i, j].item() == pytest.approx(gan.judge(pack.float()).item(), rel=1e-4, abs=1e-5)


def test_the_best_judge_knows_where_the_data_are(make):
    gan, _examples, arrays = make()
    best, width = arrays["best"].numpy(), 2 * gan.law.reach / gan_points.CELLS
    for x, y in gan.law.centres:
        i, j = (int((value + gan.law.reach) / width) for value in (y, x))
        assert best[i, j] > 0.9, "an untrained generator is not there"
    known = best[~np.isnan(best)]
    assert np.isnan(best).any()
    assert 0 <= known.min() <= known.max() <= 1


def test_the_mesh_is_the_generator_s_image_of_a_grid(make):
    gan, _examples, arrays = make()
    ticks = np.linspace(-2, 2, 21)
    for line, place in ((0, 0), (20, 3), (7, 20)):
        z = torch.tensor([[ticks[place], ticks[line]]]).float()
        with torch.no_grad():
            assert torch.allclose(arrays["mesh"][line, place], gan.decode(z)[0], atol=1e-6)


def test_the_shares_and_the_metrics_count_the_same_samples(make):
    gan, _examples, arrays = make("gaussians", ema=0.0)
    with torch.inference_mode():
        found = gan.evaluate(torch.zeros(1, 2))
        z = gan.prior(2500, torch.Generator().manual_seed(0))
        points = gan.decode(z).numpy()
    near = np.hypot(*(points[:, None] - gan.law.centres).transpose(2, 0, 1)) < 3 * gan.law.sigma
    assert arrays["mode_shares"].tolist() == pytest.approx(near.mean(0).tolist(), abs=1e-9)
    assert found["high_quality"] == pytest.approx(near.any(1).mean())
    assert found["modes"] == near.any(0).sum()


def test_divergences_are_those_of_fifty_thousand_samples(make):
    gan, _examples, _arrays = make("gaussians")
    with torch.inference_mode():
        points = gan.decode(gan.prior(50_000, torch.Generator().manual_seed(0))).numpy()
        found, quick = gan.evaluate(torch.zeros(1, 2)), gan.evaluate(torch.zeros(1, 2), quick=True)
    borders = density.edges(gan.law)
    q = density.kernel_masses(points, borders, 0.25 * gan.law.sigma)
    expected = density.divergences(gan.law.masses(borders), q, 50_000)
    assert (found["js"], found["kl_data_model"], found["kl_model_data"]) == pytest.approx(expected, rel=1e-9)
    assert quick == {name: found[name] for name in ("modes", "high_quality", "spread")}


def test_a_generator_that_is_the_truth_scores_as_the_truth_does(make, monkeypatch):
    gan, _examples, _arrays = make("ring8")
    monkeypatch.setattr(type(gan), "decode", lambda self, z: torch.from_numpy(self.law.draw(len(z), 1)[0]))
    found = gan.evaluate(torch.zeros(1, 2))
    assert found["modes"] == 8
    assert found["high_quality"] == pytest.approx(0.989, abs=0.01)
    assert found["spread"] == pytest.approx(1, abs=0.03)
    assert found["js"] < 0.01


@pytest.mark.parametrize("packing", [1, 4])
@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_logits_are_of_whole_packs_of_examples(packing, dataset, make):
    gan, examples, arrays = make(dataset, packing=packing)
    for name, source in (("logits_real", examples.probes), ("logits_fake", None)):
        count = len(arrays[name])
        assert 0 < count <= 200
        if source is not None:
            with torch.no_grad():
                expected = gan.judge(source[: count * packing])
            assert torch.allclose(arrays[name], expected, atol=1e-6)


@pytest.mark.parametrize(("dataset", "size"), [("digits", 8), ("mnist5k", 16), ("sprites", 8)])
def test_neighbours_are_the_nearest_training_images(dataset, size, make):
    gan, examples, arrays = make(dataset, size=size)
    assert len(arrays["neighbours"]) == 12
    for sample, neighbour in zip(arrays["samples"], arrays["neighbours"], strict=False):
        squares = (examples.train - sample).square().sum(1)
        assert (neighbour - sample).square().sum() <= squares.min() * (1 + 1e-4)
        assert (examples.train == neighbour).all(1).any()
    shown = observer.in_types(gan, {"samples": arrays["samples"]})["samples"]
    assert shown.shape == (36, gan.shape[0], size, size)


def test_draws_are_what_the_samples_are_decoded_from(make):
    gan, _examples, arrays = make("digits")
    with torch.no_grad():
        assert torch.allclose(gan.decode(arrays["draws"]), arrays["samples"], atol=1e-6)


@pytest.mark.parametrize(("dataset", "size"), [("digits", 8), ("digits", 16), ("mnist5k", 8)])
def test_images_are_judged_at_their_own_size(dataset, size, make):
    gan, _examples, _arrays = make(dataset, size=size)
    shape, judge = CARDS[dataset].shape, classifier.load(dataset)
    with torch.inference_mode():
        x = gan.prepare(torch.from_numpy(datasets.load(dataset).part("validation").x[:60]))
        found = gan.evaluate(x)
        fake = gan.decode(gan.prior(60, torch.Generator().manual_seed(0)))
        features = [judge.features(from_side(images, shape, size)) for images in (x, fake)]
    assert found["fid"] == pytest.approx(quality.frechet_distance(*features), rel=1e-9)
    assert (found["precision"], found["recall"]) == quality.precision_recall(*features)
    assert math.isfinite(found["fid"])


def test_judging_images_leaves_the_global_generator_alone(make):
    """Also the first time, when the classifier is read."""
    gan, examples, _arrays = make("digits")
    classifier._shipped.cache_clear()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with torch.inference_mode():
        gan.evaluate(examples.probes)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dataset", ["mnist5k", "sprites"])
def test_evaluating_a_gan_on_images_of_another_shape_is_refused(dataset, tiny):
    gan = methods.build(tiny("gan", "digits"), (1, 8, 8))
    with pytest.raises(ValueError, match=rf"^The model takes images of \(1, 8, 8\) .*; those of {dataset} are \("):
        engine.evaluate(gan, dataset)
