"""The linear autoencoder against what is known of it: PCA's subspace and floor, and the sheet's objective's minimum."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA as PeerPCA

from repz_core import datasets, engine, methods, recipes
from repz_core.config import RepzError
from repz_core.events import Snapshot, Step
from repz_core.methods.base import Examples
from repz_core.pca import PCA, basis, left_singular_vectors
from tests.test_objectives import random

QUICK = {"training.steps": 1500, "training.num_frames": 4, "training.batch_size": 256}


def cloud(num=200, n=6):
    return random(num, n) * torch.tensor([3.0, 2.0, 1.5, 1.0, 0.5, 0.2], dtype=torch.float64)[:n] + 5


def trained(changes, dataset="digits"):
    """The method after training, and the metrics of its last row on the way."""
    recipe = recipes.default("linear_ae", dataset).replace(**QUICK | {"model.k": 6} | changes)
    values, state = {}, None
    for event in engine.train(recipe):
        if isinstance(event, Step):
            values |= event.values
        elif hasattr(event, "tensors"):
            state = event
    method = methods.build(recipe, datasets.load(dataset).shape)
    engine.load_weights(method, state.tensors)
    method.meet(torch.from_numpy(datasets.load(dataset).part("train").x))
    return method, values


@pytest.mark.parametrize("count", [200, 5])
def test_pca_is_scikit_learn_s_but_for_their_n_minus_1(count):
    x = cloud()[:count]
    ours, theirs = PCA.of(x), PeerPCA().fit(x.numpy())
    expected = theirs.explained_variance_ * (count - 1) / count
    assert ours.variances.tolist() == pytest.approx(expected, rel=1e-10, abs=1e-12)
    places = range(ours.rank)  # five examples differ along four directions
    assert np.abs((ours.directions.numpy() * theirs.components_).sum(1))[places] == pytest.approx(1.0)
    for k in range(7):
        kept = theirs.components_[:k]
        centred = x.numpy() - x.numpy().mean(0)
        error = ((centred - centred @ kept.T @ kept) ** 2).sum(1).mean()
        assert ours.floor(k) == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("count", [200, 4])
def test_the_loss_by_the_spectrum_is_that_of_the_examples(count):
    x, decoder, encoder = cloud()[:count], random(6, 3, seed=1), random(3, 6, seed=2)
    centred = x - x.mean(0)
    slow = np.mean([((row - decoder @ (encoder @ row)) ** 2).sum() for row in centred])
    assert PCA.of(x).loss(decoder, encoder) == pytest.approx(slow, rel=1e-10)


@pytest.mark.parametrize("turn", [1e-9, 1e-4, 0.3, 1.2])
def test_the_largest_angle_is_scipy_s_also_where_it_is_tiny(turn):
    pca = PCA.of(cloud())
    span = pca.directions[:3].T + math.tan(turn) * torch.stack(
        [0 * pca.directions[0], 0 * pca.directions[0], pca.directions[4]], 1
    )
    mixed = span @ random(3, 3, seed=4)
    expected = subspace_angles(pca.directions[:3].T.numpy(), mixed.numpy())[0]
    assert pca.largest_angle(mixed, 3) == pytest.approx(expected, rel=1e-4, abs=1e-12)
    assert expected == pytest.approx(turn, rel=1e-4)


def test_captured_variance_is_what_the_loss_falls_by():
    pca = PCA.of(cloud())
    mix = random(2, 2, seed=3)
    decoder, encoder = pca.directions[:2].T @ mix, torch.linalg.inv(mix) @ pca.directions[:2]
    held = pca.captured(decoder, encoder)
    assert held[:2].tolist() == pytest.approx(pca.variances[:2].tolist())
    assert held[2:].abs().max() < 1e-12
    half = pca.captured(decoder / 2, encoder)  # half of each part is kept: a quarter of its square is left
    assert half[:2].tolist() == pytest.approx((0.75 * pca.variances[:2]).tolist())
    assert float(pca.variances.sum() - half.sum()) == pytest.approx(pca.loss(decoder / 2, encoder))
    assert pca.captured(3 * decoder, encoder).max() < 1e-12, "worse than nothing"


def test_plain_descent_learns_one_direction_after_another():
    """Each direction is half learned later than the one before, though all start alike."""
    recipe = recipes.preset("linear_ae", "One direction after another")
    half, variances = {}, None
    for event in engine.train(recipe.replace(**{"training.steps": 300})):
        if isinstance(event, Snapshot):
            variances = event.arrays.get("spectrum", variances)
            for place in range(4):
                if event.arrays["captured"][place] > 0.5 * variances[place]:
                    half.setdefault(place, event.step)
    assert sorted(half, key=half.get) == [0, 1, 2, 3]
    assert half[3] > 1.5 * half[0]


def test_more_numbers_than_the_examples_have_directions():
    """Floor zero, and the subspace is that of all directions there are."""
    flat = random(50, 2) @ random(2, 5, seed=1)
    pca = PCA.of(flat)
    assert pca.rank == 2
    assert pca.floor(2) == pca.floor(4) == 0
    assert pca.largest_angle(basis(flat.T)[:, :2], 4) < 1e-7
    constant = PCA.of(torch.ones(10, 5))
    assert (constant.rank, constant.floor(1)) == (0, 0)
    assert 0 <= constant.largest_angle(random(5, 2), 2) <= math.pi / 2


@pytest.mark.parametrize("weights", ["orthonormal", "tied", "untied"])
def test_training_ends_in_the_principal_subspace_with_other_weights(weights):
    """The subspace is PCA's and the loss its floor, while the weights are not the components."""
    method, last = trained({"model.weights": weights})
    assert last["val_principal_angle"] < 0.02
    assert last["val_loss_over_floor"] < 1.001
    assert last["val_atom_angle"] > 0.3
    recon = method.pca.loss(method.decoder.detach(), method.encoder.detach())
    x = torch.from_numpy(datasets.load("digits").part("train").x)
    assert recon == pytest.approx((method.decode(method.encode(x)) - x).square().sum(1).mean().item(), rel=1e-4)
    if weights == "orthonormal":
        gram = method.decoder.T @ method.decoder
        assert torch.allclose(gram, torch.eye(6), atol=1e-5)


