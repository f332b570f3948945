"""The form of what `make bench` prints, at tiny sizes and without peers. Never a time: those depend on the machine."""

import ast
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from repz_core.bench import page, tasks
from repz_core.bench.__main__ import _parser, command, main
from repz_core.bench.measure import Result, Settings, interleave

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.timeout(600)  # on a machine that many use; by itself it takes half a minute
WAITING = (("browser", "event_stream"), ("many_viewers", "start_to_first_metric", "worker_kills"))
FIELDS = {"task", "ours", "peer", "peer_name", "ratio", "required", "unit", "runs", "quality_ours", "quality_peer"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Every line of a quick run, parsed: of three processes at a time, since some tasks wait more than they compute."""
    home = str(tmp_path_factory.mktemp("home"))
    environment = os.environ | {"REPZ_HOME": home, "OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    others = [name for name in tasks.names() if not any(name in waiting for waiting in WAITING)]
    with ThreadPoolExecutor(3) as all_:
        (head, note, *rows), *found = all_.map(lambda names: printed(names, environment), [others, *WAITING])
    rows += [row for _head, _note, *more in found for row in more]
    return [head, note, *sorted(rows, key=lambda row: row["task"])]


def printed(names, environment):
    """The lines of a process of its own that measures those tasks."""
    command = [sys.executable, "-m", "repz_core.bench", "--quick", *(f"--only={name}" for name in names)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_machine_line_comes_first(rows):
    machine = rows[0]["machine"]
    assert machine["cpu"]
    assert machine["cores"] >= 1
    assert {"python", "torch", "numpy"} <= machine.keys()
    assert machine["peers"] is None
    assert rows[0]["command"].startswith("python -m repz_core.bench --only augmentation")


def test_a_line_says_that_there_are_no_peers(rows):
    assert "--peers" in rows[1]["note"]


def test_every_task_has_a_line(rows):
    assert [row["task"] for row in rows[2:]] == tasks.names()
    for row in rows[2:]:
        assert row.keys() >= FIELDS
        assert row["ours"] > 0
        assert row["runs"] >= 1
        assert row["unit"]
        assert row["took"] > 0


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
    assert by_task["linear_pca"]["quality_peer"] == pytest.approx(1)
    assert by_task["umap_map"]["quality_peer"] > 0.5


def test_tables_have_what_was_asked_for(rows):
    tables = {row["task"]: row["table"] for row in rows[2:]}
    assert all(0 < row["share"] < 2 and sum(row["where"].values()) > 0.9 for row in tables["peak_share"])
    figures = {row["figure"] for row in tables["browser"]}
    assert {"cold_heading", "warm_heading", "rerun", "rerun_server", "drag_p95", "scrub_vae_digits"} <= figures
    assert [row["viewers"] for row in tables["event_stream"]] == [1, 3]
    assert len({row["against"] for row in tables["scaling"]}) == 4
    assert all(row["seconds"] > 0 and row["megabytes"] > 0 for row in tables["scaling"])
    assert all(row["seconds"] > 0 for row in tables["time_to_quality"])


def test_the_page_has_every_line(rows):
    text = page.page(json.dumps(row) for row in rows)
    assert f"## `{rows[0]['command']}`" in text
    for row in rows[2:]:
        [line] = [line for line in text.splitlines() if line.startswith(f"| {row['task']} |")]
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        assert cells[3] == row["unit"]
        numbers = [float(cell.replace(",", "")) if cell else None for cell in (*cells[1:3], cells[4])]
        assert numbers == [row[name] for name in ("ours", "peer", "ratio")]
        source = ast.parse((ROOT / "repz_core/bench/tasks" / f"{row['task']}.py").read_text())
        assert ast.get_docstring(source) in text


def test_the_kept_page_is_of_the_kept_lines_and_has_every_task():
    lines = (ROOT / "docs/bench.jsonl").read_text(encoding="utf-8").splitlines()
    assert (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8") == page.page(lines)
    head, *rows = map(json.loads, lines)
    assert head["command"] == "make bench"
    assert {row["task"] for row in rows} >= set(tasks.names())
    assert sum(row["took"] for row in rows[: len(tasks.names())]) < 20 * 60


def test_what_falls_short_is_said():
    row = {"task": "vae", "ratio": 1.5, "required": 1.8, "ours": 3.0, "limit": None, "table": None}
    assert page.short(row) == ["vae 1.5, asked ≥ 1.8"]
    assert page.short(row | {"required": 1.5}) == []
    table = [
        {"figure": "scrub", "ours": 20.0, "least": 30.0, "limit": None},
        {"data": "digits", "ratio": 2, "required": 2},
    ]
    assert page.short(row | {"required": 0.0, "limit": 2.0, "table": table}) == [
        "vae 3, asked ≤ 2", "vae scrub 20, asked ≥ 30",
    ]  # fmt: skip
    assert page.short({"task": "vae", "error": "no"}) == ["vae failed"]


def test_a_failed_task_is_on_the_page():
    lines = [{"machine": {"cpu": "one"}, "command": "make bench"}, {"task": "browser", "error": "no", "took": 1.0}]
    assert "| browser | no |" in page.page(map(json.dumps, lines))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--peers", "P"], "make bench"),
        (["--peers", "P", "--full"], "make bench-full"),
        (["--quick"], "python -m repz_core.bench --quick"),
        (
            ["--peers", "P", "--only", "browser", "--full"],
            "python -m repz_core.bench --peers PYTHON --only browser --full",
        ),
    ],
)
def test_lines_say_what_makes_them_again(arguments, expected):
    assert command(_parser().parse_args(arguments)) == expected


def test_a_failing_task_has_a_line_and_an_exit_code(monkeypatch, capsys):
    def broken(settings):
        raise ValueError("no")

    monkeypatch.setattr(tasks, "load", lambda name: broken)
    assert main(["--only", "run_folder"]) == 1
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert row == {"task": "run_folder", "error": "ValueError: no", "took": row["took"]}


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
