"""What a person does with runs: labels, pins, the trash and its undo, several in one file, TensorBoard's form."""

import io
import json
import struct
import zipfile

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from repz_core import bundle, labels, tensorboard, trash
from repz_core.archive import packed
from repz_core.config import RepzError
from repz_core.labels import Label
from repz_core.runs import RunStore

WORDS = st.text(min_size=1, max_size=10).filter(labels.is_tag)


# --- labels ---


def test_a_label_is_kept_beside_the_runs(store, copy):
    assert labels.of(store.root, copy.id) == Label()
    before = sorted(copy.folder.rglob("*"))
    labels.write(store.root, copy.id, ["lecture", " β=4 ", "lecture"], "looks good")
    labels.add_tag(store.root, copy.id, "again")
    labels.add_tag(store.root, copy.id, "again")
    expected = Label(tags=("lecture", "β=4", "again"), note="looks good")
    assert labels.of(store.root, copy.id) == labels.all_of(store.root)[copy.id] == expected
    assert sorted(copy.folder.rglob("*")) == before
    assert [run.id for run in store.list()] == [copy.id]


@given(st.lists(WORDS, max_size=labels.MOST_TAGS, unique=True), st.text(max_size=100))
def test_any_tag_and_note_come_back(tmp_path_factory, tags, note):
    root = tmp_path_factory.getbasetemp()
    wanted = tuple(dict.fromkeys(tag.strip() for tag in tags))
    if all(map(labels.is_tag, wanted)):
        labels.write(root, "vae-0123456789abcdef", tags, note)
        assert labels.of(root, "vae-0123456789abcdef") == Label(tags=wanted, note=note)


@pytest.mark.parametrize("tags", [["two words"], [""], ['"'], ["x" * 41], [f"t{i}" for i in range(13)], ["a\nb"]])
def test_no_tags(store, tags):
    with pytest.raises(RepzError, match=r"^A run has at most 12 tags, each one word of at most 40 letters; got .*\.$"):
        labels.write(store.root, "vae-0123456789abcdef", tags, "")
    assert labels.all_of(store.root) == {}


def test_a_note_has_an_end(store):
    with pytest.raises(RepzError, match="at most 2000 letters; got 2001"):
        labels.write(store.root, "vae-0123456789abcdef", [], "x" * 2001)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"tags": ["a b"]}', b"\xff", b"[" * 100_000])
def test_a_damaged_label_is_none(store, content):
    labels.write(store.root, "vae-0123456789abcdef", ["x"], "")
    (store.root / "labels" / "vae-0123456789abcdef.json").write_bytes(content)
    assert labels.all_of(store.root) == {}
    assert labels.of(store.root, "vae-0123456789abcdef") == Label()


def test_pins(store, copy, done):
    store.pin(copy, True)
    assert copy.pinned
    assert store.offered() == []
    store.pin(copy, False)
    store.pin(copy, False)
    assert [run.id for run in store.offered()] == [copy.id]
    store.shipped = done.folder.parent
    with pytest.raises(RepzError, match="came with the lab"):
        RunStore(store.root.parent / "other", done.folder.parent).pin(done, True)


# --- the trash ---


def test_undo_brings_a_run_back_whole(store, copy):
    labels.write(store.root, copy.id, ["x"], "")
    before = {path: path.read_bytes() for path in copy.folder.rglob("*.*")}
    store.delete(copy)
    assert store.list() == []
    assert trash.discarded(store.root) == [copy.id]
    assert store.restore(copy.id).status.state == "done"
    assert {path: path.read_bytes() for path in copy.folder.rglob("*.*")} == before
    assert trash.discarded(store.root) == []
    assert labels.of(store.root, copy.id).tags == ("x",)


def test_the_trash_keeps_the_last_few(store, tiny, monkeypatch):
    monkeypatch.setattr(trash, "KEPT", 2)
    runs = [store.submit(tiny(seed=seed)) for seed in range(4)]
    labels.write(store.root, runs[0].id, ["x"], "")
    for run in runs:
        store.delete(run)
    assert trash.discarded(store.root) == [runs[3].id, runs[2].id]
    assert labels.all_of(store.root) == {}
    with pytest.raises(RepzError, match=rf"^Run {runs[0].id} is gone for good: the last 2 .*\.$"):
        store.restore(runs[0].id)
    with pytest.raises(RepzError, match="gone for good"):
        store.restore("../labels")


def test_deleted_twice_and_trained_anew(store, tiny):
    run = store.submit(tiny())
    store.delete(run)
    again = store.submit(tiny())
    with pytest.raises(RepzError, match="is here again already"):
        store.restore(run.id)
    store.delete(again)
    assert trash.discarded(store.root) == [run.id]
    assert store.restore(run.id).recipe == tiny()


def test_the_label_of_a_run_trained_anew_outlives_the_old_one(store, tiny):
    run = store.submit(tiny())
    labels.write(store.root, run.id, ["kept"], "")
    store.delete(run)
    store.submit(tiny())
    assert trash.empty(store.root) == [run.id]
    assert labels.of(store.root, run.id).tags == ("kept",)


def test_what_was_deleted_makes_room_first(store, tiny, monkeypatch):
    run = store.submit(tiny())
    (run.folder / "events.jsonl").write_bytes(bytes(1_100_000))
    monkeypatch.setenv("REPZ_DISK", "1")
    with pytest.raises(RepzError, match="REPZ_DISK"):
        store.submit(tiny(seed=1))
    store.delete(run)
    assert store.submit(tiny(seed=1)).status.state == "queued"
    assert trash.discarded(store.root) == []


# --- several runs in one file ---


