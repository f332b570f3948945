"""Runs are folders: found, replayed, steered and deleted; whatever lies in one, a reader gets one sentence."""

import json
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core import runs
from repz_core.config import RepzError
from repz_core.run import Run, write_json
from repz_core.runs import RunStore, run_id
from tests.conftest import read_all
from tests.test_run import DAMAGE

ONE_SENTENCE = r"^[^\n]+\.$"


def settle(run, **changes):
    write_json(run.folder / "status.json", run.status.replace(**changes).model_dump())


def test_submit_writes_a_queued_run(store, tiny):
    recipe = tiny()
    assert store.find(recipe) is None
    assert store.list() == []
    run = store.submit(recipe)
    assert run.id == run_id(recipe) == f"vae-{recipe.digest()}"
    assert (run.recipe, run.status.state, run.control.desired) == (recipe, "queued", "run")
    assert (run.events(), run.frames(), run.state()) == ([], [], None)
    assert [found.id for found in store.list()] == [store.open(run.id).id] == [run.id]
    assert store.find(recipe).folder == store.submit(recipe).folder == run.folder
    assert sorted(path.name for path in store.root.iterdir()) == [run.id]
    assert sorted(path.name for path in run.folder.iterdir()) == ["control.json", "recipe.json"]
    with pytest.raises(RepzError, match=ONE_SENTENCE):
        run.model()


def test_the_root_is_made_when_it_is_needed(tmp_path, tiny):
    root = tmp_path / "a" / "b"
    assert RunStore(root, shipped=tmp_path).list() == []
    assert RunStore(root).submit(tiny()).folder.parent == root


def test_a_root_that_cannot_be_written_is_one_sentence(tmp_path, tiny):
    (tmp_path / "file").touch()
    with pytest.raises(RepzError, match=r"cannot be written to .*/file/runs/vae-.*: .*\.$"):
        RunStore(tmp_path / "file" / "runs").submit(tiny())


