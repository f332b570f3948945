"""Sweeps: the grammar of axes, members by brute force, resumption, the search, and the front of the undominated."""

import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core import __main__ as cli
from repz_core import labels, pareto, presence, recipes, sweep, sweep_command
from repz_core.config import RepzError
from repz_core.executors.work import work
from repz_core.run import write_json
from repz_core.runs import RunStore, run_id
from repz_core.status import Status

BASE = recipes.default("vae", "digits")
ONE_SENTENCE = r"^[^\n]+\.$"


def made(*axes, **numbers):
    return sweep.make(BASE, [sweep.axis(BASE, text) for text in axes], **numbers)


# --- the grammar ---


def test_axes_of_each_kind():
    assert sweep.axis(BASE, "beta=0.5, 1,2").values == ("0.5", "1", "2")
    assert sweep.axis(BASE, "model.net=mlp,conv").path == "model.net"
    law = sweep.axis(BASE, "lr=log:1e-4:1e-2")
    assert (law.path, law.law, law.low, law.high) == ("training.lr", "log", 1e-4, 1e-2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("beta", "An axis is NAME=1,2,3"),
        ("beta=", "An axis is NAME=1,2,3"),
        ("betta=1", "'betta' is no knob of vae to sweep over; there are model.k, model.beta"),
        ("seed=1,2", "'seed' is no knob"),
        ("dataset=digits", "'dataset' is no knob"),
        ("beta=1,x", "model.beta must be a number from 0.0 to 20.0; got 'x'"),
        ("beta=21", "model.beta must be a number from 0.0 to 20.0"),
        ("beta=1,,2", "model.beta must be"),
        ("net=mlp,rnn", "model.net must be one of mlp, conv, linear; got 'rnn'"),
        ("beta=normal:0:1", "drawn by uniform:LOW:HIGH or log"),
        ("beta=log:0:1", "with LOW below HIGH; got 'beta=log:0:1'"),
        ("beta=uniform:2:1", "with LOW below HIGH"),
        ("beta=uniform:1", "with LOW below HIGH"),
        ("beta=uniform:nan:1", "with LOW below HIGH"),
        ("beta=uniform:1:inf", "model.beta must be"),
        ("beta=uniform:1:30", "model.beta must be a number from 0.0 to 20.0; got 30.0"),
        ("net=uniform:0:1", "A number is drawn"),
    ],
)
def test_a_wrong_axis_is_one_sentence(text, words):
    with pytest.raises(RepzError, match=words) as fault:
        sweep.axis(BASE, text)
    assert "\n" not in str(fault.value)


@given(st.text(alphabet="betalrs=:,.0123456789-e ", max_size=25) | st.text(max_size=40))
def test_any_text_is_an_axis_or_one_sentence(text):
    try:
        found = sweep.axis(BASE, text)
    except RepzError as error:
        assert "\n" not in str(error)  # noqa: PT017 (an axis is as good)
    else:
        assert found.values or found.low < found.high


# --- members ---

BETAS, KS = st.lists(st.integers(0, 20), min_size=1, max_size=4), st.lists(st.integers(1, 128), min_size=1, max_size=3)


@given(BETAS, KS, st.integers(1, 3))
def test_a_grid_is_the_product(betas, ks, seeds):
    found = made(f"beta={','.join(map(str, betas))}", f"k={','.join(map(str, ks))}", seeds=seeds)
    expected = set(itertools.product(map(float, betas), ks, range(seeds)))
    members = [(recipe.model.beta, recipe.model.k, recipe.seed) for recipe in sweep.members(found)]
    assert set(members) == expected
    assert len(members) == len(expected)
    assert all(
        recipe == BASE.replace(**{"model.beta": beta, "model.k": k, "seed": seed})
        for recipe, (beta, k, seed) in zip(sweep.members(found), members, strict=True)
    )


@given(st.integers(0, 2**31 - 1), st.integers(1, 8))
def test_draws_are_the_seeds_and_within_bounds(seed, runs):
    asked = made("beta=log:0.1:10", "k=uniform:2:64", "net=mlp,linear", runs=runs, seed=seed)
    members = sweep.members(asked)
    assert members == sweep.members(made("beta=log:0.1:10", "k=uniform:2:64", "net=mlp,linear", runs=runs, seed=seed))
    draws = {(recipe.model.beta, recipe.model.k) for recipe in members}
    assert len(members) == 2 * len(draws)
    assert len(draws) <= runs
    assert all(0.1 <= beta <= 10 and 2 <= k <= 64 for beta, k in draws)


