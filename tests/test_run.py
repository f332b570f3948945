"""Whatever lies in a run folder, a reader gets its content or one sentence."""

import gzip
import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from repz_core.config import RepzError
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.writer import RunWriter
from tests.conftest import read_all

ONE_SENTENCE = r"^[^\n]+\.$"


UNKNOWN_TYPE = b'@\0\0\0\0\0\0\0{"a":{"dtype":"F8_E8M0","shape":[1],"data_offsets":[0,1]}}      \0'
FIRST = "snapshots/0000000.safetensors.gz"
DAMAGE = {
    "no recipe": ("recipe.json", None),
    "broken recipe": ("recipe.json", b'{"method": '),
    "recipe no object": ("recipe.json", b"[1, 2]"),
    "unknown method": ("recipe.json", b'{"method": "cats", "dataset": "digits"}'),
    "unknown data set": ("recipe.json", b'{"method": "vae", "dataset": "cats"}'),
    "recipe without end": ("recipe.json", b"[" * 100_000),
    "recipe not text": ("recipe.json", b"\xff\xfe\x00"),
    "status nonsense": ("status.json", b'{"state": "asleep"}'),
    "control nonsense": ("control.json", b'{"desired": 1}'),
    "events line broken": ("events.jsonl", b'{"step": 0\n{"step": 1}\n'),
    "events line no object": ("events.jsonl", b'5\nnull\n"step"\n'),
    "events frame no number": ("events.jsonl", b'{"frame": "first"}\n'),
    "events frame endless": ("events.jsonl", b'{"frame": 1e999}\n'),
    "no snapshot": (FIRST, None),
    "snapshot truncated": (FIRST, 100),
    "snapshot empty inside": (FIRST, gzip.compress(b"")),
    "snapshot unknown type": (FIRST, gzip.compress(UNKNOWN_TYPE)),
    "weights truncated": ("weights.safetensors", 200),
    "weights of another net": ("weights.safetensors", save({})),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_one_sentence_naming_run_and_file(kind, copy, store):
    name, content = DAMAGE[kind]
    path = copy.folder / name
    path.write_bytes(path.read_bytes()[:content] if isinstance(content, int) else content or b"")
    if content is None:
        path.unlink()
    with pytest.raises(RepzError, match=rf"^(?=[^\n]{{,600}}$).*{copy.id}.*{path.name}"):
        read_all(copy)
    assert [run.id for run in store.list()] == ([] if name in ("recipe.json", "status.json") else [copy.id])


@given(st.data())
def test_random_bytes_in_any_file_are_no_other_error(done, tmp_path_factory, data):
    root = tmp_path_factory.mktemp("fuzz")
    shutil.copytree(done.folder, root / done.id)
    run = Run(root / done.id)
    path = data.draw(st.sampled_from(sorted(run.folder.rglob("*.*"))))
    raw = bytearray(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    start = data.draw(st.integers(0, len(raw)))
    raw[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    path.write_bytes(gzip.compress(bytes(raw)) if path.suffix == ".gz" else bytes(raw))
    try:
        read_all(run)
    except RepzError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either outcome is right)
    assert len(RunStore(root, shipped=root / "none").list()) <= 1
    shutil.rmtree(root)


def test_a_draft_of_a_state_is_no_state(store, tiny):
    """A worker killed while it wrote its first state leaves this."""
    run = store.submit(tiny())
    (run.folder / "states").mkdir()
    (run.folder / "states" / ".0000000.safetensors").write_bytes(b"half")
    assert run.state() is None


@given(st.integers(1, 2000))
def test_a_torn_last_line_is_ignored_and_cut(done, tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("torn") / done.id
    folder.mkdir()
    shutil.copy(done.folder / "recipe.json", folder)
    whole = (done.folder / "events.jsonl").read_bytes()
    torn = whole[: max(0, len(whole) - cut)]
    (folder / "events.jsonl").write_bytes(torn)
    run = Run(folder)
    rows = [json.loads(line) for line in torn.split(b"\n")[:-1]]
    assert run.events() == [row for row in rows if "step" in row]
    with RunWriter(run):
        pass
    kept = (folder / "events.jsonl").read_bytes()
    assert kept == torn[: torn.rfind(b"\n") + 1]
    shutil.rmtree(folder.parent)


def test_weights_need_no_torch_and_are_the_newest(copy, store, tiny):
    step, weights = copy.weights()
    assert step == copy.status.step == 20
    expected = copy.model().state_dict()
    assert weights.keys() == expected.keys()
    assert all(np.array_equal(weights[name], tensor.numpy()) for name, tensor in expected.items())
    run = store.submit(tiny(seed=4))
    with pytest.raises(RepzError, match="no weights yet; wait"):
        run.weights()
    leave = iter(range(9))
    work(run, interrupted=lambda: None if next(leave, None) is not None else "stopped")
    step, weights = run.weights()
    assert step == run.state().step > 0
    assert not [name for name in weights if "optimiser" in name]


def test_a_state_that_is_replaced_while_it_is_looked_for_is_no_fault(store, tiny, monkeypatch):
    run = store.submit(tiny(seed=5))
    leave = iter(range(9))
    work(run, interrupted=lambda: None if next(leave, None) is not None else "stopped")
    [newest] = (run.folder / "states").iterdir()
    older = newest.with_name("0000001.safetensors")
    listings = iter([[older], [newest]])
    monkeypatch.setattr(type(older), "glob", lambda self, pattern: next(listings))
    assert run.weights()[0] == int(newest.stem)
