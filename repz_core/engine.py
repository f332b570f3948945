"""Training is a generator of events. One loop for every family: nothing in it knows what it trains."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from repz_core import datasets, methods, optim, recipes
from repz_core.batches import Batches
from repz_core.config import Recipe, RepzError
from repz_core.datasets import catalogue
from repz_core.events import Look, Snapshot, State, Step, Turn
from repz_core.locale import _
from repz_core.memory import keep_freed_memory
from repz_core.methods.base import Method, Phase
from repz_core.observer import Observer, labelled

keep_freed_memory()


def train(
    recipe: Recipe,
    *,
    resume: State | None = None,
    origin: State | None = None,
    proceed: Callable[[int], bool] = lambda step: True,
    watch: Callable[[Turn], None] = lambda turn: None,
    keep: Callable[[], bool] = lambda: False,
    safepoint: Callable[[], None] = lambda: None,
) -> Iterator[Step | Look | Snapshot | State]:
    """Train `recipe`, yielding Step rows, and at each frame a Step with validation metrics, a Snapshot and a State; at
    the last one a Look may come ahead.

    A function of the recipe alone: the same events on the same machine, also when continued from any yielded State
    (`resume`), after which the events later than it follow. A fork first trains its parent anew, silently, up to the
    step where it begins; `origin`, a state of the parent's not later than that, shortens it. `proceed` is asked before
    each step, with that step's number: it may block (a pause); on False a last State is yielded and training ends.
    `watch` is told of each turn of a step and may look at the method between two turns; it may block too. `keep` is
    asked after each step whether a State is wanted there as well. `safepoint` is called now and then while validation
    takes its time: it may block, and what it raises ends training there, to be continued from the last State.
    Raises RepzError for an unknown data set and, naming step and term, when a loss is no longer finite.
    """
    events = _events(recipe, resume, origin, proceed, watch, keep, safepoint)
    while True:
        with numerics(recipe):
            event = next(events, None)
        if event is None:
            return
        yield event


@contextmanager
def numerics(recipe: Recipe) -> Iterator[None]:
    """What a run's last bits and speed depend on, for as long as it computes; the consumer's own settings after that.

    The moments of dead units decay into denormal numbers, on which Adam takes three times as long: they are flushed.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


def _events(
    recipe: Recipe,
    resume: State | None,
    origin: State | None,
    proceed: Callable[[int], bool],
    watch: Callable[[Turn], None],
    keep: Callable[[], bool],
    safepoint: Callable[[], None],
) -> Iterator[Step | Look | Snapshot | State]:
    begins = recipe.parent.step if recipe.parent else 0
    fresh = resume is None
    if fresh and recipe.parent:
        resume = replay(recipe, origin, proceed)
        if resume is None:
            return
    data = datasets.load(recipe.dataset)
    loop = _Loop(recipe, data, resume)
    loop.method.safepoint = safepoint
    observer = Observer(loop.method, data, loop.x)
    training = recipe.training
    frames, thorough, every = training.frame_steps(), training.thorough_steps(), training.row_every
    if fresh:
        loop.means()  # what a parent had summed up is its own
        yield _row(loop.method, begins, observer.validate(quick=True))
        yield Snapshot(begins, observer.fixed() | observer.observe())
        yield State(begins, loop.state())
    for step in range(loop.step + 1, training.steps + 1):
        if not proceed(step):
            yield State(loop.step, loop.state())
            return
        for done, total, name in loop.advance():
            watch(Turn(step, done, total, name, observer.observe))
        if step in frames:
            yield _row(loop.method, step, loop.means() | observer.validate(quick=step not in thorough))
            arrays = observer.observe()
            if step == training.steps:
                if overview := observer.overview():
                    arrays |= overview
                    yield Look(step, arrays)
                arrays |= observer.examine()
            yield Snapshot(step, arrays)
            yield State(step, loop.state())
            continue
        if step % every == 0:
            yield _row(loop.method, step, loop.means())
        if keep():
            yield State(step, loop.state())


def replay(recipe: Recipe, origin: State | None, proceed: Callable[[int], bool]) -> State | None:
    """The parent's state at the step where the fork `recipe` begins, to the last bit; None when told to leave.

    `origin` is any state of the parent's to start from that is not later.
    """
    parent, begins = recipes.origin(recipe)
    if origin is None and parent.parent:
        origin = replay(parent, None, proceed)
        if origin is None:
            return None
    loop = _Loop(parent, datasets.load(parent.dataset), origin)
    for step in range(loop.step + 1, begins + 1):
        if not proceed(step):
            return None
        for _turn in loop.advance():
            pass
    return State(begins, loop.state())


BEYOND_REASON = 1e9  # no term of a run that can still recover is larger


def _row(method: Method, step: int, values: dict[str, float]) -> Step:
    """A Step of finite, reasonable values. Raises RepzError where one is not."""
    for name, value in values.items():
        if not abs(value) < BEYOND_REASON:  # as is true of NaN
            raise RepzError(
                _("Training diverged at step {step}: '{term}' became {value:.3g}; try {remedy}.").format(
                    step=step, term=name, value=value, remedy=_(method.remedy)
                )
            )
    return Step(step, values)