def test_a_law_draws_as_it_says():
    axis, chance = sweep.axis(BASE, "lr=log:1e-5:1e-1"), random.Random(0)
    below = sum(sweep.draw(BASE, axis, chance) < 1e-3 for _draw in range(2000)) / 2000
    assert below == pytest.approx(0.5, abs=0.04)
    axis = sweep.axis(BASE, "beta=uniform:0:20")
    drawn = [sweep.draw(BASE, axis, chance) for _draw in range(2000)]
    assert sum(drawn) / 2000 == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(
    ("axes", "numbers", "words"),
    [
        (["beta=1,2", "model.beta=3"], {}, "Each knob is an axis of a sweep but once"),
        (["beta=log:0.1:10"], {"runs": 200, "seeds": 3}, "at most 512 runs; got 600"),
        (["beta=1"], {"seeds": 0}, "seeds must be a whole number from 1 to 100; got 0"),
        (["beta=1"], {"name": "Two words"}, "small letters, digits"),
        (["beta=1"], {"name": "../x"}, "small letters, digits"),
        (["free_bits=0,1", "objective=iwae"], {}, "model.free_bits must be 0 with the iwae objective"),
    ],
)
def test_a_wrong_sweep_is_one_sentence(axes, numbers, words):
    with pytest.raises(RepzError, match=words):
        made(*axes, **numbers)


# --- submission ---


def test_a_sweep_is_runs_with_a_tag_and_a_file(store):
    asked = made("beta=1,2", seeds=2, name="betas")
    ids = sweep.submit(store, asked)
    assert ids == [run.id for run in store.pending()] == [run_id(recipe) for recipe in sweep.members(asked)]
    assert {label.tags for label in labels.all_of(store.root).values()} == {("betas",)}
    assert sweep.names(store.root) == ["betas"]
    assert sweep.load(store.root, "betas") == asked
    assert sweep.submit(store, asked) == ids, "asked for again it is the same"
    with pytest.raises(RepzError, match="There is a sweep betas already"):
        sweep.submit(store, made("beta=1,3", name="betas"))
    assert made("beta=1,2").name == made("beta=1,2").name != made("beta=1,3").name


def test_what_is_done_is_not_trained_again(store, copy):
    asked = sweep.make(copy.recipe, [sweep.axis(copy.recipe, f"beta={copy.recipe.model.beta:g},3")])
    ids = sweep.submit(store, asked)
    assert ids[0] == copy.id
    assert [run.id for run in store.pending()] == ids[1:]


def test_a_sweep_has_to_fit_into_the_queue(store, monkeypatch):
    monkeypatch.setenv("REPZ_QUEUE", "4")
    sweep.submit(store, made("beta=1,2,3"))
    with pytest.raises(RepzError, match=r"2 runs more do not fit into the queue: 3 wait, and 4 may \(REPZ_QUEUE\)"):
        sweep.submit(store, made("beta=3,4,5"))
    assert len(store.pending()) == 3
    sweep.submit(store, made("beta=2,3,4"))
    assert len(store.pending()) == 4


def test_progress_and_the_time_left():
    done = Status(state="done", step=100, seconds=10.0)
    half = Status(state="running", step=50, seconds=5.0)
    found = [(done, 100), (half, 100), (Status(), 100), (Status(state="failed"), 100)]
    assert sweep.progress(found, 5, workers=1) == (5, 1, 1, 2, pytest.approx(15.0))
    assert sweep.progress(found, 5, workers=8).left == pytest.approx(7.5)
    assert sweep.progress([(Status(), 100)], 1, workers=1).left is None
    assert sweep.progress([(done, 100)], 1, workers=1).left is None


# --- the command, its workers put aside ---


@pytest.fixture
def command(home, capsys, monkeypatch):
    """command(train, *options): what `sweep` prints as JSON; `train(run)` in place of a worker."""
    monkeypatch.setattr(sweep_command, "_wait_for_supervisor", lambda store: None)
    monkeypatch.setattr(sweep_command.presence, "ensure", lambda root: nullcontext())

    def run(train, *options):
        monkeypatch.setattr(sweep_command.time, "sleep", lambda seconds: [train(run) for run in RunStore().pending()])
        code = cli.main(["sweep", "vae", "--dataset", "digits", *options, "--json"])
        out, err = capsys.readouterr()
        return json.loads(out) if code == 0 else err.splitlines()

    return run


TINY = [word for setting in ("model.width=16", "training.num_frames=3", "training.batch_size=32")
        for word in ("--set", setting)] + ["--steps", "5"]  # fmt: skip