def test_a_draft_that_fails_leaves_nothing(store, tiny, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write_json", full)
    with pytest.raises(RepzError, match="No space left on device"):
        store.submit(tiny())
    assert list(store.root.iterdir()) == []


def test_a_done_run_is_replayed(copy, store):
    before = {path: path.read_bytes() for path in copy.folder.rglob("*.*")}
    assert store.submit(copy.recipe).status.state == "done"
    assert {path: path.read_bytes() for path in copy.folder.rglob("*.*")} == before


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_run_that_had_ended_early_is_queued_again(state, copy, store):
    settle(copy, state=state, message="Something.", restarts=2, step=7)
    copy.steer(desired="stop")
    again = store.submit(copy.recipe)
    assert (again.status.state, again.status.message, again.status.restarts, again.status.step) == ("queued", "", 0, 7)
    assert again.control.desired == "run"


def test_a_run_under_way_is_left_alone(copy, store):
    for state in ("queued", "running", "paused"):
        settle(copy, state=state)
        copy.steer(desired="pause", until=9)
        again = store.submit(copy.recipe)
        assert (again.status.state, again.control.desired, again.control.until) == (state, "pause", 9)


def test_submitting_a_stopped_run_whose_worker_is_just_leaving(copy, store):
    settle(copy, state="stopped")
    with copy.lock():
        try:
            store.submit(copy.recipe)
        except RepzError as error:
            assert "\n" not in str(error)  # noqa: PT017 (to wait is as good)


def test_list_is_newest_first_then_shipped(store, tiny, done):
    store.shipped = done.folder.parent
    ids = [store.submit(tiny(seed=seed)).id for seed in (1, 2, 3)]
    for age, id in enumerate(reversed(ids)):
        os.utime(store.root / id / "recipe.json", (1e9 - age, 1e9 - age))
    store.open(ids[0]).steer(desired="pause")  # what a run writes later does not make it newer
    assert [run.id for run in store.list()] == [*reversed(ids), done.id]


def test_delete(store, tiny):
    run, other = store.submit(tiny()), store.submit(tiny(seed=1))
    with run.lock(), pytest.raises(RepzError, match="stop it before deleting"):
        store.delete(run)
    store.delete(run)
    assert not run.folder.exists()
    assert [found.id for found in store.list()] == [other.id]


def test_a_deleted_run_is_one_sentence(store, tiny):
    """Its page may still be open."""
    run = store.submit(tiny())
    store.delete(run)
    with pytest.raises(RepzError, match=rf"^There is no run {run.id} here"):
        store.open(run.id)
    for act in (lambda: run.steer(desired="stop"), lambda: store.delete(run)):
        with pytest.raises(RepzError, match=ONE_SENTENCE):
            act()


def test_a_run_deleted_while_listing_is_passed_over(store, tiny, monkeypatch):
    run, real = store.submit(tiny()), runs._run_folders
    monkeypatch.setattr(runs, "_run_folders", lambda parent: [*real(parent), store.root / "vae-0123456789abcdef"])
    assert [found.id for found in store.list()] == [run.id]


def test_shipped_runs_are_read_only(done, store, monkeypatch):
    store.shipped = done.folder.parent
    monkeypatch.setattr("repz_core.run.SHIPPED", done.folder.parent)
    shipped = store.submit(done.recipe)
    assert shipped.folder == done.folder
    with pytest.raises(RepzError, match="recording"):
        shipped.steer(desired="stop")
    with pytest.raises(RepzError, match="shipped"):
        store.delete(shipped)
    assert read_all(shipped)


NO_IDS = ["", "../x", "..", "/etc", "vae", "vae-123", "VAE-0123456789abcdef", "vae-0123456789abcdef/..", "x" * 200,
          "vae-" + "é" * 16, "vae-0123456789abcdef\n", "a\nb", "数据-0123456789abcdef", "\0"]  # fmt: skip


@pytest.mark.parametrize("id", NO_IDS)
def test_ids_of_the_wrong_form(id, store):
    with pytest.raises(RepzError, match=r"^[^\n]{0,70} is no run id; one looks like vae-0123456789abcdef\.$"):
        store.open(id)


@given(st.text())
def test_any_text_is_an_id_or_one_sentence(text):
    with pytest.raises(RepzError, match=ONE_SENTENCE):
        RunStore().open(text)


@pytest.mark.parametrize("kind", ["no recipe", "broken recipe", "unknown method", "status nonsense"])
def test_an_unreadable_folder_is_kept_aside_when_its_recipe_is_submitted(kind, copy, store, done):
    name, content = DAMAGE[kind]
    for times in (1, 2):
        (copy.folder / name).write_bytes(content or b"")
        run = store.submit(done.recipe)
        assert (run.id, run.status.state, run.recipe) == (done.id, "queued", done.recipe)
        assert [found.id for found in store.list()] == [done.id]
        aside = [path for path in store.root.iterdir() if path.name != done.id]
        assert len(aside) == times
    assert any((path / "weights.safetensors").exists() for path in aside)


def test_a_folder_with_another_recipe_is_not_the_run(copy, store, tiny, done):
    write_json(copy.folder / "recipe.json", tiny(seed=9).model_dump(mode="json"))
    assert store.submit(done.recipe).recipe == done.recipe


def test_two_who_create_at_once_get_one_run(store, tiny, monkeypatch):
    """The second had looked before the first's folder was there."""
    real, first = tempfile.mkdtemp, []

    def meanwhile(*arguments, **options):
        monkeypatch.setattr(tempfile, "mkdtemp", real)
        first.append(store.create(tiny(), store.root / run_id(tiny())))
        (first[0].folder / "events.jsonl").write_text("a worker is at it\n")
        return real(*arguments, **options)

    monkeypatch.setattr(tempfile, "mkdtemp", meanwhile)
    second = store.submit(tiny())
    assert second.folder == first[0].folder
    assert (second.folder / "events.jsonl").exists()
    assert [path.name for path in store.root.iterdir()] == [second.id]


def test_write_json_replaces_whole(tmp_path):
    path = tmp_path / "status.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [found.name for found in tmp_path.iterdir()] == ["status.json"]


def test_several_threads_of_a_server_may_steer(store, tiny):
    run = store.submit(tiny())
    barrier = threading.Barrier(4)

    def clicks(thread):
        barrier.wait()
        for i in range(100):
            run.steer(until=1000 * thread + i)
            assert run.control.until >= 0

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(clicks, thread) for thread in range(4)]:
            done.result()
    assert sorted(path.name for path in run.folder.iterdir()) == ["control.json", "recipe.json"]


def test_the_lock_excludes(store, tiny):
    run = store.submit(tiny())
    assert not run.locked()
    with run.lock():
        assert run.locked()
        assert Run(run.folder).locked()
        with pytest.raises(BlockingIOError), run.lock():
            pass
    assert not run.locked()


def test_wake_reaches_who_listens(store, tiny):
    os.mkfifo(store.root / "wake")
    store.wake()  # nobody reads
    pipe = os.open(store.root / "wake", os.O_RDONLY | os.O_NONBLOCK)
    store.submit(tiny())
    assert os.read(pipe, 10) == b"!"
    os.close(pipe)
