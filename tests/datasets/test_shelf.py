"""Your own data sets on their shelf: added, listed, loaded, removed; and by the command line."""

import json
import shutil
import sys
import threading
import types

import numpy as np
import pytest

from repz_core import __main__ as cli
from repz_core import datasets, recipes
from repz_core.config import RepzError
from repz_core.datasets import catalogue, shelf
from repz_core.datasets.errand import draft
from repz_core.datasets.peek import peek
from repz_core.executors.cluster import Cluster
from repz_core.executors.node import _bring
from repz_core.recipes import default
from tests.datasets.uploads import classes, images, npz, pictures, write_idx, zipped


@pytest.fixture
def run(capsys, home):
    """run(*arguments): (exit code, standard output, standard error) of a command in this process."""

    def command(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def leaves(run, tmp_path):
    """A data set that was added: `leaves`, 40 images of two classes."""
    path = npz(tmp_path / "leaves.npz", x=images(), y=np.array(["oak", "fir"] * 20))
    code, out, err = run("data", "add", path, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_it_is_a_data_set_like_any_other(leaves, run):
    assert leaves["name"] == "leaves"
    assert leaves["shape"] == [1, 12, 12]
    [row] = [row for row in json.loads(run("datasets", "--json")[1]) if row["name"] == "leaves"]
    assert (row["version"], row["num_classes"], row["class_names"]) == (leaves["version"], 2, ["fir", "oak"])
    assert catalogue.identity("leaves") == leaves["identity"] == default("vae", "leaves").dataset
    data = datasets.load("leaves")
    assert (data.x.dtype, data.x.shape, data.shape) == (np.float32, (40, 144), (1, 12, 12))
    assert {row.tobytes() for row in np.rint(data.x * 255).astype(np.uint8)} == {x.tobytes() for x in images()}
    assert [len(data.part(part).x) for part in ("train", "validation", "test")] == [28, 4, 8]
    assert datasets.download("leaves") == shelf.folder() / "leaves.safetensors"


def test_small_sets_train_in_smaller_batches(leaves):
    assert {default(method, "leaves").training.batch_size for method in recipes.names()} == {16}


def test_again_is_nothing_and_other_content_is_one_sentence(leaves, run, tmp_path):
    before = (shelf.folder() / "leaves.safetensors").stat()
    code, out, _err = run("data", "add", tmp_path / "leaves.npz", "--json")
    assert (code, json.loads(out)["identity"]) == (0, leaves["identity"])
    assert (shelf.folder() / "leaves.safetensors").stat() == before
    other = npz(tmp_path / "other.npz", x=images(seed=1))
    code, out, err = run("data", "add", other, "--name", "leaves")
    assert (code, out) == (2, "")
    assert err == (
        "repz_core: There is another data set leaves already; choose another name, or remove that one first.\n"
    )
    assert run("data", "add", other, "--name", "mnist")[2].startswith("repz_core: There is another data set mnist")
    assert run("data", "add", tmp_path / "leaves.npz", "--side", "8")[0] == 2


def test_what_things_mean_is_part_of_the_version(run, tmp_path):
    found = set()
    for name, y in (("a", ["x", "y"]), ("b", ["x", "z"])):
        path = npz(tmp_path / f"{name}.npz", x=images(), y=np.array(y * 20))
        found.add(json.loads(run("data", "add", path, "--json")[1])["version"])
    assert len(found) == 2


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "a@b", "-x", "x" * 41, "a b"])
def test_names(name, run, tmp_path):
    code, _out, err = run("data", "add", npz(tmp_path / "a.npz", x=images()), f"--name={name}")
    assert (code, err.count("\n")) == (2, 1) if name else (0, 0)
    assert shelf.find(name) is None
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "home"}


def test_names_of_files_become_names(run, tmp_path):
    for number, (file, name) in enumerate(
        (("My leaves (2).npz", "My-leaves--2"), ("..npz", "data"), ("a.b.npz", "a.b"))
    ):
        path = npz(tmp_path / "x.npz", x=images(seed=number)).rename(tmp_path / file)
        assert json.loads(run("data", "add", path, "--json")[1])["name"] == name
    assert sorted(shelf.cards()) == ["My-leaves--2", "a.b", "data"]


