"""What is measured of a way to code images, against closed forms and scikit-learn; a tiny comparison from nothing."""

import json
import math

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from repz_core import datasets, methods, recipes
from repz_core.__main__ import main
from repz_core.compare import baselines, compare
from repz_core.compare.measure import FEW, WALK, Gallery, of_baseline, of_method
from repz_core.comparison import Ask
from repz_core.datasets import catalogue
from repz_core.probes import draws
from repz_core.runs import RunStore


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    return Gallery(datasets.load("digits"))


def test_pca_is_scikit_learns(gallery: Gallery) -> None:
    train, test = gallery.train.double(), gallery.test.double()
    mine, theirs = baselines.principal(train, 8), PCA(8).fit(train.numpy())
    missing = (mine.decode(mine.encode(test)) - test).square().sum(1).mean().item()
    expected = np.square(theirs.inverse_transform(theirs.transform(test.numpy())) - test.numpy()).sum(1).mean()
    assert missing == pytest.approx(expected, abs=1e-6)
    assert gallery.numbers(of_baseline(baselines.principal(gallery.train, 8)))["recon"] == pytest.approx(
        expected, rel=1e-5
    )
    assert mine.num_weights == 8 * 64


def test_a_random_projection_keeps_its_share_of_the_variance(gallery: Gallery) -> None:
    x = gallery.train.double()
    total, lost = (x - x.mean(0)).square().sum(1).mean().item(), []
    for seed in range(200):
        code = baselines.random(x, 16, seed)
        h = code.encode(x)
        lost.append((code.decode(h) - x).square().sum(1).mean().item())
        assert lost[-1] + h.square().sum(1).mean().item() == pytest.approx(total)  # Pythagoras
    error = np.std(lost) / math.sqrt(len(lost))
    assert np.mean(lost) == pytest.approx((1 - 16 / 64) * total, abs=4 * error)
    assert len(set(lost)) == len(lost)


def test_neighbours_of_pixels_are_scikit_learns(gallery: Gallery) -> None:
    found = gallery.numbers(of_baseline(baselines.Pixels()))
    train, test = gallery.train.numpy(), gallery.test.numpy()
    classes, truth = gallery.classes.numpy(), gallery.truth.numpy()

    def accuracy(rows: np.ndarray) -> float:
        closer = KNeighborsClassifier(5, metric="cosine", weights=lambda distances: 1 + 1e-3 * (1 - distances))
        return float((closer.fit(train[rows], classes[rows]).predict(test) == truth).mean())

    assert found["knn"] == pytest.approx(accuracy(np.arange(len(train))), abs=1e-9)
    drawn = [accuracy(rows.numpy()) for rows in draws(gallery.classes, FEW, 10)]
    assert found["knn_10"] == pytest.approx(np.mean(drawn), abs=1e-9)
    assert found["recon"] == 0


def test_a_gan_has_draws_alone(gallery: Gallery) -> None:
    recipe = recipes.default("gan", "digits").replace(**{"model.k": 8, "model.channels": 4, "model.size": 16})
    coder = of_method(methods.build(recipe, catalogue.card("digits").shape).eval())
    assert set(gallery.numbers(coder)) == {"weights"}
    assert {name: found.shape for name, found in gallery.pictures("gan", coder, None).items()} == {
        "walk_gan": (WALK, 1, 8, 8)
    }


def test_a_contrastive_net_has_codes_alone(gallery: Gallery) -> None:
    recipe = recipes.default("simclr", "digits").replace(**{"model.h": 8, "model.width": 4})
    coder = of_method(methods.build(recipe, catalogue.card("digits").shape).eval())
    found = gallery.numbers(coder)
    assert "recon" not in found
    assert {"probe", "knn", "l0"} < set(found)
    assert found["weights"] == coder.num_weights > 0


def test_a_walk_ends_at_both_images_and_maps_lie_upon_each_other(gallery: Gallery) -> None:
    pixels = of_baseline(baselines.Pixels())
    lead = gallery.pictures("pixels", pixels, None)
    shown = gallery.fixed()["inputs"]
    one, other = gallery.pair
    assert (lead["walk_pixels"][0] == shown[one]).all()
    assert (lead["walk_pixels"][-1] == shown[other]).all()
    assert gallery.truth[0] >= 0
    turned = gallery.pictures("again", pixels, lead["map_pixels"].astype(np.float32) * [[-1, 1]])["map_again"]
    assert turned.astype(float) == pytest.approx(lead["map_pixels"].astype(float) * [[-1, 1]], abs=0.02)


def test_a_tiny_comparison_from_nothing_and_again_from_its_runs(
    home, monkeypatch: pytest.MonkeyPatch, tmp_path, capsys
) -> None:
    monkeypatch.setattr("repz_core.recipes.names", lambda: ("linear_ae", "vae"))
    store, ask = RunStore(shipped=tmp_path / "none"), Ask(dataset="digits", size=8, seeds=2, steps=20)
    told: list[str] = []
    found = compare(ask, store, tell=told.append)
    assert [row.name for row in found.table.rows] == ["pixels", "random", "pca", "linear_ae", "vae"]
    assert found.path.parent.parent == store.root
    rows = {row.name: row for row in found.table.rows}
    assert len(rows["vae"].runs) == 2
    for run_id, value in zip(rows["vae"].runs, rows["vae"].cells["nll"].values, strict=True):
        assert value == pytest.approx(store.open(run_id).status.metrics["nll"], rel=1e-5)
    assert rows["pca"].cells["recon"].why == "no_seed"
    assert rows["linear_ae"].cells["nll"].why == "no_density"
    assert rows["random"].cells["seconds"].why == "not_trained"
    assert len([line for line in told if line.startswith(("1 of 4", "4 of 4"))]) == 2
    before = {run.id: run.status for run in store.list()}
    assert main(["compare", "--dataset", "digits", "--size", "8", "--seeds", "2", "--steps", "20", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {run.id: run.status for run in store.list()} == before, "known runs are not trained again"
    mine = {row["name"]: row["recon"]["values"] for row in said["rows"]}
    assert mine == {name: list(row.cells["recon"].values) for name, row in rows.items()}


def test_what_cannot_be_asked_is_one_sentence(home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--dataset", "ring8"]) == 2
    assert "Families are compared on images; got ring8" in capsys.readouterr().err
    assert main(["compare", "--dataset", "digits", "--size", "1"]) == 2
    assert "size must be a whole number from 2 to 128; got 1" in capsys.readouterr().err
