"""Run folders in which something else lies than a run writes: listed, opened and read with one sentence at most."""

import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repz_core.config import RepzError
from repz_core.run import Run
from repz_core.runs import RunStore
from tests.conftest import read_all

FIRST = "snapshots/0000000.safetensors.gz"
NAMES = (
    "recipe.json", "status.json", "control.json", "events.jsonl", "events.jsonl.gz", "weights.safetensors",
    "now.safetensors.gz", "states", "states/0000020.safetensors", "snapshots", FIRST,
)  # fmt: skip


def put(path, kind):
    """Replace what is at `path` by something of that kind."""
    path.parent.mkdir(exist_ok=True) if not path.parent.is_file() else None
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif isinstance(kind, bytes):
        path.write_bytes(kind)


KINDS = st.sampled_from(["folder", "loop", "dangling", "gone"]) | st.binary(max_size=30)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(NAMES), KINDS), min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
def test_whatever_lies_there_is_a_run_or_one_sentence(done, tmp_path_factory, changes):
    root = tmp_path_factory.mktemp("folders")
    shutil.copytree(done.folder, root / done.id)
    for name, kind in sorted(changes, key=lambda change: -len(change[0])):
        put(root / done.id / name, kind)
    store, run = RunStore(root, shipped=root / "none"), Run(root / done.id)
    assert len(store.list()) <= 1
    for read in (
        lambda: store.open(done.id),
        lambda: store.find(done.recipe),
        lambda: read_all(run),
        lambda: run.frames() and run.snapshot(run.frames()[-1]),
        lambda: run.weights(),
        lambda: run.steer(until=1),
    ):
        try:
            read()
        except RepzError as error:
            assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
    shutil.rmtree(root)


@pytest.mark.parametrize("kind", ["folder", "loop", "file"])
def test_a_run_root_of_another_kind_holds_no_run(kind, tmp_path, tiny):
    root = tmp_path / "root"
    put(root, b"text" if kind == "file" else kind)
    if kind == "folder":
        (root / "vae-0123456789abcdef").write_text("a file of a run's name")
        os.mkfifo(root / "vae-0123456789abcdee")
    store = RunStore(root, shipped=tmp_path / "none")
    assert store.list() == []
    assert store.find(tiny()) is None
