"""One run from its folder to its end, obeying its control file. Workers and the command line both come through here."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from repz_core import embed, engine, recipes
from repz_core.config import RepzError
from repz_core.events import Look, Snapshot, State
from repz_core.executors.pacer import Pacer
from repz_core.limits import variable
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED, Condition, Status
from repz_core.writer import RunWriter, rounded

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
            pacer = Pacer(run, writer, seconds, interrupted)
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


def _drain(run: Run, writer: RunWriter, pacer: Pacer, state: State | None) -> Status:
    """Write all events; then the metrics of what came out, on test and validation images."""
    writer.status("running", pacer.step)
    maps: Mapping[str, NDArray[Any]] = {}
    asked = 0.0
    origin = _origin(run) if run.recipe.parent and state is None else None
    for event in pacer.events(state, origin):
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
