"""Training is a generator of events. One loop for every family: nothing in it knows what it trains."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from repz_core import datasets, methods
from repz_core.config import Recipe, RepzError
from repz_core.events import VOCABULARY, Snapshot, State, Step
from repz_core.locale import _
from repz_core.methods.base import Method
from repz_core.optim import Adam

MAX_PROBES = 1000  # held-out images whose codes every snapshot carries
NUM_INPUTS = 8  # of them, those shown beside their reconstructions


def train(
    recipe: Recipe, *, resume: State | None = None, proceed: Callable[[int], bool] = lambda step: True
) -> Iterator[Step | Snapshot | State]:
    """Train `recipe`, yielding Step rows, and at each frame a Step with validation metrics, a Snapshot and a State.

    A function of the recipe alone: the same events on the same machine, also when continued from any yielded State
    (`resume`), after which the events later than it follow. `proceed` is asked before each step, with that step's
    number: it may block (a pause); on False a last State is yielded and training ends. Raises RepzError for an
    unknown data set and, naming step and term, when a loss is no longer finite.
    """
    events = _events(recipe, resume, proceed)
    while True:
        with _numerics(recipe):
            event = next(events, None)
        if event is None:
            return
        yield event


@contextmanager
def _numerics(recipe: Recipe) -> Iterator[None]:
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


def _events(recipe: Recipe, resume: State | None, proceed: Callable[[int], bool]) -> Iterator[Step | Snapshot | State]:
    data = datasets.load(recipe.dataset)
    method = methods.build(recipe, data.shape)
    x = method.prepare(torch.from_numpy(data.part("train").x))
    if recipe.training.batch_size > len(x):
        raise RepzError(
            _("training.batch_size must be at most the {count} training images of {dataset}; got {given}.").format(
                count=len(x), dataset=recipe.dataset, given=recipe.training.batch_size
            )
        )
    held_out = data.part("validation")
    validation = method.prepare(torch.from_numpy(held_out.x))
    probes = validation[:MAX_PROBES]
    loop = _Loop(method, x)
    frames, every = recipe.training.frame_steps(), recipe.training.row_every
    if resume is None:
        fixed = {"labels": held_out.y[:MAX_PROBES].astype(np.uint8), "inputs": _pixels(probes[:NUM_INPUTS], method)}
        yield _row(0, _validate(method, validation))
        yield Snapshot(0, fixed | observe(method, probes))
        yield State(0, loop.state())
    else:
        loop.load(resume)
    for step in range(loop.step + 1, recipe.training.steps + 1):
        if not proceed(step):
            yield State(loop.step, loop.state())
            return
        loop.advance()
        if step in frames:
            yield _row(step, loop.means() | _validate(method, validation))
            yield Snapshot(step, observe(method, probes))
            yield State(step, loop.state())
        elif step % every == 0:
            yield _row(step, loop.means())


def _row(step: int, values: dict[str, float]) -> Step:
    """A Step of finite values. Raises RepzError where one is not."""
    for name, value in values.items():
        if not math.isfinite(value):
            raise RepzError(
                _("Training diverged at step {step}: '{term}' became {value}; try a smaller learning rate.").format(
                    step=step, term=name, value=value
                )
            )
    return Step(step, values)


class _Loop:
    """The optimisers' turns on batches that are a function of seed and position, with running means of the terms."""

    def __init__(self, method: Method, x: Tensor) -> None:
        self.method, self.x, self.step = method, x, 0
        self.phases = method.phases()
        self.optimisers = [Adam(phase.params, phase.lr) for phase in self.phases]
        self.batch_size = method.recipe.training.batch_size
        self.per_epoch = len(x) // self.batch_size
        self.per_step = sum(phase.repeat for phase in self.phases)
        self.epoch, self.order = -1, torch.empty(0, dtype=torch.int64)
        self._reset()

    def _reset(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}

    def advance(self) -> None:
        """One step: every phase in turn, as often as it repeats."""
        position = self.step * self.per_step
        for phase, optimiser in zip(self.phases, self.optimisers, strict=True):
            for _turn in range(phase.repeat):
                terms = phase.loss(self._batch(position))
                position += 1
                optimiser.minimise(terms["loss"])
                if phase.after:
                    phase.after()
                self._add(terms)
        self.step += 1

    def _add(self, terms: dict[str, Tensor]) -> None:
        for name, term in terms.items():
            if name in self.sums:
                self.sums[name] += term.detach()
                self.counts[name] += 1
            else:
                self.sums[name], self.counts[name] = term.detach().clone(), 1

    def _batch(self, position: int) -> Tensor:
        """The `position`-th batch of the run, (batch_size, n): epochs are shuffled anew, a remainder is left out."""
        epoch, place = divmod(position, self.per_epoch)
        if epoch != self.epoch:
            shuffle = torch.Generator().manual_seed(self.method.recipe.seed * 1_000_003 + epoch)
            self.epoch, self.order = epoch, torch.randperm(len(self.x), generator=shuffle)
        return self.x.index_select(0, self.order[place * self.batch_size : (place + 1) * self.batch_size])

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
            optimiser.load(_under(f"optimiser.{i}.", state.tensors))
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
def observe(method: Method, probes: Tensor) -> dict[str, np.ndarray[Any, Any]]:
    """A method's arrays in the vocabulary's types: images (M, C, H, W) as uint8, codes as float16."""
    arrays = {}
    for name, tensor in method.eval().observe(probes).items():
        dtype = VOCABULARY[name].dtype
        arrays[name] = _pixels(tensor, method) if dtype is np.uint8 else tensor.numpy().astype(dtype)
    method.train()
    return arrays


def _pixels(x: Tensor, method: Method) -> np.ndarray[Any, Any]:
    """Flat images in [0, 1], (M, n) -> uint8 (M, C, H, W), in 32 shades: more are not seen, and double a folder."""
    shades = x.mul(31).round().clamp(0, 31).mul(255 / 31).round()
    return shades.to(torch.uint8).view(-1, *method.shape).numpy()


@torch.inference_mode()
def _validate(method: Method, x: Tensor) -> dict[str, float]:
    metrics = method.eval().evaluate(x)
    method.train()
    return {f"val_{name}": value for name, value in metrics.items()}


@torch.inference_mode()
def evaluate(method: Method, dataset: str) -> dict[str, float]:
    """The method's metrics on the test part of `dataset`. Raises RepzError where the images have another shape."""
    data = datasets.load(dataset)
    if data.shape != method.shape:
        raise RepzError(
            _("The model takes images of {expected} (channels, rows, columns); those of {dataset} are {given}.").format(
                expected=method.shape, dataset=dataset, given=data.shape
            )
        )
    with _numerics(method.recipe):
        metrics = method.eval().evaluate(method.prepare(torch.from_numpy(data.part("test").x)))
    return dict(_row(method.recipe.training.steps, metrics).values)
