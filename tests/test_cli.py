"""The command line: what it prints is for machines, and a fault is one line on standard error and exit code 2."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from repz_core import __main__ as cli
from repz_core import engine, recipes
from repz_core.datasets.catalogue import CARDS
from repz_core.runs import RunStore, run_id

ROOT = Path(cli.__file__).parent.parent
SETTINGS = ("model.k=2", "model.width=16", "training.batch_size=32", "training.num_frames=5", "threads=1")
TINY = ("vae", "--dataset", "digits", *(word for setting in SETTINGS for word in ("--set", setting)))


@pytest.fixture
def run(capsys, home):
    """run(*arguments): (exit code, lines on standard output, lines on standard error) of a command in this process."""

    def command(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as leaving:
            code = leaving.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return command


@pytest.fixture
def train(run):
    """train(*options): the summary of a tiny run."""

    def command(*options):
        code, out, err = run("train", *TINY, *options, "--json")
        assert (code, err) == (0, [])
        return json.loads(out[-1])

    return command


def files(folder):
    """Content and time of every file but the lock, which is opened by looking."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file() and path.name != "lock"]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def test_methods_and_datasets(run):
    code, out, _err = run("methods", "--json")
    assert (code, len(out)) == (0, 1)
    assert [row["name"] for row in json.loads(out[0])] == list(recipes.names())
    assert all("training.steps" in row["settings"] and row["title"] for row in json.loads(out[0]))
    code, out, _err = run("datasets", "--json")
    assert [row["name"] for row in json.loads(out[0])] == list(CARDS)
    assert {"shape", "size", "num_classes", "network", "version"} <= json.loads(out[0])[0].keys()
    assert len(run("methods")[1]) == len(recipes.names())
    assert len(run("datasets")[1]) == len(CARDS)


