"""Between two turns of a step: who is told, what is shown meanwhile, and a worker that pauses, rests or stops there."""

import threading
import time

import numpy as np
import pytest

from repz_core import engine, recipes
from repz_core.config import RepzError
from repz_core.events import VOCABULARY, Snapshot, State, Step
from repz_core.executors import pacer
from repz_core.executors.work import work
from repz_core.methods import gan_points
from repz_core.methods.gan import GAN
from repz_core.run import Control, Run
from repz_core.runs import RunStore
from tests.test_engine import plain, played
from tests.test_work import DEADLINE, content, wait_for

pytestmark = pytest.mark.usefixtures("_few")


@pytest.fixture(scope="module", autouse=True)
def _few():
    """Densities from fewer samples: runs that only need to be the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gan_points, "NUM_DENSITY", 500)
        yield


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """A worker that looks at control.json before each step."""
    monkeypatch.setattr(pacer, "POLL", 0.0)


@pytest.fixture
def run(store, tiny):
    return store.submit(tiny("gan", "ring8"))


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory):
    """The same run, done without interruption."""
    run = RunStore(tmp_path_factory.mktemp("undisturbed")).submit(tiny("gan", "ring8"))
    assert work(run).state == "done"
    return run


def turns_of(recipe):
    """What `watch` is told, without the looks."""
    told = []
    list(engine.train(recipe, watch=lambda turn: told.append((turn.step, turn.done, turn.total, turn.name))))
    return told


@pytest.mark.parametrize(
    ("method", "changes", "names", "turns"),
    [
        ("vae", {}, ["vae"], [""]),
        ("gan", {}, ["discriminator", "generator"], ["D", "G"]),
        ("gan", {"training.d_steps": 3}, ["discriminator"] * 3 + ["generator"], ["D", "D", "D", "G"]),
        ("gan", {"training.order": "simultaneous"}, [""], ["D+G"]),
    ],
    ids=str,
)
def test_each_turn_is_told_once_in_order(method, changes, names, turns, tiny):
    recipe = tiny(method, **{"training.steps": 4} | changes)
    total = len(names)
    expected = [(step, i + 1, total, name) for step in range(1, 5) for i, name in enumerate(names)]
    assert turns_of(recipe) == expected
    assert recipes.turns(recipe) == turns


@pytest.mark.parametrize("changes", [{}, {"model.spectral_norm": True, "training.d_steps": 2}], ids=str)
@pytest.mark.parametrize("dataset", ["ring8", "digits"])
def test_looking_between_turns_changes_nothing(dataset, changes, tiny):
    recipe = tiny("gan", dataset, **changes)
    looks = []
    assert played(recipe, watch=lambda turn: looks.append((turn.step, turn.done, turn.look()))) == played(recipe)
    snapshots = {e.step: e.arrays for e in engine.train(recipe) if isinstance(e, Snapshot)}
    for step, arrays in snapshots.items():
        if step:
            *_others, last = [look for turn, _done, look in looks if turn == step]
            assert all(np.array_equal(last[name], arrays[name], equal_nan=True) for name in last)
    for _step, _done, look in looks:
        assert look.keys() <= VOCABULARY.keys()


def test_the_discriminator_s_turn_moves_no_sample_and_the_generator_s_does(tiny):
    recipe, fakes, verdicts = tiny("gan", "ring8", **{"training.lr": 0.05, "training.lr_d": 0.05}), [], []

    def watch(turn):
        arrays = turn.look()
        fakes.append(arrays["fakes"].tobytes())
        verdicts.append(arrays["verdict"].tobytes())

    list(engine.train(recipe, watch=watch))
    assert len(fakes) == 40
    for i in range(0, 40, 2):  # after a turn of the discriminator, then one of the generator
        assert fakes[i] != fakes[i + 1]
        assert verdicts[i] == verdicts[i + 1]
    for i in range(1, 39, 2):
        assert fakes[i] == fakes[i + 1]
        assert verdicts[i] != verdicts[i + 1]


def test_a_fork_s_way_back_has_no_turns_to_watch(tiny):
    recipe = tiny("gan", "ring8")
    assert {step for step, *_rest in turns_of(recipes.fork(recipe, 7))} == set(range(8, 21))


def test_a_term_beyond_reason_is_divergence(tiny, monkeypatch):
    real = GAN.generator_terms
    monkeypatch.setattr(GAN, "generator_terms", lambda *a: real(*a) | {"odd": real(*a)["loss"].detach() * 0 + 2e9})
    with pytest.raises(RepzError, match=r"^Training diverged at step 1: 'generator_odd' became 2e\+09; try "):
        list(engine.train(tiny("gan", "ring8")))


def working(run):
    thread = threading.Thread(target=work, args=(run,))
    thread.start()
    return thread


def paused_at(run, step, turn):
    wait_for(
        lambda: (run.status.state, run.status.step, run.status.turn) == ("paused", step, turn),
        f"a pause at step {step}, turn {turn}; it is {run.status}",
    )
    time.sleep(0.03)  # a worker that went on would be seen
    assert (run.status.state, run.status.step, run.status.turn) == ("paused", step, turn)


def passing_look(run):
    """The arrays of the passing look, read as a snapshot is."""
    other = Run(run.folder)
    other.snapshot_file = lambda step: run.now_file()
    return other.snapshot(0).arrays


def test_pausing_between_two_turns_and_going_on(run, undisturbed):
    run.steer(desired="pause", until=1)
    thread = working(run)
    try:
        paused_at(run, 0, 1)
        assert [row["step"] for row in run.events()] == [0]
        after_d = passing_look(run)
        assert after_d.keys() == run.snapshot(0).arrays.keys() - {
            "labels", "reach", "real", "centres", "near", "loss_logits", "loss_values", "loss_slopes"
        }  # fmt: skip
        assert np.array_equal(after_d["fakes"], run.snapshot(0).arrays["fakes"]), "the generator has not moved"
        assert not np.array_equal(after_d["verdict"], run.snapshot(0).arrays["verdict"])
        run.steer(until=2)
        paused_at(run, 1, 0)
        assert not np.array_equal(passing_look(run)["fakes"], after_d["fakes"])
        run.steer(until=7)
        paused_at(run, 3, 1)
        run.steer(desired="run")
        wait_for(lambda: run.status.state == "done", "the end")
    finally:
        run.steer(desired="stop")
        thread.join(DEADLINE)
    assert content(run) == content(undisturbed)
    assert not run.now_file().exists()


def test_the_looks_are_counted_on_to_the_end(run):
    """The page asks for a new look whenever their number is another: it must not fall back."""
    run.steer(desired="pause", until=1)
    thread = working(run)
    seen = []
    try:
        for until, where in ((1, (0, 1)), (2, (1, 0)), (3, (1, 1))):
            run.steer(until=until)
            paused_at(run, *where)
            seen.append(run.status.looks)
        run.steer(desired="run")
    finally:
        run.steer(desired="run")
        thread.join(DEADLINE)
    assert seen == [1, 2, 3]
    assert run.status.looks == 3


def test_stop_while_paused_between_turns_finishes_the_step(run, undisturbed, store):
    run.steer(desired="pause", until=3)
    thread = working(run)
    paused_at(run, 1, 1)
    run.steer(desired="stop")
    thread.join(DEADLINE)
    assert (run.status.state, run.status.step, run.status.turn) == ("stopped", 2, 0)
    assert [row["step"] for row in run.events()] == [0, 1, 2]
    assert run.state().step == 2
    assert not run.now_file().exists()
    assert work(store.submit(run.recipe)).state == "done"
    assert content(run) == content(undisturbed)


def test_a_worker_that_leaves_between_turns_hands_over_after_the_step(run, undisturbed):
    run.steer(desired="pause", until=5)
    leave = threading.Event()
    thread = threading.Thread(
        target=work, args=(run,), kwargs={"interrupted": lambda: "queued" if leave.is_set() else None}
    )
    thread.start()
    paused_at(run, 2, 1)
    leave.set()
    thread.join(DEADLINE)
    assert (run.status.state, run.status.step, run.state().step) == ("queued", 3, 3)
    thread = working(Run(run.folder))
    paused_at(run, 3, 0)
    run.steer(desired="run")
    thread.join(DEADLINE)
    assert content(run) == content(undisturbed)


def test_a_slow_run_is_looked_at_after_each_turn_and_ends_the_same(run, undisturbed, monkeypatch):
    shown = []
    real = pacer.RunWriter.show
    monkeypatch.setattr(pacer.RunWriter, "show", lambda self, arrays: (shown.append(arrays), real(self, arrays)))
    run.steer(pace=0.001)
    status = work(run)
    assert status.state == "done"
    assert len(shown) == 40
    assert len({arrays["verdict"].tobytes() for arrays in shown}) >= 20
    assert content(run) == content(undisturbed)
    assert not run.now_file().exists()


def test_resting_is_not_training(run, monkeypatch):
    """Forty rests of at least a fiftieth of a second each, none of which counts."""
    rested = []
    real = pacer.Pacer._wait

    def wait(self, seconds):
        before = self.writer.paused
        real(self, seconds)
        rested.append(self.writer.paused - before)

    monkeypatch.setattr(pacer.Pacer, "_wait", wait)
    run.steer(pace=0.02)
    start = time.monotonic()
    status = work(run)
    assert len(rested) == 40
    assert min(rested) >= 0.02
    assert status.seconds <= time.monotonic() - start - sum(rested) + 0.001


def test_a_change_of_mind_ends_a_rest(run):
    run.steer(pace=10.0)
    thread = working(run)
    wait_for(lambda: run.now_file().exists(), "the first look")
    run.steer(pace=0.0)
    thread.join(DEADLINE)
    assert run.status.state == "done"
    assert run.status.seconds < 10


@pytest.mark.parametrize("pace", [-1, 10.1, float("nan"), "x"])
def test_a_pace_out_of_bounds_is_refused(pace, run):
    with pytest.raises(RepzError, match="pace must be a number from 0"):
        run.steer(pace=pace)
    assert run.control == Control()


def test_a_game_at_once_pauses_after_whole_steps(store, tiny):
    run = store.submit(tiny("gan", "ring8", **{"training.order": "simultaneous"}))
    run.steer(desired="pause", until=2)
    thread = working(run)
    paused_at(run, 2, 0)
    run.steer(desired="stop")
    thread.join(DEADLINE)
    assert (run.status.state, run.status.step) == ("stopped", 2)


def test_states_and_rows_know_nothing_of_turns(tiny):
    """A pause between turns is the worker's: what a run says is the same for any number of them."""
    recipe = tiny("gan", "ring8", **{"training.d_steps": 3})
    events = list(engine.train(recipe))
    assert [e.step for e in events if isinstance(e, Step)] == list(range(21))
    assert {e.step for e in events if isinstance(e, State)} == recipe.training.frame_steps()
    assert [plain(e) for e in events] == played(recipe)