def test_options_of_the_command(run, tmp_path):
    x, y = write_idx(tmp_path, images()[:, 0], classes(), packed=True)
    code, out, err = run("data", "add", x, "--labels", y, "--side", 8, "--train", 50, "--validation", 25, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert (found["name"], found["shape"], found["num_classes"]) == ("train-images-idx3-ubyte", [1, 8, 8], 2)
    assert found["num_train"] == 20
    assert found["said"] == ["resized from 12 x 12 to 8 x 8 pixels"]
    for fault in (["--side", "x"], ["--train", "99"]):
        code, out, err = run("data", "add", x, *fault, "--name", "other")
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_list_and_remove(leaves, run):
    assert run("data", "list")[1] == f"{leaves['identity']}: 40 images of 12 x 12 pixels, from leaves.npz.\n"
    assert [row["name"] for row in json.loads(run("data", "list", "--json")[1])] == ["leaves"]
    assert run("data", "remove", "leaves") == (0, "leaves\n", "")
    assert run("data", "list", "--json")[1] == "[]\n"
    assert "There is no data set of yours named leaves" in run("data", "remove", "leaves")[2]
    assert run("data", "remove", "../x")[0] == 2


def test_one_that_runs_need_stays(leaves, run, store):
    needed = store.submit(default("vae", "leaves"))
    code, _out, err = run("data", "remove", "leaves")
    assert (code, err) == (
        2,
        f"repz_core: leaves is what 1 runs were trained on, {needed.id} among them; delete those first.\n",
    )
    store.delete(needed)
    assert run("data", "remove", "leaves")[0] == 0


def test_a_moved_root_takes_its_data_along(leaves, home, tmp_path, monkeypatch):
    shutil.move(home, tmp_path / "elsewhere")
    assert shelf.find("leaves") is None
    monkeypatch.setenv("REPZ_HOME", str(tmp_path / "elsewhere"))
    assert catalogue.identity("leaves") == leaves["identity"]
    assert len(datasets.load("leaves").x) == 40


def test_another_machine_has_it_in_its_cache(leaves, tmp_path, monkeypatch):
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path / "cache"))
    carried = tmp_path / "cache" / "own" / f"{leaves['identity']}.safetensors"
    carried.parent.mkdir(parents=True)
    (shelf.folder() / "leaves.safetensors").rename(carried)
    assert shelf.find("leaves") is None
    assert catalogue.card(leaves["identity"]).size == 40
    assert len(datasets.load(leaves["identity"]).x) == 40


def test_a_damaged_file_is_passed_over_and_said(leaves, home):
    path = shelf.folder() / "leaves.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(RepzError, match=r"^The data set leaves is damaged or gone: .* add it again\.$"):
        datasets.load("leaves")
    path.write_bytes(content[:100])
    assert shelf.cards() == {}
    with pytest.raises(RepzError, match="There is no data set 'leaves'"):
        datasets.load("leaves")


def test_another_version_is_one_sentence(leaves):
    with pytest.raises(RepzError, match="leaves is here in version"):
        catalogue.card("leaves@0badf00d")


def test_a_disk_that_takes_nothing(run, home, tmp_path):
    (home / "data").write_text("no folder")
    code, _out, err = run("data", "add", npz(tmp_path / "a.npz", x=images()))
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be written to" in err
    assert [path.name for path in home.iterdir()] == ["data"]


def test_a_look_at_each(leaves):
    for card in catalogue.cards().values():
        found = peek(card)
        if card.network:
            continue
        assert found is not None, card.name
        assert found.counts.shape == (3, card.num_classes)
        assert found.counts.sum() == card.size
        wanted = (64, *card.shape) if card.kind != "points" else (2000, card.shape[0])
        assert found.x.shape == (min(wanted[0], card.size), *wanted[1:])
        data = datasets.load(card.name)
        assert np.array_equal(found.y, data.y[: len(found.y)])
        if card.kind == "images":
            assert abs(found.x.reshape(len(found.x), -1) / 255 - data.x[: len(found.x)]).max() < 1 / 254


def test_a_draft_is_made_by_a_process_of_its_own(home, tmp_path):
    path = zipped(tmp_path / "pets.zip", pictures())
    made = draft([path], tmp_path / "draft.safetensors", {"side": 8, "grey": True, "train": 60, "seed": None})
    assert (made.card.shape, made.card.num_train, made.card.class_names) == ((1, 8, 8), 24, ("cat", "dog"))
    assert made.said == ("resized from 12 x 12 to 8 x 8 pixels",)
    assert not shelf.cards()
    kept = catalogue.adopt(made.file, "pets")
    assert shelf.cards() == {"pets": kept}
    assert kept.version == made.card.version
    path.write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(RepzError, match=r"^pets\.zip cannot be taken as data: File is not a zip file\.$"):
        draft([path], tmp_path / "draft.safetensors", {})


def test_it_travels_to_a_node_with_its_run(leaves, home, tmp_path, monkeypatch):
    """What a cluster is handed for a run, and what a node that has no such shelf makes of it."""
    far = types.SimpleNamespace(put=lambda content: content, get=lambda content: content)
    monkeypatch.setitem(sys.modules, "ray", far)
    cluster = Cluster.__new__(Cluster)
    cluster.lock, cluster.files = threading.Lock(), {}
    parcel = cluster._data(leaves["identity"])
    assert list(parcel) == [f"own/{leaves['identity']}.safetensors"]
    monkeypatch.setenv("REPZ_HOME", str(tmp_path / "node"))
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path / "cache"))
    with pytest.raises(RepzError, match="There is no data set 'leaves'"):
        datasets.load(leaves["identity"])
    _bring(parcel)
    assert len(datasets.load(leaves["identity"]).x) == 40
    assert [path.name for path in (tmp_path / "cache" / "own").iterdir()] == [f"{leaves['identity']}.safetensors"]
