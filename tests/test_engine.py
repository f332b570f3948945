"""Training is a function of the recipe alone: repeated, continued, interleaved or paused, the numbers stay."""

import math
from collections import Counter
from itertools import zip_longest

import numpy as np
import pytest
import torch
from torch import nn

from repz_core import datasets, engine, methods, observer, recipes
from repz_core.batches import Batches
from repz_core.config import RepzError, Training
from repz_core.events import VOCABULARY, Snapshot, State, Step
from repz_core.methods.base import Method, Phase
from repz_core.methods.vae import VAE, eigenvalues

pytestmark = pytest.mark.usefixtures("no_last_look")


def plain(event):
    """An event as something == compares to the last bit."""
    content = {
        name: value if isinstance(value, float) else (str(value.dtype), tuple(value.shape), np.asarray(value).tobytes())
        for name, value in event[1].items()
    }
    return type(event).__name__, event.step, content


def played(recipe, **options):
    return [plain(event) for event in engine.train(recipe, **options)]


@pytest.fixture(params=[1, 2], ids=["1 thread", "2 threads"])
def threads(request):
    return request.param


@pytest.fixture
def sparse_rows(monkeypatch):
    """Rows further apart than steps, so that sums are under way at most frames: 20 steps, a row every 3."""
    monkeypatch.setattr(Training, "MAX_ROWS", 7)


class Toy(Method):
    """Two optimisers, one of them twice a step, in the manner of a GAN; keeps a diary."""

    name = "toy"
    remedy = "another toy"

    def __init__(self, recipe, shape):
        super().__init__(recipe, shape)
        self.judge, self.maker = nn.Linear(self.num_inputs, 1), nn.Linear(3, self.num_inputs)
        self.diary = []

    def _turn(self, who):
        def loss(x):
            self.diary.append((who, x))
            fake = self.maker(torch.randn(len(x), 3, generator=self.noise))
            gap = (self.judge(x) - self.judge(fake)).mean()
            return {"loss": gap.square() if who == "judge" else -gap, "gap": gap}

        return loss

    def phases(self):
        note = lambda: self.diary.append(("after", None))  # noqa: E731
        return [
            Phase("judge", list(self.judge.parameters()), self._turn("judge"), 1e-3, repeat=2, after=note),
            Phase("maker", list(self.maker.parameters()), self._turn("maker"), 1e-2),
        ]

    def observe(self, examples):
        return {"codes": self.judge(examples.probes)}

    def evaluate(self, x, *, quick=False):
        return {"score": self.judge(x).mean().item()}


@pytest.fixture
def toy(monkeypatch):
    """Every recipe builds a Toy; the list of those built."""
    built = []

    def build(recipe, shape):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            built.append(Toy(recipe, shape))
        return built[-1]

    monkeypatch.setattr(methods, "build", build)
    return built


@pytest.mark.parametrize("method", recipes.names())
def test_the_same_recipe_gives_the_same_events(method, tiny, threads):
    recipe = tiny(method, threads=threads)
    first = played(recipe)
    torch.manual_seed(99)
    torch.randn(7)
    assert first == played(recipe)
    assert first != played(recipe.replace(seed=1))


def test_order_and_number_of_events(tiny):
    recipe = tiny()
    events = list(engine.train(recipe))
    frames = sorted(recipe.training.frame_steps())
    assert [event.step for event in events if isinstance(event, Step)] == list(range(21))
    for kind in (Snapshot, State):
        assert [event.step for event in events if isinstance(event, kind)] == frames
    for i, event in enumerate(events):
        if isinstance(event, Snapshot):
            assert (type(events[i - 1]), type(events[i + 1])) == (Step, State)
            assert events[i - 1].step == events[i + 1].step == event.step
            assert {"val_recon", "val_kl", "val_elbo"} <= events[i - 1].values.keys()


@pytest.mark.parametrize("method", recipes.names())
@pytest.mark.usefixtures("sparse_rows")
def test_resuming_from_every_state_is_bit_exact(method, tiny, threads):
    recipe = tiny(method, threads=threads)
    events = list(engine.train(recipe))
    states = [i for i, event in enumerate(events) if isinstance(event, State)]
    assert len(states) == 5
    for i in states:
        torch.manual_seed(i)
        assert played(recipe, resume=events[i]) == [plain(event) for event in events[i + 1 :]]


@pytest.mark.usefixtures("sparse_rows", "toy")
def test_resuming_with_several_optimisers_is_bit_exact(tiny):
    events = list(engine.train(tiny()))
    for i, event in enumerate(events):
        if isinstance(event, State):
            assert played(tiny(), resume=event) == [plain(later) for later in events[i + 1 :]]


@pytest.mark.parametrize("stop_before", [1, 2, 9, 10, 20])
@pytest.mark.usefixtures("sparse_rows")
def test_stopping_yields_a_last_state_to_go_on_from(stop_before, tiny):
    recipe = tiny()
    whole = played(recipe)
    asked = []

    def proceed(step):
        asked.append(step)
        return step < stop_before

    *before, last = list(engine.train(recipe, proceed=proceed))
    assert asked == list(range(1, stop_before + 1))
    assert isinstance(last, State)
    assert last.step == stop_before - 1
    before = [plain(event) for event in before]
    assert before == whole[: len(before)]
    assert before + played(recipe, resume=last) == whole