def test_train_from_a_shell(home):
    command = [sys.executable, "-m", "repz_core", "train", *TINY, "--steps", "20", "--seed", "3", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert list(summary) == ["run", "steps", "seconds", "examples_per_second", "metrics", "validation"]
    assert summary["steps"] == 20
    assert Path(summary["run"]).parent == home
    recipe = RunStore().open(Path(summary["run"]).name).recipe
    assert (recipe.seed, recipe.model.k, recipe.training.steps) == (3, 2, 20)


def test_evaluate_gives_the_metrics_of_train_exactly(run, train):
    summary = train("--steps", 20)
    for options in ([], ["--dataset", "digits"], ["--dataset", "digits", "--json"]):
        for which in (summary["run"], Path(summary["run"]).name):
            code, out, err = run("evaluate", which, *options)
            assert (code, err, len(out)) == (0, [], 1)
            assert json.loads(out[0]) == summary["metrics"]


def test_the_same_recipe_again_is_the_known_run(train, monkeypatch):
    summary = train("--steps", 20)
    before = files(summary["run"])
    monkeypatch.setattr(engine, "train", lambda *_a, **_o: pytest.fail("it trained again"))
    assert train("--steps", 20) == summary
    assert train("--steps", 20, "--out", summary["run"]) == summary
    assert files(summary["run"]) == before


def test_a_run_stopped_on_a_page_goes_on(train):
    summary = train("--seconds", 0.05)
    assert summary["steps"] < 200_000
    known = RunStore().open(Path(summary["run"]).name)
    known.steer(desired="stop")
    assert train("--seconds", summary["seconds"] + 0.2)["steps"] > summary["steps"]


def test_seconds(train):
    summary = train("--seconds", 0.2)
    assert 0 < summary["steps"] < 200_000
    assert summary["seconds"] >= 0.2
    assert summary["examples_per_second"] > 0
    assert set(summary["metrics"]) == {"recon", "kl", "elbo", "log_prior", "active_units", "nll"}


@pytest.mark.parametrize("exists", [False, True])
def test_out(exists, train, run, home, tmp_path, monkeypatch):
    """Also an empty folder made beforehand, as `mktemp -d` does, and a relative one."""
    if exists:
        (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    summary = train("--steps", 20, "--out", "here")
    assert summary["run"] == str(tmp_path / "here")
    assert (tmp_path / "here" / "weights.safetensors").exists()
    assert list(home.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert json.loads(run("evaluate", "here")[1][0]).keys() == summary["metrics"].keys()
    code, _out, err = run("train", *TINY, "--steps", 21, "--out", "here")
    assert (code, len(err)) == (2, 1)
    assert "another run" in err[0]


def test_runs(run, train, tiny):
    assert isinstance(json.loads(run("runs", "--json")[1][0]), list)
    summary = train("--steps", 20)
    queued = RunStore().submit(tiny(seed=8))
    found = {row["id"]: row for row in json.loads(run("runs", "--json")[1][0])}
    assert found[queued.id]["state"] == "queued"
    row = found[Path(summary["run"]).name]
    assert (row["state"], row["step"], row["folder"]) == ("done", 20, summary["run"])
    assert row["metrics"] == summary["metrics"]
    assert (row["method"], row["dataset"].split("@")[0]) == ("vae", "digits")
    assert any(queued.id in line for line in run("runs")[1])


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "cats", "--dataset", "digits"],
        ["train", "", "--dataset", "digits"],
        ["train", "a\nb", "--dataset", "digits"],
        ["train", "vae", "--dataset", "cats"],
        ["train", "vae", "--dataset", "digits@0badf00d"],
        ["train", "vae", "--dataset", ""],
        ["train", "vae"],
        ["train", *TINY, "--set", "model.k"],
        ["train", *TINY, "--set", "=3"],
        ["train", *TINY, "--set", "model.cats=3"],
        ["train", *TINY, "--set", "model.k=0"],
        ["train", *TINY, "--set", "model.k="],
        ["train", *TINY, "--set", "model=3"],
        ["train", *TINY, "--set", "training.lr=nan"],
        ["train", *TINY, "--set", "dataset=cats"],
        ["train", *TINY, "--set", "method=gan"],
        ["train", *TINY, "--steps", "0"],
        ["train", *TINY, "--steps", "-5"],
        ["train", *TINY, "--steps", "1.5"],
        ["train", *TINY, "--steps", "300000"],
        ["train", *TINY, "--seed", "-1"],
        ["train", *TINY, "--seed", "99999999999999999999"],
        ["train", *TINY, "--seconds", "-1", "--set", "training.steps=5"],
        ["train", *TINY, "--seconds", "0", "--set", "training.steps=5"],
        ["train", *TINY, "--seconds", "nan", "--set", "training.steps=5"],
        ["train", *TINY, "--steps", "5", "--seconds", "5"],
        ["train", *TINY, "--steps", "5", "--out", __file__],
        ["train", *TINY, "--steps", "5", "--out", f"{__file__}/below"],
        ["train", *TINY, "--steps", "5", "--out", ""],
        ["evaluate", "vae-0123456789abcdef"],
        ["evaluate", "../x"],
        ["evaluate", ""],
        ["evaluate", "x" * 300],
        ["evaluate", "数据\n"],
        ["evaluate", "\0"],
        ["evaluate", __file__],
        ["evaluate", str(Path(__file__).parent)],
        ["cats"],
        ["runs", "--cats"],
        [],
    ],
    ids=lambda arguments: " ".join(arguments[-4:]).replace(str(ROOT), "")[:40],
)
def test_a_fault_is_one_line_and_code_two(arguments, run, home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert code == 2
    assert out == []
    assert len(err) == 1, "\n".join(err)
    assert err[0].endswith(".")
    assert list(home.iterdir()) == [], "nothing is begun"


def test_a_folder_that_is_no_run_is_never_moved(run, tmp_path):
    theirs = tmp_path / "thesis" / "chapter.tex"
    theirs.parent.mkdir()
    theirs.write_text("years of work")
    code, _out, err = run("train", *TINY, "--steps", 5, "--out", theirs.parent)
    assert (code, len(err)) == (2, 1)
    assert "name another" in err[0]
    assert theirs.read_text() == "years of work"
    assert [path.name for path in theirs.parent.iterdir()] == ["chapter.tex"]
    assert not list(tmp_path.glob(".*"))


def test_faults_of_an_evaluation(run, train, tiny):
    summary = train("--steps", 20)
    queued = RunStore().submit(tiny(seed=8))
    for arguments, words in (
        ([summary["run"], "--dataset", "cats"], "There is no data set 'cats'"),
        ([summary["run"], "--dataset", "sprites"], "The model takes images of (1, 8, 8)"),
        ([queued.id], "has no weights yet"),
    ):
        code, out, err = run("evaluate", *arguments)
        assert (code, out, len(err)) == (2, [], 1)
        assert words in err[0]


def test_a_run_held_by_another_process(run, tiny):
    recipe = recipes.default("vae", "digits").replace(seed=5)
    with RunStore().submit(recipe).lock():
        code, _out, err = run("train", "vae", "--dataset", "digits", "--seed", 5)
    assert (code, len(err)) == (2, 1)
    assert f"{run_id(recipe)} is being trained by another process" in err[0]


def test_a_run_that_fails(run, monkeypatch):
    def fault(*_arguments, **_options):
        raise ZeroDivisionError("no")
        yield

    monkeypatch.setattr(engine, "train", fault)
    code, out, err = run("train", *TINY, "--steps", 20)
    assert (code, out) == (2, [])
    assert err == ["repz_core: Training stopped at step 0 on an unforeseen fault (ZeroDivisionError: no)."]


def test_ctrl_c_is_no_traceback(run, monkeypatch):
    def fault(*_arguments, **_options):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(engine, "train", fault)
    code, _out, err = run("train", *TINY, "--steps", 20)
    assert code in (0, 130)
    assert not any("Traceback" in line for line in err)


def test_ctrl_c_ends_a_run_and_keeps_what_there_is(home):
    often = ("--set", "training.num_frames=40")  # or the second frame comes after thousands of steps
    command = [sys.executable, "-m", "repz_core", "train", *TINY, *often, "--steps", "200000", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (
            started := [run for run in RunStore().list() if len(run.frames()) > 1 and run.folder.parent == home]
        ):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _err = process.communicate(timeout=60)
    assert process.returncode == 0
    status = started[0].status
    assert status.state == "stopped"
    assert json.loads(out.splitlines()[-1])["steps"] == status.step == started[0].state().step > 0
    assert status.metrics


def test_a_run_goes_out_and_comes_in(run, train, home, tmp_path, monkeypatch):
    id = Path(train("--steps", 20)["run"]).name
    monkeypatch.chdir(tmp_path)
    assert run("export", id) == (0, [f"{id}.zip"], [])
    code, out, _err = run("export", id, "--out", tmp_path / "b.zip", "--json")
    assert json.loads(out[0]) == [{"id": id, "file": str(tmp_path / "b.zip")}]
    before = RunStore().open(id).events()
    RunStore().delete(RunStore().open(id))
    assert run("import", f"{id}.zip") == (0, [id], [])
    assert RunStore().open(id).events() == before
    for command in (("import", "none.zip"), ("import", home), ("export", "vae-0123456789abcdef")):
        code, out, err = run(*command)
        assert (code, out, len(err)) == (2, [], 1)


def test_a_run_becomes_a_script_and_a_page(run, train, home, tmp_path, monkeypatch):
    id = Path(train("--steps", 20)["run"]).name
    monkeypatch.chdir(tmp_path)
    code, out, err = run("script", id)
    assert (code, err) == (0, [])
    assert any("recipes.default('vae', 'digits')" in line for line in out)
    assert run("script", id, "--out", "again.py") == (0, ["again.py"], [])
    assert (tmp_path / "again.py").read_text().splitlines() == out
    assert run("player", id) == (0, [f"{id}.html"], [])
    code, out, _err = run("player", id, id, "--out", tmp_path / "two.html", "--json")
    assert json.loads(out[0]) == [{"ids": [id, id], "file": str(tmp_path / "two.html")}]
    assert (tmp_path / f"{id}.html").read_text().startswith("<!doctype html>")
    for command in (("script", "none"), ("player", "none"), ("player", id, "--out", tmp_path / "no" / "where.html")):
        code, out, err = run(*command)
        assert (code, out, len(err)) == (2, [], 1)
