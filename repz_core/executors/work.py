"""One run from its folder to its end, obeying its control file. Workers and the command line both come through here."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from repz_core import embed, engine, recipes
from repz_core.config import RepzError
from repz_core.events import Look, Snapshot, State, Turn
from repz_core.limits import variable
from repz_core.locale import _
from repz_core.run import Control, Run
from repz_core.runs import RunStore
from repz_core.status import ENDED, Condition, Status
from repz_core.writer import RunWriter, rounded

POLL = 0.02  # seconds between two looks at control.json
NO_MEMORY = ("can't allocate memory", "bad_alloc")  # how torch says it


def work(
    run: Run, *, seconds: float | None = None, interrupted: Callable[[], Condition | None] = lambda: None
) -> Status:
    """Train `run` to its end, from its last state, for at most `seconds` in all; its final status.

    `interrupted()` may tell to leave: "queued" leaves the run at its present state to another worker, "stopped" ends
    it. A fault ends the run as "failed" with one sentence and keeps all it had. Raises BlockingIOError where another
    worker holds the run, RepzError or OSError where not even that can be written.
    """
    with run.lock():
        try:
            if (status := run.status).state == "done":
                return status
            if status.state in ENDED:
                run.tell(status.replace(state="queued", message=""))
            state = run.state()
            begins = run.recipe.parent.step if run.recipe.parent else 0
            writer = RunWriter(run, first=state.step if state else begins)
        except RepzError as error:  # what is there cannot be continued
            status = Status(state="failed", message=str(error))
            run.tell(status)
            return status
        with writer:
            pacer = _Pacer(run, writer, seconds, interrupted)
            try:
                return _drain(run, writer, pacer, state)
            except RepzError as error:
                return writer.status("failed", pacer.step, message=str(error))
            except Exception as error:
                logging.getLogger(__name__).exception("run %s", run.id)
                return writer.status("failed", pacer.step, message=_in_a_sentence(error, pacer.step))


def _in_a_sentence(error: Exception, step: int) -> str:
    """What an unforeseen fault says on a page."""
    if isinstance(error, MemoryError) or any(sign in str(error) for sign in NO_MEMORY):
        fault = _(
            "Training stopped at step {step}: it needs more memory than it may have; choose a smaller net or batch, "
            "or allow more in {variable}."
        )
        return fault.format(step=step, variable=variable("memory"))
    return _("Training stopped at step {step} on an unforeseen fault ({kind}: {reason}).").format(
        step=step, kind=type(error).__name__, reason=(str(error).splitlines() or ["-"])[0]
    )


def _drain(run: Run, writer: RunWriter, pacer: "_Pacer", state: State | None) -> Status:
    """Write all events; then the metrics of what came out, on test and validation images."""
    writer.status("running", pacer.step)
    maps: Mapping[str, NDArray[Any]] = {}
    asked = 0.0
    origin = _origin(run) if run.recipe.parent and state is None else None
    for event in engine.train(
        run.recipe, resume=state, origin=origin, proceed=pacer.proceed, watch=pacer.watch, keep=writer.due
    ):
        if isinstance(event, Look):
            maps = _maps(run, writer, event)
            event = Look(event.step, {**event.arrays, **maps})
        elif isinstance(event, Snapshot) and event.step == run.recipe.training.steps:
            event = Snapshot(event.step, {**event.arrays, **maps})
            writer.paused += time.monotonic() - asked if maps else 0.0
        writer.write(event)
        if isinstance(event, Look):
            asked = time.monotonic()
            writer.status("running", event.step, message=_("asking what was learned"))
    writer.drop_look()
    if pacer.ended == "queued":
        return writer.status("queued", pacer.step)
    if pacer.ended == "stopped":  # at once, for whoever pressed the button
        writer.status("stopped", pacer.step, message=_("measuring what came out"))
    model, dataset = run.model(), run.recipe.dataset
    metrics, validation = (rounded(engine.evaluate(model, dataset, part)) for part in ("test", "validation"))
    if pacer.ended == "done":
        writer.keep_weights()  # before it says so: who sees "done" finds them
    status = writer.status(pacer.ended, pacer.step, metrics=metrics, validation=validation, message=pacer.reason)
    if pacer.ended == "done":
        writer.drop_states()
    return status


def _maps(run: Run, writer: RunWriter, look: Look) -> Mapping[str, NDArray[Any]]:
    """Maps of the run's embeddings over time, where it has any; that time is no training."""
    if not embed.EMBEDDINGS.keys() & look.arrays.keys() or look.step in writer.frames:
        return {}
    start = time.monotonic()
    writer.status("running", look.step, message=_("laying out the maps"))
    maps = embed.movie([*run.snapshots(), Snapshot(look.step, look.arrays)])
    writer.paused += time.monotonic() - start
    return maps


