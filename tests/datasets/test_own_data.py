"""Files become data sets of one's own: what each kind holds, how it is taken, and one sentence for each fault."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from repz_core.config import RepzError
from repz_core.datasets import bounds
from repz_core.datasets.intake import Options, take
from repz_core.datasets.splits import PARTS
from tests.datasets import uploads
from tests.datasets.uploads import classes, images, npz, pictures, png, write_idx, zipped

ONE_SENTENCE = r"^[^\n]+\.$"


def taken(*paths, **options):
    return take(paths, "mine", Options.of(options))


def in_order(intake):
    """Its images (N, C, H, W), sorted by content: the shuffle does not matter."""
    x = intake.arrays["x"]
    return x[np.lexsort(x.T[::-1])].reshape(-1, *intake.card.shape)


def same(intake, x):
    wanted = x.reshape(len(x), -1)
    assert np.array_equal(in_order(intake).reshape(len(x), -1), wanted[np.lexsort(wanted.T[::-1])])


def refused(*paths, words, **options):
    with pytest.raises(RepzError, match=ONE_SENTENCE) as fault:
        taken(*paths, **options)
    assert words in str(fault.value)
    assert len(str(fault.value)) < 400


GREY, COLOUR = images(), images(channels=3)
SHAPES = {
    "NHW": (GREY[:, 0], GREY), "N1HW": (GREY, GREY), "NHW1": (np.moveaxis(GREY, 1, 3), GREY),
    "rows": (GREY.reshape(40, -1), GREY), "N3HW": (COLOUR, COLOUR), "NHW3": (np.moveaxis(COLOUR, 1, 3), COLOUR),
    "colour rows": (COLOUR.reshape(40, -1), COLOUR),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHAPES)
def test_npz_of_every_shape(kind, tmp_path):
    given, expected = SHAPES[kind]
    found = taken(npz(tmp_path / "a.npz", x=given, y=classes()))
    same(found, expected)
    assert (found.card.shape, found.card.class_names, found.card.size) == (expected.shape[1:], ("0", "1"), 40)
    assert found.said == ()


TYPES = {
    "float 0..1": (GREY / np.float32(255), "from 0 to 1"),
    "double 0..1": (GREY / 255, "from 0 to 1"),
    "whole floats": (GREY.astype(np.float32), "as shades of 255"),
    "int64": (GREY.astype(np.int64), "as shades of 255"),
    "bool": (GREY > 127, "from 0 to 1"),
    "0 or 1": ((GREY > 127).astype(np.uint8), "from 0 to 1"),
    "columns first": (np.asfortranarray(GREY), ""),
}


@pytest.mark.parametrize("kind", TYPES)
def test_how_numbers_are_taken_is_said(kind, tmp_path):
    given, words = TYPES[kind]
    found = taken(npz(tmp_path / "a.npz", x=given, y=classes()))
    same(found, np.where(GREY > 127, 255, 0).astype(np.uint8) if given.max() == 1 and "float" not in kind and
         "double" not in kind else GREY)  # fmt: skip
    assert words in " ".join(found.said)
    assert bool(found.said) == bool(words)


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_with_their_labels(packed, tmp_path):
    paths = write_idx(tmp_path, GREY[:, 0], classes(count=10), packed)
    for given in (paths, paths[::-1], [tmp_path]):
        found = taken(*given)
        same(found, GREY)
        assert found.card.class_names == tuple("0123456789")
    whole = zipped(tmp_path / "all.zip", {path.name: path.read_bytes() for path in paths})
    assert taken(whole).card.version == found.card.version


def test_idx_without_labels_has_no_classes(tmp_path):
    found = taken(*write_idx(tmp_path, GREY[:, 0]))
    assert (found.card.num_classes, found.card.class_names, found.card.labelled) == (1, ("",), False)
    assert "no labels" in found.said[0]


def test_training_and_test_files_go_together(tmp_path):
    write_idx(tmp_path, GREY[:30, 0], classes(30))
    write_idx(tmp_path, GREY[30:, 0], classes(10), stem="t10k")
    same(taken(tmp_path), GREY)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    refused(tmp_path, words="each file of images needs one of labels")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_zip_of_class_folders(kind, tmp_path):
    junk = {"__MACOSX/pets/cat/._0.png": b"x", "pets/.DS_Store": b"x", "pets/cat/Thumbs.db": b"x"}
    parts = pictures(kind=kind)
    found = taken(zipped(tmp_path / "pets.zip", parts | junk))
    assert (found.card.shape, found.card.class_names, found.card.size) == ((3, 12, 12), ("cat", "dog"), 40)
    if kind == "PNG":
        same(found, COLOUR)
    folder = tmp_path / "unzipped"
    for name, content in parts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    assert taken(folder).card.version == found.card.version


def test_images_of_one_folder_have_no_classes(tmp_path):
    assert not taken(zipped(tmp_path / "a.zip", pictures(classes=("cat",)))).card.labelled


def test_grey_and_colour_images_become_colour(tmp_path):
    parts = pictures(20) | {f"pets/owl/{i}.png": png(image[0]) for i, image in enumerate(images(20))}
    found = taken(zipped(tmp_path / "a.zip", parts))
    assert found.card.shape == (3, 12, 12)
    assert taken(zipped(tmp_path / "a.zip", parts), grey=True).card.shape == (1, 12, 12)


def test_a_table_with_its_label_anywhere(tmp_path):
    table = tmp_path / "a.csv"
    rows = [[str(value) for value in row] for row in GREY.reshape(40, -1)]
    for place, sign in ((0, ","), (7, ";"), (144, "\t")):
        lines = [sign.join([*(f"p{i}" for i in range(place)), '"Class"', *(f"p{i}" for i in range(place, 144))])]
        for row, label in zip(rows, classes(), strict=True):
            lines.append(sign.join([*row[:place], ["yes", "no"][label], *row[place:]]))
        table.write_text("\n".join(lines) + "\n")
        found = taken(table)
        same(found, GREY)
        assert found.card.class_names == ("no", "yes")
    for encoding in ("utf-8", "utf-8-sig"):  # no header: no labels
        table.write_text("\n".join(",".join(row) for row in rows), encoding)
        same(taken(table), GREY)


def test_a_table_of_two_numbers_is_points(tmp_path):
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    table = tmp_path / "a.csv"
    table.write_text("a,b,y\n" + "".join(f"{x:.8g},{y:.8g},{i % 2}\n" for i, (x, y) in enumerate(points)))
    found = taken(table)
    assert (found.card.kind, found.card.shape) == ("points", (2, 1, 1))
    assert np.array_equal(np.sort(found.arrays["x"][:, 0]), np.sort(points[:, 0]))


@pytest.mark.parametrize("side", [8, 24])
def test_resizing_averages_areas(side, tmp_path):
    """Each new pixel is the mean of the area that it covers; where images grow, pixels are repeated."""
    edges = np.arange(side + 1) * 12 / side
    inside = np.minimum(edges[1:, None], np.arange(1, 13)) - np.maximum(edges[:-1, None], np.arange(12))
    weights = inside.clip(0) * side / 12
    expected = np.einsum("ai,ncij,bj->ncab", weights, COLOUR.astype(float), weights)
    order = np.arange(40) * 6  # so that images can be told apart by their first pixels
    marked = COLOUR.copy()
    marked[:, 0, :3, :3] = order[:, None, None]
    expected[:, 0] = np.einsum("ai,nij,bj->nab", weights, marked[:, 0].astype(float), weights)
    for path in (npz(tmp_path / "a.npz", x=marked), zipped(tmp_path / "a.zip", {
        f"{i}.png": png(np.moveaxis(image, 0, 2)) for i, image in enumerate(marked)
    })):  # fmt: skip
        found = taken(path, side=side)
        made = found.arrays["x"].reshape(-1, 3, side, side).astype(float)
        made = made[np.argsort(made[:, 0, 0, 0])]
        assert abs(made - expected).max() <= 0.51
        assert f"resized from 12 x 12 to {side} x {side} pixels" in found.said


def test_a_black_border_makes_a_square(tmp_path):
    found = taken(npz(tmp_path / "a.npz", x=np.full((30, 10, 20), 200, np.uint8)))
    image = found.arrays["x"][0].reshape(20, 20)
    assert (image[5:15] == 200).all()
    assert not image[:5].any()
    assert not image[15:].any()


def test_large_images_are_made_small_unless_said(tmp_path):
    path = npz(tmp_path / "a.npz", x=images(30, 70))
    assert taken(path).card.shape == (1, bounds.USUAL_SIDE, bounds.USUAL_SIDE)
    assert taken(path, side=64).card.shape == (1, 64, 64)


def test_the_split_is_stratified_seeded_and_no_image_is_lost(tmp_path):
    path = npz(tmp_path / "a.npz", x=images(200), y=classes(200, 4))
    found = taken(path, train=60, validation=20)
    split, y = found.arrays["split"], found.arrays["y"]
    assert list(split) == sorted(split)
    for part, share in zip(range(len(PARTS)), (30, 10, 10), strict=True):
        assert list(np.bincount(y[split == part])) == [share] * 4
    assert found.card.num_train == 120
    assert taken(path, train=60, validation=20).card.version == found.card.version
    assert taken(path, train=60, validation=20, seed=1).card.version != found.card.version
    same(found, images(200))


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    y = np.array(["9", "10", "2"] * 20)
    found = taken(npz(tmp_path / "a.npz", x=images(60), y=y))
    assert found.card.class_names == ("2", "9", "10")
    assert list(np.bincount(found.arrays["y"])) == [20, 20, 20]
    x = {image.tobytes(): label for image, label in zip(images(60), y, strict=True)}
    for row, label in zip(found.arrays["x"], found.arrays["y"], strict=True):
        assert x[row.tobytes()] == found.card.class_names[label]


NAN = np.where(np.arange(144) == 7, np.nan, 0.5) * np.ones((40, 1))
FAULTS = {
    "three numbers": ({"x": np.zeros((40, 3))}, "it has shape (40, 3)"),
    "five channels": ({"x": np.zeros((40, 5, 12, 12))}, "it has shape (40, 5, 12, 12)"),
    "a number": ({"x": np.zeros(())}, "it has shape ()"),
    "no image": ({"x": np.zeros((0, 12, 12))}, "12 x 12 pixels"),
    "no x": ({"images": GREY}, "needs an array x, and y where there are labels; it has images"),
    "NaN": ({"x": NAN}, "no numbers (NaN)"),
        "infinite": ({"x": np.where(np.isnan(NAN), np.inf, NAN)}, "they go from 0.5 to inf"),
    "negative": ({"x": GREY / 255 - 0.5}, "they go from -0.5 to 0.5"),
    "16 bits": ({"x": GREY.astype(np.uint16) * 256}, "they go from 0 to 65280"),
    "halves of 255": ({"x": GREY / 2}, "they go from 0 to 127.5"),
    "text": ({"x": GREY.astype(str)}, "its values are no numbers"),
    "objects": ({"x": np.array([[1], None], object)}, "neither numbers nor text"),
    "one class": ({"x": GREY, "y": np.zeros(40)}, "2 to 100 classes, or be left out; got 1"),
    "too many classes": ({"x": images(202), "y": np.arange(202) // 2}, "got 101"),
    "halves as labels": ({"x": GREY, "y": np.arange(40) / 2}, "labels must be whole numbers or text"),
    "NaN as labels": ({"x": GREY, "y": np.full(40, np.nan)}, "labels must be whole numbers or text"),
    "labels missing": ({"x": GREY, "y": classes(39)}, "label for each of the 40 examples; got labels of shape (39,)"),
    "few": ({"x": GREY[:19], "y": classes(19)}, "it has 19 examples; 20 to 100,000 may be"),
    "a long name": ({"x": GREY, "y": np.array(["a" * 41, "b"] * 20)}, "a class's name is 1 to 40 letters"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_an_npz_file_is_one_sentence(fault, tmp_path):
    arrays, words = FAULTS[fault]
    path = tmp_path / "a.npz"
    np.savez(path, allow_pickle=True, **arrays)
    refused(path, words=words)


def test_mixed_sizes_need_a_side(tmp_path):
    parts = pictures(30) | {"pets/owl/0.png": png(images(1, 14)[0, 0])}
    path = zipped(tmp_path / "a.zip", parts)
    refused(path, words="it has 14 x 14 pixels and those before it 12 x 12; choose a size for all")
    assert taken(path, side=16).said == ("resized from several sizes to 16 x 16 pixels",)


def test_pictures_of_more_than_8_bits(tmp_path):
    deep = uploads.io.BytesIO()
    Image.fromarray(np.zeros((12, 12), np.uint16)).save(deep, "PNG")
    refused(zipped(tmp_path / "a.zip", pictures() | {"pets/cat/deep.png": deep.getvalue()}), words="more than 8 bits")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no rows"), ("a,b\n", "has no rows"), ("a,b,c\n" + "1,2,3\n" * 30, "it has shape (30, 3)"),
        ("1,2\n3,x\n", "could not convert"), ("1,2\n3\n", "number of columns changed"), ("label\n1\n", "no column"),
        ("1,nan\n" * 30, "must be numbers"), ("\0\0\0", "has no"),
    ],
)  # fmt: skip
def test_a_fault_of_a_table_is_one_sentence(text, words, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(text)
    refused(path, words=words)


def test_other_files_are_one_sentence(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"\xff\xfe\xfd" * 99)
    refused(path, words="it is no npz, zip, IDX or CSV file")
    refused(tmp_path / "none", words="cannot be read: No such file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", words="there is no file in it")
    [x, y] = write_idx(tmp_path, GREY[:, 0], classes())
    refused(y, words="it holds labels alone")
    refused(x, npz(tmp_path / "a.npz", x=GREY), words="several files must be")
    x.write_bytes(x.read_bytes()[:-1])
    refused(x, words="its header says 40 x 12 x 12, which is 5,760 bytes; it has 5,759")
    x.write_bytes(bytes([0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0]))
    refused(x, words="unsigned bytes (type 8); it has type 13")
    readme = zipped(tmp_path / "b.zip", pictures() | {"pets/README.txt": b"hello"})
    refused(readme, words="it lies among images and is neither a png nor a jpeg")


@pytest.mark.parametrize(("options", "words"), [
    ({"side": 7}, "side must be"), ({"side": 65}, "side must be"), ({"train": 9}, "train must be"),
    ({"train": 60, "validation": 36}, "may take 95 percent"), ({"seed": -1}, "seed must be"),
])  # fmt: skip
def test_options_have_bounds(options, words, tmp_path):
    refused(npz(tmp_path / "a.npz", x=GREY), words=words, **options)


def test_the_limits_are_those_of_the_readme_and_of_the_uploader():
    root = Path(__file__).parent.parent.parent
    config = tomllib.loads((root / ".streamlit" / "config.toml").read_text())
    assert config["server"]["maxUploadSize"] * bounds.MEGA == bounds.MOST_UPLOAD
    table = (root / "README.md").read_text().partition("## Your own data")[2].partition("## Limits")[0]
    for words in (
        f"{bounds.MOST_UPLOAD // bounds.MEGA} MB each; {bounds.MOST_BYTES // bounds.MEGA} MB together",
        f"{bounds.MOST_UNPACKED // bounds.MEGA} MB in {bounds.MOST_FILES:,} files",
        f"{bounds.LEAST_IMAGES} to {bounds.MOST_IMAGES:,}",
        f"{bounds.MOST_PIXELS // bounds.MEGA} million",
        f"{bounds.LEAST_SIDE} to {bounds.MOST_SIDE}; its own, or {bounds.USUAL_SIDE} where that is more",
        f"{bounds.MOST_KEPT // bounds.MEGA} million",
        f"2 to {bounds.MOST_CLASSES}, {bounds.MOST_LETTERS}",
    ):
        assert words in table, words