@pytest.fixture
def pair(store, copy, tiny):
    other = store.submit(tiny(seed=1))
    (other.folder / "status.json").write_text(json.dumps({"state": "stopped"}))
    return [copy, other]


def test_runs_go_out_and_come_in_together(pair, tmp_path):
    file = bundle.export(pair, tmp_path / "runs.zip")
    other = RunStore(tmp_path / "other")
    assert [run.id for run in bundle.import_(file, other)] == [run.id for run in pair]
    assert other.open(pair[0].id).events() == pair[0].events()
    assert bundle.packed(pair) == file.read_bytes()
    assert bundle.packed(pair[:1]) == packed(pair[0])
    assert [run.id for run in bundle.import_(packed(pair[0]), other)] == [pair[0].id]


def zipped(files, packing=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["empty", "packed", "other names", "nested", "cut", "no zip", "too many"])
def test_what_is_no_bundle_is_one_sentence(kind, pair, tmp_path):
    id, content = pair[0].id, packed(pair[0])
    given = {
        "empty": zipped([]),
        "packed": zipped([(f"{id}.zip", content)], zipfile.ZIP_DEFLATED),
        "other names": zipped([(f"{id}.zip", content), ("../x.zip", content)]),
        "nested": zipped([(f"{id}.zip", zipped([(f"{id}.zip", content)]))]),
        "cut": bundle.packed(pair)[:5000],
        "no zip": b"PK\x01\x02" * 11_000,
        "too many": zipped([(f"vae-{i:016x}.zip", b"") for i in range(bundle.MOST_RUNS + 1)]),
    }[kind]
    store = RunStore(tmp_path / "other")
    with pytest.raises(RepzError, match=r"^[^\n]+\.$"):
        bundle.import_(given, store)
    assert [run.folder.parent for run in store.list() if run.folder.parent == store.root] == []


def test_too_many_at_once(copy):
    for runs in ([], [copy] * 51):
        with pytest.raises(RepzError, match=rf"1 to 50 runs; got {len(runs)}"):
            bundle.packed(runs)


# --- TensorBoard ---


def test_checksums_are_castagnolis():
    """RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms."""
    assert tensorboard.crc32c(b"123456789") == 0xE3069283
    assert tensorboard.crc32c(bytes(32)) == 0x8A9136AA
    assert tensorboard.crc32c(b"\xff" * 32) == 0x62A8AB43
    assert tensorboard.crc32c(bytes(range(32))) == 0x46DD794E


def event_class():
    """tensorboard/compat/proto's Event, as far as scalars go, for a decoder that is not ours."""
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", syntax="proto3")
    double, single, whole, text, message = 1, 2, 3, 9, 11
    for name, fields in {
        "Value": [("tag", 1, text, ""), ("simple_value", 2, single, "")],
        "Summary": [("value", 1, message, ".Value")],
        "Event": [("wall_time", 1, double, ""), ("step", 2, whole, ""), ("file_version", 3, text, ""),
                  ("summary", 5, message, ".Summary")],
    }.items():  # fmt: skip
        made = file.message_type.add(name=name)
        for field, number, kind, other in fields:
            label = 3 if name == "Summary" else 1
            made.field.add(name=field, number=number, type=kind, label=label, type_name=other or None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Event"))


def decoded(content):
    """The events of a file, every checksum held."""
    cls, place, found = event_class(), 0, []
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        data = content[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", content, place + 8)[0] == tensorboard.masked(content[place : place + 8])
        assert struct.unpack_from("<I", content, place + 12 + length)[0] == tensorboard.masked(data)
        found.append(cls.FromString(data))
        place += 16 + length
    return found


def test_the_known_bytes_of_a_version_record():
    """As TensorFlow writes an event file's first record, at time 0."""
    first = tensorboard.record(b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2")
    assert first[:8] == b"\x18" + bytes(7)
    assert first[8:12] == b"\xa3\x7f\x4b\x22", first[8:12].hex()


def test_rows_become_scalars(copy, tmp_path):
    path = tensorboard.write(copy, tmp_path / "tb")
    assert path.parent == tmp_path / "tb" / copy.id
    assert "tfevents" in path.name  # what TensorBoard looks for
    first, *events = decoded(path.read_bytes())
    assert first.file_version == "brain.Event:2"
    rows = copy.events()
    assert [event.step for event in events] == [*(row["step"] for row in rows), copy.status.step]
    for event, row in zip(events, rows, strict=False):
        values = {value.tag: value.simple_value for value in event.summary.value}
        numbers = {name: value for name, value in row.items() if name not in ("step", "seconds")}
        named = {f"validation/{n[4:]}" if n.startswith("val_") else f"train/{n}": v for n, v in numbers.items()}
        assert values == pytest.approx(named, rel=1e-6)
    last = {value.tag: value.simple_value for value in events[-1].summary.value}
    assert last == pytest.approx({f"test/{name}": value for name, value in copy.status.metrics.items()}, rel=1e-6)
    assert [event.wall_time for event in events] == sorted(event.wall_time for event in events)


@given(st.integers(0, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=300))
def test_any_step_value_and_name(step, value, tag):
    [event] = decoded(tensorboard.record(tensorboard.event(1.5, step, {tag: value})))
    assert (event.wall_time, event.step, event.summary.value[0].tag) == (1.5, step, tag)
    assert event.summary.value[0].simple_value == struct.unpack("<f", tensorboard._float(value))[0]


def test_a_place_that_takes_nothing_is_one_sentence(copy, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RepzError, match=r"cannot be written: .*; name another place\.$"):
        tensorboard.write(copy, tmp_path / "file" / "below")
