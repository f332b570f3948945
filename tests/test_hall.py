"""`make hall`: the checks before it, the way in, and the command itself, started and stopped."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
import segno

from pages import hall, lan, preflight

ROOT = Path(__file__).parent.parent


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


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
    assert {"#fff", "#000"} <= set(re.findall("#[0-9a-f]{3}", drawing))


def test_a_port_that_is_taken_is_told(port: int) -> None:
    assert preflight.taken(port) == ""
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", port))
        holder.listen()
        assert f"Port {port} is taken" in preflight.taken(port)
    assert "make hall PORT=8600" in preflight.taken(70_000)


def test_the_way_in_is_tried(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [finding.remedy for finding in preflight.check_way_in("way in", port, "127.0.0.2")][1:] == [""]

    def refused(*_place: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refused)
    (found,) = preflight.check_way_in("way in", port, "10.0.0.1")
    assert f"nothing gets through to 10.0.0.1:{port}" in found.found
    assert "firewall" in found.remedy


@pytest.mark.parametrize(("cores", "spare"), [({0}, False), ({0, 1}, True)])
def test_a_single_core_is_told(cores: set[int], spare: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: cores, raising=False)
    (found,) = preflight.check_spare_core("spare core")
    assert (found.remedy == "") is spare


def test_a_code_is_easy_to_type_and_never_the_same() -> None:
    codes = {hall.new_code() for _try in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch(f"[{hall.LETTERS}]{{4}}-[{hall.LETTERS}]{{4}}", code) for code in codes)


def start(port: int, home: Path, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pages.hall", "--port", str(port)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "REPZ_HOME": str(home), **settings},
    )  # fmt: skip


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except OSError:
        return False
    return True


def test_the_hall_opens_and_closes(port: int, tmp_path: Path) -> None:
    process, card = start(port, tmp_path), tmp_path / "supervisor.json"
    try:
        end = time.monotonic() + 120
        while not (answers(f"http://{lan.address()}:{port}/_stcore/health") and card.exists()):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.2)
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[0]
        chief = psutil.Process(json.loads(card.read_text())["pid"])
        chief.kill()  # it would wait a minute for the next server
        psutil.wait_procs([chief], timeout=10)
    assert "recordings are whole" in said
    assert f"Viewers open http://{lan.address()}:{port}/" in said
    assert re.search(rf"gives the code [{hall.LETTERS}]{{4}}-[{hall.LETTERS}]{{4}}\n", said)
    assert "█" in said
    assert "external IP" not in said


def test_a_fatal_fault_is_one_sentence_and_nothing_starts(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("0.0.0.0", 0))
        holder.listen()
        port = holder.getsockname()[1]
        process = start(port, tmp_path)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert said.startswith(f"Port {port} is taken")
    assert len(said.splitlines()) == 1


def test_a_code_that_is_too_short_is_told() -> None:
    assert "REPZ_CODE must have 6 letters at the least, got 3" in hall.too_short("abc")
    assert hall.too_short(hall.new_code()) == ""