def test_l2_makes_singular_vectors_the_components_and_shrinks_the_weights():
    _free, without = trained({"model.weights": "untied", "training.steps": 3000})
    method, with_l2 = trained({"model.weights": "untied", "model.l2": 0.05, "training.steps": 3000})
    assert with_l2["val_singular_angle"] < 0.1 < without["val_singular_angle"]
    sizes = torch.linalg.svdvals(method.decoder.detach().double() @ method.encoder.detach().double())[:6]
    # Kunin et al. 2019: along a component of variance v the product is 1 - l2 / v
    assert sizes.tolist() == pytest.approx((1 - 0.05 / method.pca.variances[:6]).tolist(), rel=0.05)


def test_the_sheet_s_objective_finds_the_subspace_and_the_wrong_autoencoder():
    """Its minimum is W = Lambda^(1/2) U^T up to a rotation, so that decoding multiplies by the variances."""
    method, last = trained({"model.weights": "tied", "model.objective": "sheet", "training.steps": 4000})
    assert last["val_principal_angle"] < 0.05
    variances = method.pca.variances[:6]
    stretched = method.pca.floor(6) + (variances * (1 - variances).square()).sum()
    assert last["val_loss_over_floor"] * method.pca.floor(6) == pytest.approx(stretched.item(), rel=0.01)
    assert last["val_loss_over_floor"] > 1.3
    sizes = torch.linalg.svdvals(method.decoder.detach().double())
    assert sizes.square().tolist() == pytest.approx(variances.tolist(), rel=0.05)


