"""Forks: a child goes on from a step of its parent to the last bit, and names all that it needs to be made again."""

import pytest
import torch

from repz_core import engine, recipes
from repz_core.config import RepzError
from repz_core.events import Snapshot, State, Step
from repz_core.executors.work import work
from repz_core.runs import RunStore, run_id


def weights(state):
    return {name: tensor for name, tensor in state.tensors.items() if not name.startswith(("sum.", "count."))}


def same(one, other):
    a, b = weights(one), weights(other)
    return one.step == other.step and a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def states(recipe, **options):
    return {event.step: event for event in engine.train(recipe, **options) if isinstance(event, State)}


def state_at(recipe, step):
    """The state in which a run stops that is told to stop there."""
    return states(recipe, proceed=lambda next_step: next_step <= step)[step]


@pytest.mark.parametrize("step", [0, 1, 7, 10, 19])
def test_a_fork_without_a_change_is_its_parent(tiny, step):
    recipe = tiny()
    child = states(recipes.fork(recipe, step))
    assert min(child) == step
    assert same(child[20], states(recipe)[20])


def test_a_fork_begins_with_all_that_a_run_begins_with(tiny):
    recipe = tiny(**{"training.batch_size": 16})
    parent = [event for event in engine.train(recipe) if isinstance(event, Snapshot)]
    row, snapshot, state, *later = engine.train(recipes.fork(recipe, 7, **{"model.beta": 3.0}))
    assert (type(row), type(snapshot), type(state)) == (Step, Snapshot, State)
    assert row.step == snapshot.step == state.step == 7
    assert snapshot.arrays.keys() == parent[0].arrays.keys()
    rows = [event.step for event in later if isinstance(event, Step)]
    assert rows == list(range(8, 21))


def test_the_change_counts_from_that_step_on(tiny):
    recipe = tiny()
    child = recipes.fork(recipe, 10, **{"training.lr": 0.05})
    assert not same(states(child)[20], states(recipe)[20])
    assert same(states(child)[10], state_at(recipe, 10))


def test_a_fork_of_a_fork(tiny):
    recipe = tiny()
    child = recipes.fork(recipe, 5, **{"model.beta": 4.0})
    grandchild = recipes.fork(child, 12, **{"model.beta": 1.0})
    assert recipes.origin(grandchild) == (child, 12)
    found = states(grandchild)
    assert min(found) == 12
    assert same(found[12], state_at(child, 12))
    earlier = recipes.fork(child, 3, **{"model.beta": 2.0})
    assert recipes.origin(earlier) == (recipe, 3), "before it began, the child was its parent"


@pytest.mark.parametrize("known", [2, 7, 10])
def test_any_earlier_state_of_the_parent_shortens_the_way(tiny, known):
    recipe = tiny()
    asked = []
    parent_states = states(recipe)
    origin = parent_states[max(step for step in parent_states if step <= known)]
    child = recipes.fork(recipe, 10, **{"model.beta": 3.0})
    found = states(child, origin=origin, proceed=lambda step: not asked.append(step))
    assert asked[0] == origin.step + 1
    assert same(found[20], states(child)[20])


def test_a_fork_resumes_like_any_run(tiny):
    child = recipes.fork(tiny(), 6, **{"model.beta": 3.0})
    found = states(child)
    for step, state in found.items():
        assert same(({step: state} | states(child, resume=state))[20], found[20])


def test_leaving_on_the_way_back_yields_nothing(tiny):
    child = recipes.fork(tiny(), 10)
    assert list(engine.train(child, proceed=lambda step: step < 4)) == []
    assert [event.step for event in engine.train(child, proceed=lambda step: step < 11)] == [10] * 4


@pytest.mark.parametrize(
    ("step", "changes", "sentence"),
    [
        (20, {}, r"at step 0 to 19; got 20\.$"),
        (21, {"training.steps": 50}, r"at step 0 to 20; got 21\.$"),
        (15, {"training.steps": 15}, r"at step 0 to 14; got 15\.$"),
        (5, {"model.k": 3}, r"model\.k stays 2; got 3\.$"),
        (5, {"model.net": "conv"}, r"model\.net stays mlp; got conv\.$"),
        (5, {"model.likelihood": "gaussian"}, r"model\.likelihood stays bernoulli"),
        (5, {"dataset": "mnist5k"}, r"dataset stays digits@\w+; got mnist5k@\w+\.$"),
        (5, {"model.cats": 1}, r"^There is no setting 'model\.cats'"),
        (-1, {}, r"parent\.step must be a whole number from 0 to 200000; got -1"),
    ],
)
def test_what_cannot_be_forked_is_one_sentence(tiny, step, changes, sentence):
    with pytest.raises(RepzError, match=sentence):
        recipes.fork(tiny(), step, **changes)


@pytest.mark.parametrize(
    "bad", [{"recipe": {}, "step": 1}, {"recipe": {"method": "x"}, "step": 1}, {"step": 1}, 5, "x"]
)
def test_a_parent_that_is_none_is_one_sentence(tiny, bad):
    with pytest.raises(RepzError):
        recipes.parse(tiny().plain() | {"parent": bad})


def test_the_digest_knows_the_parent_and_is_the_old_one_without(tiny):
    recipe = tiny()
    assert "parent" not in recipe.plain()
    digests = {recipe.digest(), *(recipes.fork(recipe, step).digest() for step in (5, 6))}
    assert len(digests) == 3
    child = recipes.fork(recipe, 5)
    assert recipes.parse(child.plain()) == child


def test_a_worker_forks_from_the_folder_or_from_nothing(store, tiny):
    parent = store.submit(tiny())
    child = recipes.fork(parent.recipe, 7, **{"model.beta": 3.0})
    alone = store.submit(child)
    assert work(alone).state == "done"
    store.delete(alone)
    leave = iter(range(9))
    assert work(parent, interrupted=lambda: None if next(leave, None) is not None else "stopped").state == "stopped"
    assert parent.state().step > 0
    again = store.submit(child)
    assert work(again).state == "done"
    assert again.frames()[0] == 7
    rows = [{name: row[name] for name in row if name != "seconds"} for row in again.events()]
    assert [row["step"] for row in rows] == list(range(7, 21))
    assert again.status.step == 20
    assert run_id(recipes.origin(again.recipe)[0]) == parent.id
    assert RunStore(store.root, shipped=store.shipped).find(child).id == again.id
