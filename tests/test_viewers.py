"""A small hall on a live run: twenty viewers who speak the real protocol, of whom some lose the network and come back.

The limits are wide, since other things run on a test's machine; `make bench-full` has the hall at its full size.
"""

import hashlib
import json
import subprocess
import sys

import pytest

from repz_core.run import Run
from tests.e2e.conftest import ROOT, Lab, lab  # noqa: F401 (a fixture)
from tests.viewer import Viewer, modules_of
from tests.viewers import quantiles, whole

VIEWERS = 20


@pytest.fixture(scope="module")
def report(lab, tiny):  # noqa: F811
    """What the viewers report of a run that trains for as long as they watch it."""
    run = lab.store.submit(tiny(**{"training.steps": 60_000, "training.num_frames": 30, "seed": 7}))
    yield watched(lab, run)
    run.steer(desired="stop")


def watched(lab: Lab, run: Run) -> dict:  # noqa: F811
    """The report on `run` by a process of its own, as in the bench."""
    command = [sys.executable, "-m", "tests.viewers", "--port", str(lab.port), "--pid", str(lab.process.pid)]
    command += ["--home", str(lab.home), "--run", run.id, "--viewers", str(VIEWERS)]
    command += ["--join", "4", "--stay", "4", "--share", "0.25"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr + lab.log()
    return json.loads(done.stdout)


def test_everybody_gets_the_page(report):
    assert report["viewers"] == report["scripts"] == VIEWERS
    assert report["first_script"]["p95"] < 15
    assert report["faults"] == []


def test_everybody_has_every_row_once_breaks_included(report):
    assert report["returned"] == VIEWERS / 4
    assert report["on_stage"] == VIEWERS
    assert report["rows"] > 10
    assert report["behind"] == report["wrong"] == 0


def test_everybody_has_every_frame(report):
    assert report["frames"]["fetched"] == report["frames"]["told"] >= 2 * VIEWERS


def test_viewers_cost_the_server_little(report):
    assert report["connected"]["server"] < 0.5
    assert report["memory"]["peak"] - report["memory"]["before"] < 100


def test_training_goes_on(report):
    assert sum(report[phase]["steps_per_second"] for phase in ("joining", "connected", "returning")) > 0


LOG = b'{"step":0}\n{"frame":0}\n{"step":1}\n'


def told(*events: bytes) -> Viewer:
    """A viewer who took these events."""
    viewer = Viewer(0, "run")
    for event in events:
        viewer.take(event)
    return viewer


def test_a_gap_and_a_double_are_noticed():
    first, second = b'id: 23\ndata: [{"step":0},{"frame":0}]', b'id: 34\ndata: [{"step":1}]'
    assert whole(told(first, second), LOG)
    assert whole(told(first), LOG)
    assert not whole(told(second), LOG)
    assert not whole(told(first, first, second), LOG)
    assert not whole(told(first, second, second), LOG)


def test_a_status_is_no_row():
    viewer = told(b'event: status\ndata: {"state": "running"}', b": still here")
    assert viewer.state == "running"
    assert viewer.rows == viewer.offset == 0
    assert viewer.digest.digest() == hashlib.sha256().digest()


def test_imports_of_a_part_are_found():
    text = b'import { parse } from "./safetensors.js";\nimport "../shared/run.js";\nimport("../x/y.js");'
    found = modules_of("/repz/assets/0a/shared/weights.js", text)
    assert found == {f"/repz/assets/0a/{name}" for name in ("shared/safetensors.js", "shared/run.js", "x/y.js")}
    assert modules_of("/repz/plotly/7.js", text) == set()


def test_quantiles():
    assert quantiles([]) == {}
    assert quantiles([1.0, 2.0, 3.0]) == {"p50": 2.0, "p95": 3.0, "max": 3.0}
    assert quantiles([float(i) for i in range(100)])["p95"] == 95.0
