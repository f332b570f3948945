"""The doctor: a healthy lab has no fault, each fault is found and comes with what to do."""

import fcntl
import http.server
import json
import os
import shutil
import threading
from contextlib import contextmanager

import pytest

from repz_core import __main__ as cli
from repz_core import datasets, doctor
from repz_core.config import RepzError
from repz_core.presence import code_version
from repz_core.run import SHIPPED
from repz_core.runs import RunStore
from repz_core.status import Status


@pytest.fixture(autouse=True)
def free_port(home, monkeypatch):
    """A home of its own, and a port where surely nobody answers."""
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "1")
    for name in doctor.Limits.model_fields:
        monkeypatch.delenv(f"REPZ_{name.upper()}", raising=False)


def faults(check):
    """The findings of one check that are faults."""
    return [finding for finding in check("it") if finding.remedy]


def test_a_healthy_lab_and_one_fault_on_the_command_line(capsys, monkeypatch):
    list(datasets.prepare())
    assert cli.main(["doctor", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["check"] for row in rows} == {check.__name__.removeprefix("check_") for check in doctor.CHECKS}
    assert all(row["ok"] and not row["remedy"] for row in rows)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_cores, doctor.check_disk))
    monkeypatch.setenv("REPZ_WORKERS", "4096")
    assert cli.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["FAULT", "Runs", "ok"]
    assert "REPZ_WORKERS" in lines[1]


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_disk, doctor.check_supervisor))
    monkeypatch.setenv("REPZ_QUEUE", "none")
    broken, fine = doctor.examine()
    assert (broken.check, "queue must be" in broken.remedy) == ("disk", True)
    assert fine.remedy == ""


def test_versions(monkeypatch):
    assert faults(doctor.check_versions) == []
    monkeypatch.setattr(doctor, "installed", lambda package: "-" if package == "torch" else "0.1")
    monkeypatch.setattr(doctor, "PYTHONS", ((2, 6), (2, 7)))
    python, packages = faults(doctor.check_versions)
    assert "make run PYTHON" in python.remedy
    assert "torch - (" in packages.found
    assert "make clean setup" in packages.remedy
    assert doctor.installed.__name__ == "<lambda>"


def test_a_package_that_is_missing_has_no_version():
    assert doctor.installed("no-such-package") == "-"
    assert doctor.installed("torch")[0].isdecimal()
    assert "+" not in doctor.installed("torch")


def test_disk(store, tiny, tmp_path, monkeypatch):
    assert faults(doctor.check_disk) == []
    run = store.submit(tiny())
    (run.folder / "status.json").write_text(Status(state="stopped").model_dump_json())
    (run.folder / "events.jsonl").write_bytes(bytes(2_100_000))
    monkeypatch.setenv("REPZ_DISK", "1")
    [full] = faults(doctor.check_disk)
    assert run.id in full.remedy
    monkeypatch.delenv("REPZ_DISK")
    (tmp_path / "file").touch()
    monkeypatch.setenv("REPZ_HOME", str(tmp_path / "file" / "runs"))
    [unwritable] = faults(doctor.check_disk)
    assert "REPZ_HOME" in unwritable.remedy


def test_cache(tmp_path, monkeypatch):
    list(datasets.prepare())
    whole = datasets.cache_folder()
    monkeypatch.setenv("REPZ_CACHE", str(tmp_path / "cache"))
    [empty] = faults(doctor.check_cache)
    assert "datasets --prepare" in empty.remedy
    shutil.copytree(whole, tmp_path / "cache", ignore=lambda _folder, names: {n for n in names if "@" not in n})
    assert faults(doctor.check_cache) == []
    [digits] = (tmp_path / "cache").glob("digits@*.npz")
    digits.write_bytes(digits.read_bytes()[:-100])
    [damaged] = faults(doctor.check_cache)
    assert "Prepare digits:" in damaged.remedy


@contextmanager
def answering(body):
    """A server on some port that answers everything with `body`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    with http.server.HTTPServer(("localhost", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_port(store, monkeypatch):
    assert faults(doctor.check_port) == []
    with pytest.raises(RepzError) as fault:
        store.open("doctor")
    with answering(str(fault.value).encode()) as port:
        monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(port))
        [finding] = doctor.check_port("port")
        assert (finding.found, finding.remedy) == (f"the lab answers on {port}", "")
    with answering(b"Cannot GET /repz/runs/doctor/weights") as port:
        monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(port))
        [foreign] = faults(doctor.check_port)
        assert f"STREAMLIT_SERVER_PORT={port + 1}" in foreign.remedy


@contextmanager
def holding(path):
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def test_supervisor(store, tiny):
    run = store.submit(tiny())
    [none] = doctor.check_supervisor("supervisor")
    assert "1 queued" in none.found
    assert none.remedy == ""
    assert sorted(path.name for path in store.root.iterdir()) == [run.id], "looking leaves nothing behind"
    with holding(store.root / "servers.lock"):
        [missing] = faults(doctor.check_supervisor)
        assert "supervisor.log" in missing.remedy
    card = {"pid": os.getpid(), "code": code_version(), "blocked": {}}
    with holding(store.root / "supervisor.lock"):
        (store.root / "supervisor.json").write_text(json.dumps(card))
        assert faults(doctor.check_supervisor) == []
        blocked = card | {"code": "old", "blocked": {run.id: "It cannot be written."}}
        (store.root / "supervisor.json").write_text(json.dumps(blocked))
        old, waits = faults(doctor.check_supervisor)
        assert "restart the web server" in old.remedy
        assert (run.id in waits.found, waits.remedy) == (True, "It cannot be written.")


@pytest.mark.parametrize("name", ["weights.safetensors", "events.jsonl.gz", "recipe.json", "a frame", "the folder"])
def test_shipped(name, tmp_path, monkeypatch):
    for folder in SHIPPED.iterdir():
        (tmp_path / folder.name).symlink_to(folder)
    broken = tmp_path / RunStore().list()[0].id
    broken.unlink()
    if name != "the folder":
        shutil.copytree(SHIPPED / broken.name, broken)
        file = sorted((broken / "snapshots").iterdir())[3] if name == "a frame" else broken / name
        file.unlink()
    monkeypatch.setattr(doctor, "SHIPPED", tmp_path)
    [finding] = faults(doctor.check_shipped)
    assert "66 of 67" in finding.found or "whole" in finding.found
    assert broken.name in finding.remedy
    assert "make checkpoints" in finding.remedy