def test_two_runs_at_once_are_as_one_after_the_other(tiny):
    recipe, other = tiny(), tiny(seed=5, threads=2, **{"model.k": 3, "training.batch_size": 64})
    mixed = list(zip_longest(engine.train(recipe), engine.train(other)))
    assert [plain(first) for first, _second in mixed if first] == played(recipe)
    assert [plain(second) for _first, second in mixed if second] == played(other)


@pytest.mark.usefixtures("sparse_rows")
def test_threads_are_the_recipes_whatever_the_consumer_does(tiny, monkeypatch):
    """Sums depend on them; the consumer of the events (another run in this process) may set them otherwise."""
    seen = Counter()

    def spy_on(name, real):
        def spy(self, *args, **options):
            seen[name, torch.get_num_threads()] += 1
            return real(self, *args, **options)

        monkeypatch.setattr(VAE, name, spy)

    for name in ("loss", "observe", "examine", "evaluate"):
        spy_on(name, getattr(VAE, name))
    for _event in engine.train(tiny(threads=2)):
        torch.set_num_threads(1)
    assert {threads for _name, threads in seen} == {2}, seen


def test_a_yielded_state_is_a_copy(tiny):
    recipe = tiny()
    spoiled = []
    for event in engine.train(recipe):
        spoiled.append(plain(event))
        if isinstance(event, State):
            for tensor in event.tensors.values():
                tensor.zero_()
    assert spoiled == played(recipe)


def test_resuming_leaves_the_state_as_it_was(tiny):
    recipe = tiny()
    state = next(event for event in engine.train(recipe) if isinstance(event, State) and event.step > 0)
    before = plain(state)
    list(engine.train(recipe, resume=state))
    assert plain(state) == before


def test_the_global_generators_are_left_alone(tiny):
    torch.manual_seed(3)
    np.random.seed(3)
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    list(engine.train(tiny()))
    assert torch.equal(torch_state, torch.get_rng_state())
    assert all(np.array_equal(a, b) for a, b in zip(numpy_state, np.random.get_state(), strict=True))


@pytest.mark.parametrize(("num", "batch_size"), [(10, 3), (12, 4), (7, 7), (1, 1)])
def test_an_epoch_shows_no_image_twice(num, batch_size, tiny):
    recipe = tiny(**{"training.batch_size": batch_size, "model.likelihood": "gaussian"})  # pixels stay as they are
    x, zeros = np.repeat(np.arange(num, dtype=np.float32)[:, None], 64, 1), np.zeros(num, np.uint8)
    batches = Batches(methods.build(recipe, (1, 8, 8)), datasets.Data(x, zeros, (1, 8, 8), {}, zeros))
    size, per_epoch = batch_size, num // batch_size
    epochs = [
        torch.cat([batches.at(epoch * per_epoch + i) for i in range(per_epoch)])[:, 0].tolist() for epoch in range(3)
    ]
    for epoch in epochs:
        assert len(epoch) == size * per_epoch
        assert len(set(epoch)) == len(epoch)
        assert set(epoch) <= set(range(num))
    if num > 3:
        assert epochs[0] != epochs[1] != epochs[2]
    assert batches.at(0)[:, 0].tolist() == epochs[0][:size]


def test_a_batch_larger_than_the_data_is_refused_before_the_first_step(tiny):
    with pytest.raises(RepzError, match=r"at most the 1290 training examples of digits.*; got 4096"):
        next(engine.train(tiny(**{"training.batch_size": 4096})))


def test_phases_take_turns_on_batches_of_their_own(tiny, toy):
    rows = [event.values for event in engine.train(tiny(**{"training.steps": 3})) if isinstance(event, Step)]
    assert all({"judge_loss", "judge_gap", "maker_loss", "maker_gap"} <= row.keys() for row in rows[1:])
    diary = toy[0].diary
    assert [who for who, _x in diary] == ["judge", "after", "judge", "after", "maker"] * 3
    batches = [x for _who, x in diary if x is not None]
    assert len({x.numpy().tobytes() for x in batches}) == 9


