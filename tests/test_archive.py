"""A run goes out as one file and comes back the same; whatever else is imported is one sentence and leaves nothing."""

import gzip
import io
import json
import stat
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from repz_core import archive
from repz_core.archive import export, import_
from repz_core.config import RepzError
from repz_core.run import Run
from repz_core.runs import RunStore
from tests.conftest import read_all

ONE_SENTENCE = r"^[^\n]+\.$"
FIRST = "snapshots/0000000.safetensors.gz"


@pytest.fixture(scope="session")
def packed(done, tmp_path_factory):
    """The exported file of a finished run, as bytes."""
    return export(done, tmp_path_factory.mktemp("packed") / "run.zip").read_bytes()


@pytest.fixture(scope="session")
def parts(packed):
    """Its files by name."""
    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def zipped(parts, packing=zipfile.ZIP_DEFLATED):
    """An archive of {name or ZipInfo: content}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as whole:
        for name, content in parts.items():
            whole.writestr(name, content)
    return out.getvalue()


def refused(source, store, words=""):
    with pytest.raises(RepzError, match=ONE_SENTENCE) as fault:
        import_(source, store)
    assert words in str(fault.value)
    assert len(str(fault.value)) < 500
    assert not store.root.exists() or list(store.root.iterdir()) == []


def test_a_run_comes_back_the_same(done, packed, store, tmp_path):
    run = import_(packed, store)
    assert run.folder == store.root / done.id
    assert (run.recipe, run.status, run.events(), run.frames()) == (
        done.recipe, done.status, done.events(), done.frames(),
    )  # fmt: skip
    for mine, theirs in zip(run.snapshots(), done.snapshots(), strict=True):
        assert {name: a.tobytes() for name, a in mine.arrays.items()} == {
            name: a.tobytes() for name, a in theirs.arrays.items()
        }
    weights, expected = run.weights()[1], done.weights()[1]
    assert weights.keys() == expected.keys()
    assert all(np.array_equal(weights[name], expected[name]) for name in expected)
    assert read_all(run)
    assert [found.id for found in store.list()] == [run.id]
    assert import_(packed, store).folder == run.folder  # known: shown, and left alone
    again = export(run, tmp_path / "again.zip")
    assert import_(again, RunStore(tmp_path / "other")).events() == done.events()
    assert export(run, tmp_path / "twice.zip").read_bytes() == again.read_bytes()
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == ["again.zip", "twice.zip"]


def test_what_is_exported_is_what_others_may_have(done, parts):
    names = {name.removeprefix(f"{done.id}/").partition("/")[0] for name in parts}
    assert names == {"recipe.json", "status.json", "events.jsonl", "snapshots", "weights.safetensors"}


def test_a_run_under_way_is_not_exported(store, tiny, tmp_path):
    with pytest.raises(RepzError, match="under way; export it once it has ended"):
        export(store.submit(tiny()), tmp_path / "run.zip")
    assert not (tmp_path / "run.zip").exists()


def test_export_to_nowhere_is_one_sentence(done, tmp_path):
    with pytest.raises(RepzError, match=r"cannot be written to .*: No such file or directory; name another place"):
        export(done, tmp_path / "none" / "run.zip")


def test_a_stopped_run_here_is_not_overwritten(packed, store, tiny):
    run = store.submit(tiny())
    with pytest.raises(RepzError, match="is here already and has not come to its end"):
        import_(packed, store)
    assert run.status.state == "queued"


def test_an_archivers_own_folder_entries_are_no_fault(done, parts, store):
    folders = {f"{done.id}/": b"", f"{done.id}/snapshots/": b""}
    assert import_(zipped(folders | parts), store).id == done.id


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil", "no file of a run"),
        ("/etc/passwd", "no file of a run"),
        ("{id}/../../evil", "no file of a run"),
        ("{id}/lock", "no file of a run"),
        ("{id}/states/0000001.safetensors", "no file of a run"),
        ("{id}/snapshots/../recipe.json", "no file of a run"),
        ("{id}/snapshots\\0000000.safetensors.gz", "no file of a run"),
        ("{id}/recipe.json\n", "no file of a run"),
        ("{id}/weights.pkl", "no file of a run"),
        ("vae-0123456789abcdef/recipe.json", "no file of a run"),
        ("{id}/snapshots/9999999.safetensors.gz", "does not tell of"),
    ],
)
def test_a_name_that_no_run_has(name, words, done, parts, store, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    refused(zipped(parts | {name.format(id=done.id): b"{}"}), store, words)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_links_and_doubles(done, parts, store):
    link = zipfile.ZipInfo(f"{done.id}/recipe.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    rest = {name: content for name, content in parts.items() if not name.endswith("recipe.json")}
    refused(zipped(rest | {link: b"/etc/passwd"}), store, "is a link")
    double = zipfile.ZipInfo(f"{done.id}/recipe.json")
    refused(zipped(parts | {double: b"{}"}), store, "is there twice")
    refused(zipped(parts, zipfile.ZIP_LZMA), store, "in a way of its own")


CHANGES = {
    "no recipe": ("recipe.json", None, "has no recipe.json"),
    "another recipe": ("recipe.json", lambda text: text.replace(b'"seed": 0', b'"seed": 1'), "its recipe is that of"),
    "no such method": ("recipe.json", lambda text: text.replace(b'"vae"', b'"cat"'), "no method 'cat'"),
    "deep": ("recipe.json", lambda text: b"[" * 5000, "nested too deep"),
    "long": ("recipe.json", lambda text: text + b" " * 2_000_000, "tighter"),
    "queued": ("status.json", lambda text: text.replace(b'"done"', b'"queued"'), "none of a run that has ended"),
    "too many steps": ("status.json", lambda text: text.replace(b'"step": 20', b'"step": 21'), "more steps than"),
    "markup": ("status.json", lambda text: text.replace(b'"recon"', b'"<b>"'), "none of a run that has ended"),
    "infinite": ("events.jsonl", lambda text: text + b'{"step": 21, "a": 1e999}\n', "finite numbers"),
    "not a number": ("events.jsonl", lambda text: text + b'{"step": 21, "a": NaN}\n', "finite numbers"),
    "text": ("events.jsonl", lambda text: text + b'{"step": 21, "a": "b"}\n', "finite numbers"),
    "backwards": ("events.jsonl", lambda text: text + b'{"step": 0}\n', "goes back"),
    "beyond": ("events.jsonl", lambda text: text + b'{"step": 21}\n', "more steps than"),
    "frame missing": (FIRST, None, "no frame of step 0"),
    "frame torn": (FIRST, lambda data: data[:-9], "torn"),
    "frame and more": (FIRST, lambda data: data + b"more", "torn"),
    "array unknown": (FIRST, lambda data: gzip.compress(save({"cats": np.zeros(1)})), "an array that no run has"),
    "array flat": (FIRST, lambda data: gzip.compress(save({"codes": np.zeros(3, "f2")})), "an array that no run has"),
    "array wide": (FIRST, lambda data: gzip.compress(save({"codes": np.zeros((3, 2))})), "an array that no run has"),
    "no weights": ("weights.safetensors", None, "done and has no weights"),
    "optimiser": ("weights.safetensors", lambda data: save({"optimiser.a": np.zeros(1)}), "none of a model"),
    "pickle": ("weights.safetensors", lambda data: b"\x80\x04\x95." + data, "no run exported by the lab"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_part_that_is_not_a_runs(kind, done, parts, store):
    name, change, words = CHANGES[kind]
    key = f"{done.id}/{name}"
    changed = {other: content for other, content in parts.items() if other != key}
    if change:
        assert change(parts[key]) != parts[key]
        changed[key] = change(parts[key])
    refused(zipped(changed), store, words)


def test_bombs_are_never_unpacked(done, parts, store):
    """Many honest zeros, zeros under a modest size, zeros within a frame, and a directory without end."""
    zeros = bytes(300_000_000)
    whole, frame = zipped(parts | {f"{done.id}/weights.safetensors": zeros}), gzip.compress(zeros, 1)
    recipe = f"{done.id}/recipe.json"
    lying = bytearray(zipped({recipe: zeros} | {name: parts[name] for name in parts if name != recipe}))
    del zeros
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", lying, lying.index(signature) + offset, 1000)
    endless = b"PK\x01\x02".ljust(46, b"\0") * 100_000
    tracemalloc.start()
    try:
        refused(whole, store, "holds too much")
        refused(bytes(lying), store)
        refused(zipped(parts | {f"{done.id}/{FIRST}": frame}, zipfile.ZIP_STORED), store, "unpacks to too much")
        refused(endless, store, "too many files")
        refused(bytes(archive.MOST_BYTES + 1), store, "larger than 64 MB")
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_a_file_that_is_not_there(store, tmp_path):
    refused(tmp_path / "none.zip", store, "cannot be read: No such file")
    (tmp_path / "text.zip").write_text("hello")
    refused(tmp_path / "text.zip", store, "File is not a zip file")


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_a_run_or_one_sentence(packed, tmp_path_factory, data):
    """Bytes anywhere, most of them in the directory at the end."""
    raw, store = bytearray(packed), RunStore(tmp_path_factory.mktemp("fuzz"))
    start = data.draw(st.integers(0, len(raw)) | st.integers(max(0, len(raw) - 900), len(raw)))
    raw[start : start + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    either(bytes(raw), store)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_part_is_a_run_or_one_sentence(done, parts, tmp_path_factory, data):
    """Bytes within a file of the run, with the archive around it as it should be."""
    store, name = RunStore(tmp_path_factory.mktemp("fuzz")), data.draw(st.sampled_from(sorted(parts)))
    gz = name.endswith(".gz")
    raw = bytearray(gzip.decompress(parts[name]) if gz else parts[name])
    start = data.draw(st.integers(0, min(len(raw), 2000)))
    raw[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    either(zipped(parts | {name: gzip.compress(bytes(raw)) if gz else bytes(raw)}, zipfile.ZIP_STORED), store)


def either(source, store):
    """What is imported can be read; what is not leaves nothing."""
    try:
        run = import_(source, store)
    except RepzError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
        assert list(store.root.iterdir()) == []
    else:
        assert all(json.loads(line) for line in run.log().splitlines())
        assert list(Run(run.folder).snapshots())
        assert all(np.isfinite(value) for row in run.events() for value in row.values())
        assert run.weights()
