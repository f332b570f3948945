"""`make hall`: the checks before it, the way in, and the command itself, started and stopped."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import segno

from pages import hall, lan, preflight
from repz_core import recipes
from repz_core.run import Run
from repz_core.runs import RunStore

ROOT = Path(__file__).parent.parent


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def shipped(tmp_path: Path) -> Run:
    """A copy of a shipped run."""
    run = RunStore().find(recipes.preset("vae", "2-D map of digits"))
    assert run
    return Run(Path(shutil.copytree(run.folder, tmp_path / run.id)))


def sentences(found: Iterator[preflight.Fault]) -> str:
    return " ".join(fault.sentence for fault in found)


def test_the_address_is_one_that_a_socket_can_be_bound_to() -> None:
    with socket.socket() as server:
        server.bind((lan.address(), 0))


def test_without_a_network_the_address_is_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "socket", Cut)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_place: [(0, 0, 0, "", ("127.0.1.1", 0))])
    assert lan.address() == "127.0.0.1"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_place: [(0, 0, 0, "", ("10.1.2.3", 0))])
    assert lan.address() == "10.1.2.3"


def test_the_square_holds_the_link() -> None:
    link = "http://192.168.178.20:8501/"
    wanted = segno.make(link, error="m", micro=False)
    assert lan.code(link).matrix == wanted.matrix
    drawing = lan.svg(link)
    size = len(wanted.matrix) + 8  # four dots of quiet on each side
    assert f'viewBox="0 0 {size} {size}"' in drawing
    assert "#fff" in drawing and "#000" in drawing


def test_a_port_that_is_taken_is_fatal_and_a_free_one_no_fault(port: int) -> None:
    assert list(preflight.of_port(port, "127.0.0.2"))[1:] == []
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", port))
        holder.listen()
        found = list(preflight.of_port(port, "127.0.0.1"))
    assert found[-1].fatal
    assert f"Port {port} is taken" in found[-1].sentence
    assert "make hall PORT=8600" in found[-1].sentence
    assert list(preflight.of_port(70_000, "127.0.0.1"))[-1].fatal


def test_an_address_that_leads_nowhere_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_place: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refused)
    assert f"Nothing gets through to 10.0.0.1:{port}" in sentences(preflight.of_port(port, "10.0.0.1"))


@pytest.mark.parametrize(("free", "fatal"), [(100, True), (1000, False), (None, None)])
def test_a_full_disk_is_told(
    free: int | None, fatal: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPZ_HOME", str(tmp_path / "new"))
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(0, 0, (free or 10_000) * 1_000_000)
    )
    found = list(preflight.of_disk())
    assert [fault.fatal for fault in found] == ([] if free is None else [fatal])


def test_a_folder_that_cannot_be_is_fatal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REPZ_HOME", str(tmp_path / "file" / "runs"))
    assert [fault.fatal for fault in preflight.of_disk()] == [True]


def test_one_core_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    assert "Only 1 core" in sentences(preflight.of_cores())


def test_a_shipped_run_is_whole_until_a_byte_of_it_is_lost(shipped: Run) -> None:
    recipe = shipped.recipe
    assert preflight.is_whole(shipped, recipe)
    assert not preflight.is_whole(shipped, recipe.replace(seed=99))
    frame = shipped.snapshot_file(shipped.frames()[3])
    content = frame.read_bytes()
    frame.write_bytes(content[:-40])
    assert not preflight.is_whole(shipped, recipe)
    frame.write_bytes(content)
    (shipped.folder / "weights.safetensors").unlink()
    assert not preflight.is_whole(shipped, recipe)


def test_missing_shipped_runs_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(tmp_path, shipped=tmp_path)
    monkeypatch.setattr(preflight, "RunStore", lambda: store)
    assert re.search(r"(\d+) of \1 shipped runs are missing", sentences(preflight.of_shipped_runs()))


def test_a_code_is_easy_to_type_and_never_the_same() -> None:
    codes = {hall.new_code() for _try in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch(f"[{hall.LETTERS}]{{4}}-[{hall.LETTERS}]{{4}}", code) for code in codes)


def start(port: int, home: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pages.hall", "--port", str(port)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "REPZ_HOME": str(home), **settings},
    )  # fmt: skip


def test_the_hall_opens_and_closes(port: int, tmp_path: Path) -> None:
    process = start(port, tmp_path)
    try:
        end = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"http://{lan.address()}:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < end
                time.sleep(0.2)
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
        chief = psutil.Process(json.loads((tmp_path / "supervisor.json").read_text())["pid"])
        chief.kill()  # it would wait a minute for the next server
        psutil.wait_procs([chief], timeout=10)
    assert f"Viewers open http://{lan.address()}:{port}/" in said
    assert re.search(rf"gives the code [{hall.LETTERS}]{{4}}-[{hall.LETTERS}]{{4}}\n", said)
    assert "█" in said
    assert "external IP" not in said


def test_a_fatal_fault_is_one_sentence_and_nothing_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", 0))
        holder.listen()
        port = holder.getsockname()[1]
        process = start(port, tmp_path, REPZ_CODE="abc")
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert f"Port {port} is taken" in said
    assert "REPZ_CODE must have 6 letters at the least, got 3" in said
    assert "Traceback" not in said and "Viewers open" not in said
