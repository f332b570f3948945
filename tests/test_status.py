"""The table of moves between the states of a run, and that nothing writes a status past it."""

import itertools
from typing import get_args

import pytest

from repz_core.config import RepzError
from repz_core.executors.work import work
from repz_core.run import Run
from repz_core.status import ENDED, MOVES, Condition, IllegalMove, Status, check_move

STATES = get_args(Condition)
LEGAL = {(before, after) for before in MOVES for after in MOVES[before]} | {(state, state) for state in STATES}


def put(run, state):
    """The status as if it had come to be so."""
    (run.folder / "status.json").write_text(Status(state=state).model_dump_json())


def test_the_table_is_whole():
    assert set(MOVES) == set(STATES)
    reached, waiting = {"queued"}, ["queued"]
    while waiting:
        for after in MOVES[waiting.pop()] - reached:
            reached.add(after)
            waiting.append(after)
    assert reached == set(STATES), "every state can be come to from the queue"
    assert MOVES["done"] == frozenset(), "a run that is done stays so"
    assert not any("running" in MOVES[state] for state in ENDED), "what had ended waits in the queue again"


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_a_move_is_made_whole_or_refused(store, tiny, before, after):
    run = store.submit(tiny())
    put(run, before)
    was = (run.folder / "status.json").read_bytes()
    if (before, after) in LEGAL:
        run.tell(Status(state=after, message="so"))
        assert (run.status.state, run.status.message) == (after, "so")
    else:
        with pytest.raises(IllegalMove, match=f"{before}.*{after}"):
            run.tell(Status(state=after))
        assert (run.folder / "status.json").read_bytes() == was
    assert sorted(path.name for path in run.folder.iterdir()) == ["control.json", "recipe.json", "status.json"]


def test_out_of_a_status_that_cannot_be_read_there_is_no_end_but_failure(store, tiny):
    run = store.submit(tiny())
    for after in ("running", "paused", "done", "stopped"):
        (run.folder / "status.json").write_text('{"state": ')
        with pytest.raises(IllegalMove):
            run.tell(Status(state=after))
    run.tell(Status(state="failed", message="damaged"))
    assert run.status.message == "damaged"


def test_work_moves_by_the_table(store, tiny, monkeypatch):
    """Stopped, taken up again by a command (not by the page, which queues it), done."""
    real, path = Run.tell, []

    def tell(self, status):
        path.append(status.state)
        real(self, status)

    monkeypatch.setattr(Run, "tell", tell)
    run = store.submit(tiny())
    calls = iter(range(1000))
    assert work(run, interrupted=lambda: "stopped" if next(calls) >= 9 else None).state == "stopped"
    assert work(run).state == "done"
    for before, after in itertools.pairwise(["queued", *path]):
        check_move(before, after)
    assert [state for state, _same in itertools.groupby(path)] == ["running", "stopped", "queued", "running", "done"]
    before = {file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file()}
    assert work(run) == run.status, "a run that is done is left alone"
    assert {file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file()} == before


def test_a_stop_is_told_before_what_came_out_is_measured(store, tiny, monkeypatch):
    from repz_core import engine

    run, seen = store.submit(tiny()), []
    real = engine.evaluate

    def evaluate(*arguments):
        seen.append(run.status)
        return real(*arguments)

    monkeypatch.setattr(engine, "evaluate", evaluate)
    run.steer(desired="stop")
    status = work(run)
    assert [then.state for then in seen] == ["stopped", "stopped"]
    assert "measuring" in seen[0].message
    assert (status.state, status.message, set(status.metrics) > {"recon"}) == ("stopped", "", True)


def test_a_damaged_status_fails_in_words(store, tiny):
    run = store.submit(tiny())
    (run.folder / "status.json").write_text('{"state": "asleep"}')
    with pytest.raises(RepzError, match=r"status\.json"):
        _ = run.status
    assert work(run).state == "failed"
