"""Maps of embeddings: a function of the seed, neighbours kept, frames aligned; quality against scikit-learn's."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.manifold import trustworthiness as known

from repz_core.embed import EMBEDDINGS, aligned_maps, continuity, flat_map, movie, trustworthiness
from repz_core.events import VOCABULARY, Snapshot


def clusters(num=90, d=8, seed=0):
    noise = np.random.default_rng(seed)
    return (6 * np.eye(d)[np.arange(num) % 3] + noise.normal(size=(num, d))).astype(np.float32)


def apart(places):
    """Whether the three clusters are nearer to their own than to the others, in a map."""
    centres = np.stack([places[i::3].mean(0) for i in range(3)])
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(1)
    return (nearest == np.arange(len(places)) % 3).mean() > 0.95


def test_a_flat_map_keeps_clusters_and_is_a_function_of_the_seed():
    x = torch.from_numpy(clusters())
    places = flat_map(x)
    assert places.shape == (90, 2)
    assert apart(places.numpy())
    assert torch.equal(places, flat_map(x))
    assert not torch.equal(places, flat_map(x, seed=1))
    assert abs(places.mean().item()) < 1e-5


@pytest.mark.parametrize("num", [1, 3, 5])
def test_few_points_have_a_map_too(num):
    assert flat_map(torch.from_numpy(clusters(num))).isfinite().all()
    assert np.isfinite(aligned_maps([clusters(num), clusters(num, seed=1)])).all()


def test_aligned_maps_move_little_where_little_happens():
    x = clusters()
    still = aligned_maps([x, x, x])
    assert still.shape == (3, 90, 2)
    assert all(apart(places) for places in still)
    for before, after in pairwise(still):
        assert np.linalg.norm(after - before, axis=1).mean() < 0.2, "of a map of size one; 0.43 with UMAP's own stride"


@pytest.mark.parametrize("seed", [0, 1])
def test_quality_is_that_of_scikit_learn(seed):
    x, places = clusters(60, seed=seed), np.random.default_rng(seed).normal(size=(60, 2))
    for neighbours in (1, 5, 15):
        assert trustworthiness(x, places, neighbours) == pytest.approx(known(x, places, n_neighbors=neighbours))
        assert continuity(x, places, neighbours) == pytest.approx(known(places, x, n_neighbors=neighbours))
    assert trustworthiness(x, x) == continuity(x, x) == 1


def test_a_movie_is_in_the_vocabulary():
    snapshots = [
        Snapshot(step, {name: clusters(30, seed=step).astype(np.float16) for name in EMBEDDINGS}) for step in range(20)
    ]
    arrays = movie(snapshots)
    assert arrays.keys() == {*EMBEDDINGS.values(), "map_steps", "map_quality", "maps_seeded", "seeded_quality"}
    assert all(array.dtype == VOCABULARY[name].dtype for name, array in arrays.items())
    assert all(array.ndim == len(VOCABULARY[name].dims.split(", ")) for name, array in arrays.items())
    assert arrays["map_steps"][[0, -1]].tolist() == [0, 19]
    assert len(arrays["maps_h"]) == len(arrays["map_steps"]) == 16
    assert arrays["map_quality"].shape == (2, 16, 2, 2)
    assert arrays["maps_seeded"].shape == (3, 30, 2)
    assert not np.array_equal(*arrays["maps_seeded"][:2])
    assert (arrays["map_quality"] <= 1).all()