class _Loop:
    """The optimisers' turns on batches that are a function of seed and position, with running means of the terms."""

    def __init__(self, recipe: Recipe, data: datasets.Data, state: State | None) -> None:
        """At the recipe's start, or at `state`. Raises RepzError as `Batches` does."""
        self.method, self.step = methods.build(recipe, data.shape), 0
        self.batches = Batches(self.method, data)
        self.x = self.batches.x
        self.method.meet(self.x)
        self.phases = self.method.phases()
        self.optimisers = [optim.build(phase.params, phase.betas) for phase in self.phases]
        self.per_step = sum(phase.repeat for phase in self.phases)
        self._reset()
        if state:
            self.load(state)

    def _reset(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def advance(self) -> Iterator[tuple[int, int, str]]:
        """One step: every phase in turn, as often as it repeats, or all at once. After each turn: how many of how many
        are done, and whose it was.
        """
        position, done = self.step * self.per_step, 0
        self.method.step = self.step
        if self.method.simultaneous:
            looks = [self._look(phase, position + i) for i, phase in enumerate(self.phases)]
            for phase, optimiser, gradients in zip(self.phases, self.optimisers, looks, strict=True):
                self._move(phase, optimiser, gradients)
            self.step += 1
            yield 1, 1, ""
            return
        for phase, optimiser in zip(self.phases, self.optimisers, strict=True):
            for _turn in range(phase.repeat):
                self._move(phase, optimiser, self._look(phase, position + done))
                done += 1
                self.step += done == self.per_step
                yield done, self.per_step, phase.name

    def _look(self, phase: Phase, position: int) -> tuple[Tensor, ...]:
        """A phase's gradients on the batch of that position; its terms are added to the sums."""
        terms = phase.loss(self.batches.at(position))
        gradients = optim.gradients(terms["loss"], phase.params)
        if phase.gradient:
            terms["gradient"] = torch.stack(torch._foreach_norm(gradients)).norm()
        prefix = f"{phase.name}_" if len(self.phases) > 1 else ""
        for name, term in terms.items():
            self._add(prefix + name, term.detach())
        return gradients

    def _move(self, phase: Phase, optimiser: optim.Optimiser, gradients: tuple[Tensor, ...]) -> None:
        optimiser.step(gradients, phase.lr * phase.schedule())
        if phase.after:
            phase.after()

    def _add(self, name: str, term: Tensor) -> None:
        if name in self.sums:
            self.sums[name] += term
            self.counts[name] += 1
        else:
            self.sums[name], self.counts[name] = term.clone(), 1

    def means(self) -> dict[str, float]:
        """Each term's mean since the last call."""
        means = {name: total.item() / self.counts[name] for name, total in self.sums.items()}
        self._reset()
        return means

    def state(self) -> dict[str, Tensor]:
        """Copies of weights, optimiser moments, noise generator and the terms' sums so far, under flat names."""
        tensors = {f"model.{name}": tensor for name, tensor in self.method.state_dict().items()}
        for i, optimiser in enumerate(self.optimisers):
            tensors |= {f"optimiser.{i}.{name}": tensor for name, tensor in optimiser.state().items()}
        for name, total in self.sums.items():
            tensors |= {f"sum.{name}": total, f"count.{name}": torch.tensor(self.counts[name])}
        tensors["noise"] = self.method.noise.get_state()
        return {name: tensor.clone() for name, tensor in tensors.items()}

    def load(self, state: State) -> None:
        """The inverse of `state`."""
        load_weights(self.method, state.tensors)
        for i, optimiser in enumerate(self.optimisers):
            optim.load(optimiser, _under(f"optimiser.{i}.", state.tensors))
        self.sums = {name: total.clone() for name, total in _under("sum.", state.tensors).items()}
        self.counts = {name: int(count) for name, count in _under("count.", state.tensors).items()}
        self.method.noise.set_state(state.tensors["noise"])
        self.step = state.step


def load_weights(method: Method, tensors: Mapping[str, Tensor]) -> None:
    """Put a State's weights (names that start with "model.") into `method`."""
    method.load_state_dict(_under("model.", tensors))


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names start with `prefix`, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@torch.inference_mode()
def evaluate(method: Method, dataset: str, part: str = "test") -> dict[str, float]:
    """The method's metrics on a part of `dataset`. Raises RepzError where the images have another shape, or a metric
    is not finite.
    """
    data, asked = datasets.load(dataset), catalogue.card(dataset)
    if data.shape != method.data_shape:
        raise RepzError(
            _("The model takes images of {expected} (channels, rows, columns); those of {dataset} are {given}.").format(
                expected=method.data_shape, dataset=dataset, given=data.shape
            )
        )
    train = labelled(method, datasets.load(method.recipe.dataset).part("train"))
    held_out = labelled(method, data.part(part))
    method.meet(train.x)
    with numerics(method.recipe):
        metrics = method.eval().evaluate(held_out.x)
        if asked.labelled:
            known = asked.class_names == catalogue.card(method.recipe.dataset).class_names
            taught = train if known else labelled(method, data.part("train"))  # probes learn the classes asked for
            metrics |= method.probe(taught, held_out) | method.reference(taught, held_out)
    return dict(_row(method, method.recipe.training.steps, metrics).values)