def _origin(fork: Run) -> State | None:
    """A state of the fork's parent that it can start from, if the parent's run is here and has one."""
    parent, begins = recipes.origin(fork.recipe)
    found = RunStore(fork.folder.parent).find(parent)
    state = found.state() if found else None
    return state if state and state.step <= begins else None


class _Pacer:
    """Asked before each step and told of each turn: waits while the run is paused, rests where it is to be slow, and
    ends it when that is wished or time is up.
    """

    def __init__(
        self, run: Run, writer: RunWriter, seconds: float | None, interrupted: Callable[[], Condition | None]
    ) -> None:
        self.run, self.writer, self.interrupted = run, writer, interrupted
        self.limit = seconds
        self.step = writer.first
        self.turn: Turn | None = None  # the last one
        self.num_turns = len(recipes.turns(run.recipe))
        self.ended: Condition = "done"
        self.reason = ""  # of an end that nobody asked for
        self.path = run.folder / "control.json"
        self.stamp, self.control, self.looked = (0, 0), Control(), 0.0

    def proceed(self, step: int) -> bool:
        """May `step` be taken? Blocks while the answer is "later"."""
        self.step = step - 1
        now = time.monotonic()
        if step > self.writer.first:  # a fork's way back is not its training
            self.writer.start = self.writer.start or now
        if now - self.looked >= POLL:
            self.looked = now
            self._look()
            self._pause()
            self.writer.beat("running", self.step, self._way_back(step))
        if reason := self.interrupted():
            self.ended = reason
        elif self.control.desired == "stop":
            self.ended = "stopped"
        elif self.limit is not None and self.writer.seconds() >= self.limit:
            self.ended = "stopped"
            self.reason = _("stopped after {seconds:,g} s of training, as long as it may take").format(
                seconds=self.limit
            )
        else:
            self.step = step
            return True
        return False

    def watch(self, turn: Turn) -> None:
        """A turn is over: rest, if it is to be slow; wait, if the run is paused before the step's next turn."""
        self.turn = turn
        whole = turn.done == turn.total
        self.step = turn.step - (not whole)
        if self.control.pace > 0 and self.control.desired == "run":
            self._show("running")
            self._wait(self.control.pace)
        if not whole:
            self._pause()

    def _pause(self) -> None:
        """Wait while the user wants a pause and has granted no more turns."""
        if not self._held():
            return
        self._show("paused")
        while self._held() and not self.interrupted():
            self._wait(POLL)
        self.writer.status("running", self.step)

    def _held(self) -> bool:
        return self.control.desired == "pause" and self.step * self.num_turns + self._turns() >= self.control.until

    def _turns(self) -> int:
        """Those of the step under way that are over."""
        return self.turn.done if self.turn and self.turn.step > self.step else 0

    def _show(self, state: Condition) -> None:
        """Let people see how it stands now, between two frames."""
        if self.turn and self.turn.step >= self.step:
            self.writer.show(self.turn.look())
        self.writer.status(state, self.step, turn=self._turns())

    def _wait(self, seconds: float) -> None:
        """Time that is not training. A change of the user's mind ends it early."""
        start, before = time.monotonic(), self.control
        while True:
            time.sleep(min(POLL, seconds))
            self._look()
            if self.control != before or self.interrupted() or time.monotonic() - start >= seconds:
                break
        self.writer.paused += time.monotonic() - start

    def _way_back(self, step: int) -> str:
        """What to say while a fork trains its parent anew."""
        if step > self.writer.first:
            return ""
        return _("going back: the parent run is trained again, step {step:,} of {first:,}").format(
            step=step, first=self.writer.first
        )

    def _look(self) -> None:
        found = self.path.stat() if self.path.exists() else None
        stamp = (found.st_ino, found.st_mtime_ns) if found else (0, 0)  # two writes may share a clock tick
        if stamp != self.stamp:
            self.stamp, self.control = stamp, self.run.control
        if self.control.desired == "pause" or self.control.pace > 0:
            self.looked = 0.0  # look before each step, lest it take more than it was granted


def summary(run: Run, status: Status) -> str:
    """The line a finished command prints: {"run", "steps", "seconds", "examples_per_second", "metrics", "validation"}.

    Both are the method's metrics: on the test part, and on the validation part.
    """
    return json.dumps(
        {
            "run": str(run.folder),
            "steps": status.step,
            "seconds": status.seconds,
            "examples_per_second": status.examples_per_second,
            "metrics": status.metrics,
            "validation": status.validation,
        }
    )
