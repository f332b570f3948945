"""A full disk and a read-only folder, the real things: mounts where we may, and everywhere a limit on files."""

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from repz_core import supervisor
from repz_core.config import RepzError
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.runs import RunStore, run_id
from repz_core.writer import RunWriter
from tests.test_supervisor import asked, chief, end_supervisor, until
from tests.test_work import content

ONE_SENTENCE = r"^[^\n]+\.$"


def mounted(*arguments: object) -> bool:
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=3m", "tmpfs", folder):
        pytest.skip("mounting takes root on Linux; the limit on files stands in for a full disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No byte is left on `disk`."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: what is beyond fails as on a full disk (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """`folder` refuses every write, root's too."""
    assert mounted("--bind", folder, folder)
    try:
        assert mounted("-o", "remount,ro,bind", folder)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory) -> Run:
    run = RunStore(tmp_path_factory.mktemp("undisturbed")).submit(tiny())
    work(run)
    return run


def drafts(run: Run) -> list[Path]:
    return [path for path in run.folder.rglob(".*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 300, 600, 3000, 20_000])
def test_files_that_cannot_grow_fail_in_words_and_the_run_goes_on_later(store, tiny, undisturbed, size):
    """The smallest: not even a status can be written. The largest: snapshots can, a state cannot."""
    run = store.submit(tiny())
    with files_of_at_most(size):
        try:
            said = work(run).message
        except RepzError as error:
            said = str(error)
    assert run.id in said
    assert "cannot be written" in said
    assert "File too large" in said
    assert drafts(run) == []
    assert not run.locked()
    assert work(store.submit(run.recipe)).state == "done"
    assert content(run) == content(undisturbed)


def test_a_line_of_the_log_is_written_whole_or_not_at_all(store, tiny):
    run = store.submit(tiny())
    with RunWriter(run) as writer:
        writer._append({"step": 0})
        with files_of_at_most(writer.path.stat().st_size + 5), pytest.raises(OSError, match=r"File too large|No space"):
            writer._append({"step": 1, "recon": 0.5})
        writer._append({"step": 2})
    assert [row["step"] for row in run.events()] == [0, 2]


def test_a_full_disk_takes_no_submission(small_disk, tiny, tmp_path):
    store = RunStore(small_disk / "root", shipped=tmp_path / "none")
    known = store.submit(tiny(seed=1))
    with full(small_disk), pytest.raises(RepzError, match="No space left on device") as fault:
        store.submit(tiny(seed=2))
    assert "\n" not in str(fault.value)
    assert [path.name for path in store.root.iterdir()] == [known.id]


def test_a_full_disk_fails_in_words_and_the_run_goes_on_later(small_disk, tiny, undisturbed, tmp_path):
    store = RunStore(small_disk / "root", shipped=tmp_path / "none")
    run = store.submit(tiny())
    calls = iter(range(1000))
    work(run, interrupted=lambda: "queued" if next(calls) >= 9 else None)
    with full(small_disk):
        with pytest.raises(RepzError, match=r"cannot be written \(No space left on device\)"):
            work(run)
        with pytest.raises(RepzError, match="No space left on device"):
            run.steer(desired="stop")
        assert drafts(run) == []
    assert work(run).state == "done"
    assert content(run) == content(undisturbed)


def test_a_read_only_folder_is_one_sentence(small_disk, tiny, tmp_path):
    store = RunStore(small_disk / "root", shipped=tmp_path / "none")
    run = store.submit(tiny())
    with read_only(run.folder):
        with pytest.raises(OSError, match="Read-only"):
            work(run)
        with pytest.raises(RepzError, match=ONE_SENTENCE):
            run.steer(desired="stop")
    with read_only(store.root):
        with pytest.raises(RepzError, match=r"Read-only.*\.$"):
            store.submit(tiny(seed=1))
        with supervisor.ensure(store.root):  # a server comes up and shows what there is
            assert [found.id for found in store.list()] == [run.id]
    with read_only(small_disk), supervisor.ensure(small_disk / "new"):
        assert RunStore(small_disk / "new", shipped=tmp_path / "none").list() == []


@pytest.fixture
def lab(small_disk: Path, tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(small_disk / "root", shipped=tmp_path / "none")
    with supervisor.ensure(store.root):
        yield store
    end_supervisor(store)


def waits_for_its_folder(run: Run, chief_pid: Callable[[], int]) -> bool:
    """Nobody is at it, though it has not ended, and the supervisor is well."""
    return run.status.state in ("running", "queued") and not _held(run) and os.path.exists(f"/proc/{chief_pid()}")


def _held(run: Run) -> bool:
    """As `run.locked()`, which opens the lock for writing."""
    inode = (run.folder / "lock").stat().st_ino
    return any(line.split()[5].endswith(f":{inode}") for line in Path("/proc/locks").read_text().splitlines())


def test_a_supervised_run_waits_until_its_folder_takes_something_again(lab, small_disk, tmp_path):
    plain = asked(21, steps=1500).replace(**{"model.width": 32})
    run = lab.submit(plain)
    pid = chief(lab).pid
    until(lambda: run.status.step > 50, "some steps")
    with full(small_disk):
        until(lambda: waits_for_its_folder(run, lambda: pid), "the worker's end")
        time.sleep(0.3)  # a supervisor that went on trying would be seen
        assert not _held(run)
    until(lambda: run.locked(), "the next worker")
    until(lambda: run.status.state == "running", "its first word")
    with read_only(run.folder):
        until(lambda: run.id in json.loads((lab.root / "supervisor.json").read_text())["blocked"], "the card")
        assert not _held(run)
        other = lab.submit(asked(22, steps=50).replace(**{"model.width": 32}))
        until(lambda: other.status.state == "done", "another run, meanwhile")
    until(lambda: run.status.state == "done", "the run's end")
    assert json.loads((lab.root / "supervisor.json").read_text())["blocked"] == {}
    folder = tmp_path / "plain"
    whole = RunStore(folder, shipped=folder / "none").create(plain, folder / run_id(plain))
    work(whole)
    assert content(run) == content(whole)
    assert chief(lab).pid == pid
