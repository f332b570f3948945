"""The classifiers whose features generated images are judged by: shipped, good, repeatable, and not easily fooled."""

import shutil
from functools import cache

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from repz_core import classifier, datasets
from repz_core.classifier import EPOCHS, FOLDER, Classifier
from repz_core.config import RepzError
from repz_core.datasets.catalogue import CARDS, identity
from repz_core.metrics import frechet_distance, precision_recall

LEAST = {"digits": 0.97, "mnist5k": 0.975, "sprites": 0.98}  # accuracy on the test images
TEST = {name: datasets.load(name).part("test") for name in EPOCHS}


def file(name):
    return FOLDER / f"{name}.safetensors"


def features(name, images):
    """(N, 64) of images (N, n), an array or a tensor."""
    return classifier.load(name).features(torch.as_tensor(images))


@cache
def of_training(name):
    """The features of the training images, (N, 64)."""
    return features(name, datasets.load(name).part("train").x)


def test_the_files_are_those_and_small():
    assert {path.name for path in FOLDER.iterdir()} == {file(name).name for name in EPOCHS}
    assert max(file(name).stat().st_size for name in EPOCHS) <= 150_000
    assert set(EPOCHS) == set(LEAST)


@pytest.mark.parametrize("name", EPOCHS)
def test_a_shipped_one_is_as_good_as_its_file_says(name):
    with safe_open(file(name), framework="pt") as opened:
        metadata = opened.metadata()
    measured = classifier.accuracy(classifier.load(name), TEST[name])
    assert measured == pytest.approx(float(metadata["accuracy"]), abs=1 / len(TEST[name].x) + 1e-9)
    assert measured >= LEAST[name]
    assert metadata["dataset"] == identity(name)


def test_accuracy_is_the_share_of_right_classes():
    class Seven(Classifier):
        def forward(self, x):
            return F.one_hot(torch.full((len(x),), 7), 10)

    share = (TEST["digits"].y == 7).mean()
    assert classifier.accuracy(Seven((1, 8, 8), 10), TEST["digits"]) == pytest.approx(share)


@pytest.mark.parametrize("name", EPOCHS)
def test_features_are_64_standard_numbers_an_image(name):
    found = of_training(name)
    assert found.shape == ((datasets.load(name).split == 0).sum(), 64)
    assert found.mean(0).abs().max() < 0.01
    assert (found.std(0) - 1).abs().max() < 0.01
    logits = classifier.load(name)(torch.from_numpy(TEST[name].x[:7]))
    assert logits.shape == (7, CARDS[name].num_classes)


def test_features_of_an_image_do_not_depend_on_its_neighbours():
    images = TEST["digits"].x[:300]  # more than one chunk
    alone = torch.cat([features("digits", images[i : i + 1]) for i in (0, 249, 250, 299)])
    assert torch.allclose(features("digits", images)[[0, 249, 250, 299]], alone, atol=1e-5)


@pytest.mark.parametrize("name", EPOCHS)
def test_it_is_there_to_look_through(name):
    found = classifier.load(name)
    assert found is classifier.load(identity(name))
    assert not found.training
    assert not any(p.requires_grad for p in found.parameters())
    images = torch.from_numpy(TEST[name].x[:2]).requires_grad_()
    assert torch.autograd.grad(found(images).sum(), images)[0].abs().sum() > 0  # yet not in the way of the images' own


def test_mnist_is_seen_through_mnist5k_and_others_through_nothing():
    assert classifier.load("mnist") is classifier.load("mnist@openml-554") is classifier.load("mnist5k")
    for name in ("fashion", "cifar10", "fashion@openml-40996", "no such data set", ""):
        assert classifier.load(name) is None
    with pytest.raises(RepzError, match="in version"):
        classifier.load("mnist5k@00000000")


def damage(path, kind):
    if kind == "missing":
        path.unlink()
    elif kind == "torn":
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "text":
        path.write_text("weights")
    elif kind == "of another version":
        save_file(load_file(path), path, {"dataset": "digits@00000000"})
    elif kind == "another data set's":
        shutil.copy(file("mnist5k"), path)


@pytest.mark.parametrize("kind", ["missing", "torn", "text", "of another version", "another data set's"])
def test_a_file_that_is_not_whole_is_one_sentence(tmp_path, kind):
    path = tmp_path / "digits.safetensors"
    shutil.copy(file("digits"), path)
    assert classifier.read(path, "digits")
    damage(path, kind)
    with pytest.raises(RepzError) as caught:
        classifier.read(path, "digits")
    message = str(caught.value)
    assert str(path) in message
    assert "checkpoints" in message
    assert message.endswith(".")
    assert "\n" not in message


