"""The form of what `make bench` prints, at tiny sizes and without peers. Never a time: those depend on the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from repz_core.bench import tasks
from repz_core.bench.__main__ import main
from repz_core.bench.measure import Result, Settings, interleave

ROOT = Path(__file__).parent.parent
FIELDS = {"task", "ours", "peer", "peer_name", "ratio", "required", "unit", "runs", "quality_ours", "quality_peer"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Every line of a quick run in a process of its own, parsed."""
    environment = os.environ | {"REPZ_HOME": str(tmp_path_factory.mktemp("home"))}
    done = subprocess.run(
        [sys.executable, "-m", "repz_core.bench", "--quick"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_machine_line_comes_first(rows):
    machine = rows[0]["machine"]
    assert machine["cpu"]
    assert machine["cores"] >= 1
    assert {"python", "torch", "numpy"} <= machine.keys()
    assert machine["peers"] is None


def test_a_line_says_that_there_are_no_peers(rows):
    assert "--peers" in rows[1]["note"]


def test_every_task_has_a_line(rows):
    assert [row["task"] for row in rows[2:]] == tasks.names()
    for row in rows[2:]:
        assert row.keys() >= FIELDS
        assert row["ours"] > 0
        assert row["runs"] >= 1
        assert row["unit"]


def test_only_what_needs_no_peer_has_one(rows):
    by_task = {row["task"]: row for row in rows[2:]}
    training = by_task["vae_training"]
    assert training["peer"] is None
    assert training["ratio"] is None
    assert training["quality_peer"] is None
    assert training["quality_ours"] > 0
    assert by_task["start_to_first_metric"]["peer"] > 0
    assert by_task["start_to_first_metric"]["limit"] == 0.3
    assert by_task["run_folder"]["peer_name"] is None


def test_a_failing_task_has_a_line_and_an_exit_code(monkeypatch, capsys):
    def broken(settings):
        raise ValueError("no")

    monkeypatch.setattr(tasks, "load", lambda name: broken)
    assert main(["--only", "run_folder"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"task": "run_folder", "error": "ValueError: no"}


def test_a_missing_interpreter_is_one_sentence(capsys, tmp_path):
    assert main(["--peers", str(tmp_path / "python")]) == 2
    assert "make bench" in capsys.readouterr().err


def test_sides_take_turns():
    order = []

    def side(name):
        return lambda i: order.append(name) or i

    assert interleave(3, side("ours"), side("peer")) == [[0, 1, 2], [0, 1, 2]]
    assert order == ["ours", "peer"] * 3
    assert interleave(2, side("ours"), None) == [[0, 1], []]


def test_ratio_above_one_means_ours_is_better():
    assert Result.of("t", "1/s", [3.0, 6.0, 9.0], [2.0]).ratio == 3.0
    assert Result.of("t", "s", [1.0], [4.0], less_is_better=True).ratio == 4.0
    assert Result.of("t", "s", [1.0], []).ratio is None


def test_numbers_are_printed_to_four_digits():
    row = Result.of("t", "s", [1.23456, 2.34567], [], limit=3.0).row()
    assert row["ours"] == 1.79
    assert row["range_ours"] == [1.235, 2.346]
    assert row["limit"] == 3.0


def test_sizes():
    assert [Settings(size=size).pick(1, 2, 3) for size in ("quick", "normal", "full")] == [1, 2, 3]