def test_the_command_trains_all_members(command):
    rows = command(work, *TINY, "--grid", "beta=0.5,2", "--seeds", "2", "--name", "two")
    assert [row["knobs"] for row in rows] == [
        {"model.beta": beta, "seed": seed} for beta in (0.5, 2.0) for seed in (0, 1)
    ]
    assert {row["state"] for row in rows} == {"done"}
    assert all(row["metrics"]["recon"] > 0 for row in rows)
    again = command(lambda run: pytest.fail("it trained again"), *TINY, "--grid", "beta=0.5,2", "--seeds", "2")
    assert again == rows


def test_from_a_shell_a_supervisor_does_it(home):
    command = [sys.executable, "-m", "repz_core", "sweep", "vae", "--dataset", "digits", *TINY, "--grid", "beta=0.5,2"]
    try:
        done = subprocess.run([*command, "--json"], cwd=presence.SOURCE, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        assert [row["state"] for row in json.loads(done.stdout)] == ["done", "done"]
        assert len(RunStore().list()) >= 2
    finally:
        if card := presence.supervisor_card(home):
            os.kill(card["pid"], signal.SIGTERM)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "give --grid, --random or --seeds"),
        (["--grid", "beta=log:1:2"], "--grid takes values"),
        (["--random", "beta=1,2"], "--grid takes values"),
        (["--grid", "beta=1", "--search", "recon", "--no-wait"], "not allowed with"),
        (["--grid", "beta=1,2", "--search", "loss"], "one of nll, elbo"),
        (["--grid", "beta=1,2", "--search", "elbo", "--trials", "0"], "--trials must be from 1"),
        (["--grid", "beta=1,2", "--search", "elbo", "--seeds", "2"], "with one seed"),
    ],
)
def test_a_wrong_command_is_one_sentence(command, options, words):
    pytest.importorskip("optuna")
    [fault] = command(work, *options)
    assert words in fault
    assert RunStore().pending() == []


def bowl(run):
    """In place of training: a metric that is best at beta 3."""
    status = {"state": "done", "step": 5, "metrics": {"recon": math.log(run.recipe.model.beta / 3) ** 2}}
    write_json(run.folder / "status.json", status)


def test_a_search_finds_the_valley_and_goes_on_where_it_was(command, monkeypatch):
    pytest.importorskip("optuna")
    monkeypatch.setenv("REPZ_WORKERS", "2")
    options = [*TINY, "--random", "beta=log:0.05:20", "--search", "recon", "--seed", "1"]
    rows = command(bowl, *options, "--trials", "24")
    betas = [row["knobs"]["model.beta"] for row in rows]
    errors = [abs(math.log(beta / 3)) for beta in betas]
    assert min(errors) < 0.2
    assert sum(errors[-8:]) < sum(errors[:8]), "later proposals are nearer"
    more = command(bowl, *options, "--trials", "26")
    assert more[:24] == rows
    [name] = sweep.names(RunStore().root)
    assert len(sweep.members(sweep.load(RunStore().root, name))) == len(more)
    assert command(bowl, *options, "--trials", "4") == rows[:4]
    assert len(sweep.members(sweep.load(RunStore().root, name))) == len(more), "nothing is forgotten"
    [fault] = command(bowl, *TINY, "--random", "beta=log:1:2", "--search", "recon", "--name", name)
    assert f"There is a sweep {name} already" in fault


def test_a_search_without_optuna_is_one_sentence(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    [fault] = command(work, *TINY, "--random", "beta=log:0.1:1", "--search", "recon")
    assert fault.endswith("pip install -r requirements-search.txt.")


# --- the front ---

POINTS = st.lists(st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)), max_size=12)


def dominated(point, by):
    return all(b <= a for a, b in zip(point, by, strict=True)) and by != point


@given(POINTS)
def test_the_front_is_what_nothing_dominates(points):
    assert pareto.front(points) == [not any(dominated(point, other) for other in points) for point in points]


def test_directions_of_metrics():
    assert pareto.cost("recon", 2.0) < pareto.cost("recon", 3.0)
    assert pareto.cost("val_elbo", -90.0) < pareto.cost("val_elbo", -100.0)
    assert pareto.cost("spread", 1.1) < pareto.cost("spread", 0.5) < pareto.cost("spread", 1.9)
    known = {name for method in recipes.names() for name in recipes.family(method).METRICS}
    assert pareto.MORE_IS_BETTER | pareto.BEST.keys() <= known, "no name that no family has"
