"""Hostile and damaged uploads: one sentence, little memory, nothing written outside of where data belong."""

import io
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repz_core.config import RepzError
from repz_core.datasets import bounds
from repz_core.datasets.intake import Options, take
from tests.datasets.uploads import classes, idx, images, npz, pictures, png, zipped

ONE_SENTENCE = r"^[^\n]+\.$"


def refused(path, words):
    with pytest.raises(RepzError, match=ONE_SENTENCE) as fault:
        take([path], "mine", Options())
    assert words in str(fault.value)
    assert len(str(fault.value)) < 400


def peak(action):
    """Bytes that Python and NumPy took at the most."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["../evil.png", "/etc/evil.png", "pets/../../evil.png", "pets\\..\\evil.png"])
def test_names_that_lead_out(name, tmp_path):
    refused(zipped(tmp_path / "a.zip", pictures() | {name: png(images(1)[0, 0])}), "leads out of the archive")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_links_in_archives_and_folders(tmp_path):
    link = zipfile.ZipInfo("pets/cat/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(zipped(tmp_path / "a.zip", pictures() | {link: b"/etc/passwd"}), "it is a link")
    folder = tmp_path / "pets"
    for name, content in pictures(30).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (folder / "cat" / "link.png").symlink_to("/etc/passwd")
    (folder / "all").symlink_to("/")
    assert take([folder], "mine", Options()).card.size == 30  # neither is followed


def test_encrypted_and_odd_packings(tmp_path):
    path = zipped(tmp_path / "a.zip", pictures(), zipfile.ZIP_BZIP2)
    refused(path, "packed in a way of its own")
    content = bytearray(zipped(path, pictures()).read_bytes())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    refused(path, "encrypted")


def test_a_zip_bomb_is_refused_by_what_it_says(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("pets/cat/0.png", "w") as file:
        file.write(bytes(30 * bounds.MEGA))
    monkeypatch.setattr("repz_core.datasets.given.MOST_UNPACKED", 29 * bounds.MEGA)
    assert peak(lambda: refused(path, "too much for one data set")) < 8 * bounds.MEGA


def test_an_entry_that_unpacks_to_more_than_it_says(tmp_path):
    path = zipped(tmp_path / "a.zip", {"pets/cat/0.png": bytes(bounds.MEGA)})
    content = bytearray(path.read_bytes())
    for start, place in ((content.find(b"PK\x03\x04"), 22), (content.find(b"PK\x01\x02"), 24)):
        struct.pack_into("<I", content, start + place, 100)
    path.write_bytes(content)
    assert peak(lambda: refused(path, "Bad CRC-32")) < bounds.MEGA


def test_a_list_too_long_to_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr("repz_core.datasets.given.MOST_LISTING", 1000)
    refused(zipped(tmp_path / "a.zip", pictures()), "too much for one data set")


def header(shape, dtype="|u1"):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue()


@pytest.mark.parametrize(("content", "words"), [
    (header((10**9, 10**9)), "its array x is too large"), (header((40, 144)) + bytes(9), "has not the size"),
    (header((4, 144)) + bytes(1000), "has not the size"), (header((1,), "|O") + b"cos\nsystem\n.", "neither numbers"),
    (b"\x93NUMPY\x03\x00" + bytes(99), "of an unknown version"), (b"\x93NUMPY\x01\x00\x10\x00" + b"[" * 16, "data: "),
    (b"cos\nsystem\n(S'true'\ntR.", "data: "), (b"", "data: "),
])  # fmt: skip
def test_a_hostile_array(content, words, tmp_path):
    path = zipped(tmp_path / "a.npz", {"x.npy": content})
    assert peak(lambda: refused(path, words)) < 4 * bounds.MEGA


def test_nothing_is_unpickled(tmp_path):
    marker = tmp_path / "unpickled"

    class Trap:
        def __reduce__(self):
            return Path.touch, (marker,)

    path = tmp_path / "a.npz"
    np.savez(path, allow_pickle=True, x=np.array([Trap()] * 40, object), y=classes())
    refused(path, "holds object, neither numbers nor text")
    assert not marker.exists()


def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path):
    wide = png(np.zeros((4001, 4000), np.uint8))
    path = zipped(tmp_path / "a.zip", {"cat/0.png": wide} | pictures())
    assert peak(lambda: refused(path, "it has 4000 x 4001 pixels, more than 16 million")) < 8 * bounds.MEGA


def test_idx_whose_header_lies(tmp_path):
    path = tmp_path / "train-images"
    path.write_bytes(idx(images()[:, 0])[:4] + struct.pack(">3I", 2**31, 2**31, 2**31) + bytes(99))
    assert peak(lambda: refused(path, "its header says 2147483648 x")) < bounds.MEGA


KINDS = ("npz", "zip", "idx")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    x, y = images(24, 8), classes(24)
    found = {"npz": npz(folder / "a.npz", x=x, y=y), "zip": zipped(folder / "a.zip", pictures(24, 8))}
    found["idx"] = folder / "train-images"
    found["idx"].write_bytes(idx(x[:, 0]))
    return {kind: path.read_bytes() for kind, path in found.items()}


@settings(max_examples=150)
@given(kind=st.sampled_from(KINDS), data=st.data())
def test_a_damaged_file_is_a_data_set_or_one_sentence(kind, data, whole, tmp_path_factory):
    content = bytearray(whole[kind])
    for _byte in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(content))))
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(content[:cut])
    fault, found = "", None
    try:
        found = take([path], "mine", Options())
    except RepzError as error:
        fault = str(error)
    assert "\n" not in fault
    assert len(fault) < 400
    assert found is None or found.arrays["x"].shape == (found.card.size, int(np.prod(found.card.shape)))


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_one_sentence(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    with pytest.raises(RepzError, match=r"^[^\n]+\.\Z"):
        take([path], "mine", Options())