def test_weights_of_other_sizes_are_one_sentence(tmp_path):
    path = tmp_path / "digits.safetensors"
    classifier._write(path, Classifier((1, 8, 8), 10), "digits")
    assert classifier.read(path, "digits")
    other = Classifier((1, 8, 8), 10)
    other.head = torch.nn.Linear(64, 3)
    classifier._write(path, other, "digits")
    with pytest.raises(RepzError) as caught:
        classifier.read(path, "digits")
    assert "\n" not in str(caught.value)


def test_training_is_a_function_of_the_seed_and_leaves_the_caller_alone():
    torch.manual_seed(3)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    first = classifier.train("digits", epochs=2).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    torch.manual_seed(4)
    again, other = (classifier.train("digits", epochs=2, seed=seed).state_dict() for seed in (0, 1))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_a_little_training_does_much_already():
    trained = classifier.train("digits", epochs=5)
    assert classifier.accuracy(trained, TEST["digits"]) > 0.9
    found = trained.features(torch.from_numpy(datasets.load("digits").part("train").x))
    assert found.mean(0).abs().max() < 1e-4
    assert (found.std(0) - 1).abs().max() < 1e-4


def test_there_is_no_training_for_others():
    with pytest.raises(RepzError, match="digits, mnist5k, sprites only; got fashion"):
        classifier.train("fashion")


def test_images_are_shifted_by_whole_pixels_each_on_its_own():
    image = torch.zeros(400, 2, 28, 30)
    image[:, 0, 10, 12], image[:, 1, 20, 3] = 1, 0.5
    moved = classifier._shifted(image.flatten(1), (2, 28, 30), torch.Generator().manual_seed(0)).view_as(image)
    _images, rows, columns = torch.nonzero(moved[:, 0], as_tuple=True)
    assert set(zip((rows - 10).tolist(), (columns - 12).tolist(), strict=True)) == {
        (i, j) for i in range(-2, 3) for j in range(-2, 3)
    }
    assert torch.equal(moved[:, 0, rows, columns].diagonal(), torch.ones(400))
    assert torch.equal(moved[torch.arange(400), 1, rows + 10, columns - 9], torch.full((400,), 0.5))
    assert moved.sum() == pytest.approx(400 * 1.5)


def test_what_is_built_already_is_left_alone_and_what_is_missing_is_built(tmp_path, monkeypatch):
    for name in EPOCHS:
        shutil.copy(file(name), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert dict(classifier.build(tmp_path)).keys() == before.keys()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    monkeypatch.setattr(classifier, "EPOCHS", {"digits": 1})
    folder = tmp_path / "new" / "classifiers"
    ((path, measured),) = classifier.build(folder)
    assert [path] == list(folder.iterdir())
    assert measured == classifier.accuracy(classifier.read(path, "digits"), TEST["digits"])


@pytest.mark.parametrize("name", EPOCHS)
def test_the_worse_the_images_the_greater_the_distance(name):
    """Test images, the same blurred or in part, grey ones and noise, from the training images."""
    real = of_training(name)
    test, shape = torch.from_numpy(TEST[name].x), CARDS[name].shape
    noise = torch.rand(test.shape, generator=torch.Generator().manual_seed(0))
    blurred = F.avg_pool2d(test.view(-1, *shape), 3, stride=1, padding=1).flatten(1)
    few = test[:20].repeat(len(test) // 20, 1)
    distance = {
        key: frechet_distance(real, features(name, images))
        for key, images in {"test": test, "few": few, "blurred": blurred, "noise": noise}.items()
    }
    dropped = frechet_distance(real, features(name, test[TEST[name].y != 0]))
    assert distance["test"] < 0.6
    assert dropped > 4 * distance["test"]
    assert distance["few"] > 8 * distance["test"]
    assert distance["blurred"] > 20 * distance["test"]
    assert distance["noise"] > 60 * distance["test"]


@pytest.mark.parametrize("name", EPOCHS)
def test_precision_and_recall_tell_bad_images_from_few(name):
    test = torch.from_numpy(TEST[name].x)
    half = len(test) // 2
    real, good = features(name, test[:half]), features(name, test[half:])
    noise = features(name, torch.rand(test[:half].shape, generator=torch.Generator().manual_seed(0)))
    one_class = features(name, test[half:][TEST[name].y[half:] == 1])
    assert min(precision_recall(real, good)) > 0.8
    assert max(precision_recall(real, noise)) < 0.1
    precision, recall = precision_recall(real, one_class)
    assert precision > 0.8
    assert recall < 0.4


def test_sprites_without_their_colour_are_not_sprites():
    """No class depends on the hue: what the features know of it, redrawing has taught them."""
    real = of_training("sprites")
    test = torch.from_numpy(TEST["sprites"].x)
    grey = test.view(-1, 3, 1024).mean(1, keepdim=True).expand(-1, 3, -1).flatten(1)
    assert frechet_distance(real, features("sprites", grey)) > 5 * frechet_distance(real, features("sprites", test))
