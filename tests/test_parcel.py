"""What travels between a run's home and its node: whole at each moment, and no more than what is new."""

import json
import os
import threading

import pytest

from repz_core.executors.parcel import Change, Outbox, apply, pack, unpack
from repz_core.executors.work import work
from repz_core.run import Run
from tests.conftest import read_all


@pytest.fixture
def home(tmp_path, tiny, store):
    """The home folder of a run that a node is about to take."""
    return store.create(tiny(**{"training.steps": 300, "training.num_frames": 30}), tmp_path / "home" / "vae-0")


def is_whole(run):
    """Whoever goes on from here misses nothing: frames for their rows, rows for the state, all for "done"."""
    assert all(run.snapshot_file(step).exists() for step in run.frames())
    state = run.kept_step()
    rows = [row["step"] for row in run.events()]
    assert state <= max(rows, default=-1) or not rows
    assert rows == sorted(set(rows))
    if run.status.state == "done":
        assert rows[-1] == run.recipe.training.steps
        assert (run.folder / "weights.safetensors").exists()
    if run.status.looks:
        assert run.status.state != "paused" or run.now_file().exists()


def test_home_is_whole_after_each_single_change(home, tmp_path):
    away = Run(tmp_path / "node" / home.id)
    away.folder.parent.mkdir()
    unpack(pack(home.folder), away.folder)
    outbox = Outbox(away.folder)
    trainer = threading.Thread(target=work, args=(away,))
    trainer.start()
    going = True
    while going:
        going = trainer.is_alive()  # asked first: what it did last is collected
        for change in outbox.collect():
            apply(home.folder, [change])
            is_whole(Run(home.folder))
    trainer.join()
    assert home.status.state == "done"
    assert pack(home.folder) == pack(away.folder)
    assert not outbox.collect()
    read_all(home)


def test_a_packed_folder_is_unpacked_as_it_was(done, tmp_path):
    (done.folder / ".draft").write_bytes(b"half")
    unpack(pack(done.folder), tmp_path / done.id)
    assert pack(tmp_path / done.id) == pack(done.folder)
    assert not {".draft", "lock"} & set(os.listdir(tmp_path / done.id))
    (done.folder / ".draft").unlink()


def test_lines_come_home_whole_and_once_whatever_was_torn(home):
    log = home.folder / "events.jsonl"
    log.write_bytes(b'{"step":0}\n{"st')  # a courier was killed
    away = home.folder.parent / "away"
    unpack(pack(home.folder), away)
    outbox = Outbox(away)
    (away / "events.jsonl").write_bytes(b'{"step":0}\n{"step":1}\n{"ste')  # torn line cut, one more, and half a line
    [change] = outbox.collect()
    assert change == Change("events.jsonl", b'{"step":1}\n', 11)
    for _twice in range(2):
        apply(home.folder, [change])
        assert [json.loads(line) for line in log.read_bytes().splitlines()] == [{"step": 0}, {"step": 1}]
    (away / "events.jsonl").write_bytes(b'{"step":0}\n{"step":1}\n{"step":2}\n')
    assert outbox.collect() == [Change("events.jsonl", b'{"step":2}\n', 22)]


def test_a_newer_state_is_there_before_the_older_one_goes(home):
    states = home.folder / "states"
    states.mkdir()
    (states / "0000001.safetensors").write_bytes(b"one")
    outbox = Outbox(home.folder)
    (states / "0000002.safetensors").write_bytes(b"two")
    (states / "0000001.safetensors").unlink()
    assert outbox.collect() == [
        Change("states/0000002.safetensors", b"two"),
        Change("states/0000001.safetensors", None),
    ]


def test_a_disk_that_takes_no_more_leaves_the_file_as_it_was(home):
    before = pack(home.folder)
    (home.folder / "status.json").mkdir()  # cannot be replaced, even by root
    with pytest.raises(OSError, match=r"status"):
        apply(home.folder, [Change("status.json", b"{}")])
    (home.folder / "status.json").rmdir()
    assert pack(home.folder) == before
    assert not list(home.folder.glob(".status*"))
