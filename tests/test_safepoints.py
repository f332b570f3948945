"""A look that takes long does not keep a user waiting: it pauses within, or leaves, and nothing is lost or doubled."""

import threading
import time

import pytest

from repz_core.executors import pacer
from repz_core.executors.work import work
from repz_core.methods.simclr import SimCLR
from repz_core.methods.vae import VAE
from repz_core.runs import RunStore
from tests.test_work import DEADLINE, content

NLL = VAE.nll


@pytest.fixture
def within_a_look(monkeypatch):
    """within_a_look(number, act): have `act` called at the beginning of that thorough validation of a fresh run."""
    monkeypatch.setattr(pacer, "POLL", 0.0)

    def arrange(number, act):
        looks = iter(range(1, 1000))

        def nll(self, x, draws, noise):
            if next(looks) == number:
                act()
            return NLL(self, x, draws, noise)

        monkeypatch.setattr(VAE, "nll", nll)

    return arrange


@pytest.fixture(scope="module")
def recipe(tiny):
    """Two thorough validations: at the eighth frame and at the last."""
    found = tiny(**{"training.steps": 40, "training.num_frames": 14})
    assert len(found.training.thorough_steps()) == 2
    return found


@pytest.fixture(scope="module")
def undisturbed(recipe, tmp_path_factory):
    run = RunStore(tmp_path_factory.mktemp("undisturbed")).submit(recipe)
    assert work(run).state == "done"
    return content(run)


def test_a_pause_takes_hold_within_a_look(recipe, store, within_a_look, undisturbed):
    run, seen = store.submit(recipe), []

    def go_on_once_paused():
        deadline = time.monotonic() + DEADLINE
        while run.status.state != "paused" and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append((run.status.state, run.status.step, [row["step"] for row in run.events()][-1]))
        run.steer(desired="run")

    user = threading.Thread(target=go_on_once_paused)

    def pause():
        run.steer(desired="pause")
        user.start()

    within_a_look(1, pause)
    assert work(run).state == "done"
    user.join()
    [(state, step, logged)] = seen
    assert state == "paused"
    assert logged < step, "the look at that step is not over"
    assert content(run) == undisturbed


@pytest.mark.parametrize("number", [1, 2])
def test_a_stop_leaves_the_look_and_the_run_goes_on_from_its_last_state(
    recipe, store, within_a_look, undisturbed, number
):
    run = store.submit(recipe)
    within_a_look(number, lambda: run.steer(desired="stop"))
    status = work(run)
    assert status.state == "stopped"
    assert status.step == run.kept_step() < recipe.training.steps
    assert {"nll", "elbo"} <= status.metrics.keys()
    assert work(store.submit(recipe)).state == "done"
    assert content(run) == undisturbed


def test_a_worker_that_is_asked_to_leave_within_a_look_leaves_the_run_queued(recipe, store, within_a_look, undisturbed):
    run, asked = store.submit(recipe), threading.Event()
    within_a_look(1, asked.set)
    assert work(run, interrupted=lambda: "queued" if asked.is_set() else None).state == "queued"
    assert work(run).state == "done"
    assert content(run) == undisturbed


def test_probes_have_safepoints(tiny, store, monkeypatch):
    """A contrastive run that is stopped while it is asked what was learned."""
    monkeypatch.setattr(pacer, "POLL", 0.0)
    monkeypatch.setattr("repz_core.embed.movie", lambda snapshots: {})
    compare = SimCLR.compare
    run = store.submit(tiny("simclr", "digits"))

    def stopped(self, train, held_out):
        run.steer(desired="stop")
        compare(self, train, held_out)
        pytest.fail("it went on")

    monkeypatch.setattr(SimCLR, "compare", stopped)
    status = work(run)
    assert (status.state, status.message) == ("stopped", "")
    assert status.step == run.kept_step() < run.recipe.training.steps