def test_the_sheet_s_objective_by_hand():
    recipe = recipes.default("linear_ae", "digits").replace(
        **{"model.k": 3, "model.weights": "tied", "model.objective": "sheet"}
    )
    method = methods.build(recipe, (1, 8, 8))
    x = torch.from_numpy(datasets.load("digits").part("train").x[:50])
    method.meet(x)
    covariance = (x - x.mean(0)).T @ (x - x.mean(0)) / 50
    expected = (covariance - method.decoder @ method.decoder.T).square().sum()
    assert method.loss(x)["loss"].item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize(("steps", "at", "share"), [(1000, 0, 1), (1000, 500, 0.5**0.5), (200_000, 0, 1),
                                                    (200_000, 2000, 0.5**0.5), (200_000, 9000, 0.01)])  # fmt: skip
def test_the_learning_rate_falls_also_where_only_a_clock_ends_the_run(steps, at, share):
    method = methods.build(recipes.default("linear_ae", "digits").replace(**{"training.steps": steps}), (1, 8, 8))
    method.step = at
    assert method.schedule() == pytest.approx(share)


def test_an_invertible_matrix_in_the_code_changes_no_reconstruction():
    method, _last = trained({"model.weights": "untied", "training.steps": 50})
    x = torch.from_numpy(datasets.load("digits").part("test").x)
    before, loss = method.decode(method.encode(x)), method.pca.loss(method.decoder.detach(), method.encoder.detach())
    mix = torch.linalg.qr(random(6, 6).float())[0] @ torch.diag(torch.tensor([3, 0.5, 1, 2, -1, 0.3]))
    with torch.no_grad():
        method.decoder.copy_(method.decoder @ mix)
        method.own_encoder.copy_(torch.linalg.solve(mix, method.own_encoder))
    assert torch.allclose(method.decode(method.encode(x)), before, atol=1e-4)
    assert method.pca.loss(method.decoder.detach(), method.encoder.detach()) == pytest.approx(loss, rel=1e-5)


def test_a_line_cannot_follow_an_arc_and_a_curve_can():
    recipe = recipes.default("linear_ae", "arc").replace(**{"training.num_frames": 3, "training.steps": 600})
    ends = {}
    for hidden in (0, 32):
        rows = [
            event.values
            for event in engine.train(recipe.replace(**{"model.hidden": hidden}))
            if isinstance(event, Step)
        ]
        ends[hidden] = rows[-1]["val_loss_over_floor"]
    assert ends[0] == pytest.approx(1, abs=0.01)
    assert ends[32] < 0.1


def test_what_it_shows_of_points_lies_where_it_puts_them():
    recipe = recipes.default("linear_ae", "cloud")
    method = methods.build(recipe, (2, 1, 1))
    x = torch.from_numpy(datasets.load("cloud").part("validation").x[:50])
    method.meet(x)
    examples = Examples(x, x, x)
    shown = method.observe(examples) | method.introduce(examples)
    assert torch.allclose(shown["projections"], method.decode(method.encode(x)))
    way = method.decoder.detach()[:, 0]
    off = shown["curve"] - method.mean  # on the line through the mean along the decoder's column
    assert (off[:, 0] * way[1] - off[:, 1] * way[0]).abs().max() < 1e-5
    end, other = shown["pca_line"]
    axis = PCA.of(x).directions[0].float()
    assert abs(float(((other - end) / (other - end).norm()) @ axis)) == pytest.approx(1, abs=1e-5)


def test_singular_vectors_come_by_falling_size():
    matrix = random(7, 3)
    vectors = left_singular_vectors(matrix)
    sizes = (matrix.T @ vectors).norm(dim=0)
    assert sizes.tolist() == pytest.approx(torch.linalg.svdvals(matrix).tolist())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model.objective": "sheet"}, r"^model\.weights must be 'tied' .*; got 'orthonormal'\.$"),
        (
            {"model.objective": "sheet", "model.weights": "tied", "model.hidden": 8},
            r"^model\.hidden must be 0 .*; got 8\.$",
        ),
        ({"model.k": 65}, r"^model\.k must be at most the 64 numbers of an example; got 65\.$"),
    ],
)
def test_knobs_that_contradict_each_other(changes, sentence):
    with pytest.raises(RepzError, match=sentence):
        recipes.parse(recipes.default("linear_ae", "digits").replace(**changes).plain())