def test_rows_hold_the_means_of_their_steps(tiny, monkeypatch):
    each = {e.step: e.values for e in engine.train(tiny()) if isinstance(e, Step)}
    monkeypatch.setattr(Training, "MAX_ROWS", 7)
    recipe = tiny()
    assert recipe.training.row_every == 3
    rows = {e.step: e.values for e in engine.train(recipe) if isinstance(e, Step)}
    assert set(rows) == {*range(0, 21, 3), *recipe.training.frame_steps()}
    quick = {"val_recon", "val_kl", "val_elbo", "val_log_prior", "val_active_units"}
    for last, step in zip(sorted(rows), sorted(rows)[1:], strict=False):
        for term in ("loss", "recon", "kl"):
            mean = np.mean([each[i][term] for i in range(last + 1, step + 1)])
            assert rows[step][term] == pytest.approx(mean, rel=1e-6)
        assert {name for name in rows[step] if name.startswith("val_")} == (
            set() if step not in recipe.training.frame_steps() else quick if step < 20 else quick | {"val_nll"}
        )


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_diverged_run_names_step_and_term(bad, tiny, monkeypatch):
    steps = iter(range(1, 21))
    real = VAE.loss

    def loss(self, x):
        terms = real(self, x)
        return terms if next(steps) < 7 else terms | {"kl": terms["kl"] * bad}

    monkeypatch.setattr(VAE, "loss", loss)
    rows = []
    with pytest.raises(RepzError, match=rf"^Training diverged at step 7: 'kl' became {bad}; .*\.$"):
        rows.extend(event.step for event in engine.train(tiny()) if isinstance(event, Step))
    assert rows == list(range(7))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_validation_that_is_not_finite_is_divergence_too(bad, tiny, monkeypatch):
    """The step that broke the weights had a finite loss: the first to see it is the validation after it."""
    monkeypatch.setattr(VAE, "evaluate", lambda self, x, quick: {"recon": bad})
    with pytest.raises(RepzError, match=r"^Training diverged at step \d+: '(val_)?recon' became (nan|inf)"):
        list(engine.train(tiny()))


def test_the_largest_learning_rate_gives_numbers_or_one_sentence(tiny):
    recipe = tiny(**{"training.lr": 0.1, "training.steps": 60, "model.beta": 20.0})
    try:
        for event in engine.train(recipe):
            if isinstance(event, Step):
                assert all(math.isfinite(value) for value in event.values.values())
    except RepzError as error:
        assert str(error).startswith("Training diverged at step")  # noqa: PT017 (either outcome is right)


def test_snapshots_are_small_and_of_held_out_images(tiny):
    recipe = tiny()
    data = datasets.load("digits")
    held_out, test = data.part("validation"), data.part("test")
    method = methods.build(recipe, held_out.shape)
    probes = method.prepare(torch.from_numpy(held_out.x))[: observer.MAX_PROBES]
    snapshots = [event.arrays for event in engine.train(recipe) if isinstance(event, Snapshot)]
    first, *later = snapshots
    assert set(first) - set(later[0]) == {"labels", "inputs", "input_labels", "eigenvalues", "entropy"}
    assert np.array_equal(first["labels"], held_out.y[: observer.MAX_PROBES])
    prepared = {(255 * image).tobytes() for image in method.prepare(torch.from_numpy(test.x)).numpy()}
    assert {image.astype(np.float32).tobytes() for image in first["inputs"]} <= prepared
    assert first["input_labels"].tolist() == [*range(10)] * 4
    with torch.inference_mode():
        codes = method.encode(probes)
    assert np.array_equal(first["codes"], codes.numpy().astype(np.float16))
    for arrays in snapshots:
        assert {name: array.dtype for name, array in arrays.items()} == {n: VOCABULARY[n].dtype for n in arrays}
        assert arrays["samples"].shape == (36, 1, 8, 8)
        assert arrays["manifold"].shape == (64, 1, 8, 8)
        assert arrays["reconstructions"].shape == (10, 1, 8, 8)
        assert arrays["codes"].shape == arrays["stds"].shape == (len(probes), 2)


def test_the_eigenvalues_are_those_of_the_covariance():
    for x in (torch.rand(30, 8), torch.rand(8, 30)):
        expected = np.linalg.eigvalsh(np.cov(x.numpy().astype(np.float64).T, bias=True))[::-1][:8]
        assert eigenvalues(x) == pytest.approx(expected, abs=1e-6)


def test_codes_of_more_dimensions_come_with_their_principal_plane(tiny):
    arrays = next(e.arrays for e in engine.train(tiny(**{"model.k": 5})) if isinstance(e, Snapshot))
    assert arrays["principal"].shape == (len(arrays["codes"]), 2)
    assert arrays["principal"][:, 0].std() >= arrays["principal"][:, 1].std()


@pytest.mark.parametrize(("labels", "num", "expected"), [
    ([2, 2, 0, 1, 0, 2], 4, [2, 3, 0, 4]), ([0, 0, 0], 5, [0, 1, 2]), ([1, 0], 1, [1]),
])  # fmt: skip
def test_images_are_taken_from_the_classes_in_turn(labels, num, expected):
    assert observer.in_turn(np.array(labels), num).tolist() == expected


@pytest.mark.parametrize("dataset", ["mnist5k", "sprites"])
def test_evaluating_on_images_of_another_shape_is_refused(dataset, tiny):
    method = methods.build(tiny(), (1, 8, 8))
    with pytest.raises(RepzError, match=rf"^The model takes images of \(1, 8, 8\) .*; those of {dataset} are \("):
        engine.evaluate(method, dataset)


def test_an_unknown_data_set_is_refused(tiny):
    with pytest.raises(RepzError, match=r"^There is no data set 'cats'"):
        next(engine.train(tiny().model_copy(update={"dataset": "cats"})))
