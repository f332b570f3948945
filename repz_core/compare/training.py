"""The runs that a comparison needs: those there are, and the rest trained now, as many at once as there are cores."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import cast

from repz_core.config import Recipe, RepzError
from repz_core.executors.local import Local
from repz_core.limits import Limits
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED

Tell = Callable[[str], None]


def trained(asked: Sequence[Recipe], store: RunStore, tell: Tell = lambda line: None) -> list[Run]:
    """The finished run of each recipe, in their order. Raises RepzError where one fails; those done by then stay."""
    waiting = [recipe for recipe in asked if not _done(store, recipe)]
    if waiting:
        _train(waiting, store, tell)
    found = [store.find(recipe) for recipe in asked]
    return [run for run in found if run]


def _done(store: RunStore, recipe: Recipe) -> bool:
    run = store.find(recipe)
    return run is not None and run.status.state == "done"


def _train(waiting: list[Recipe], store: RunStore, tell: Tell) -> None:
    """Each in a process of its own; a lab's supervisor of the same root may take some of them, and is waited for."""
    local, total = Local(Limits.from_environment()), len(waiting)
    going: dict[int, tuple[BaseProcess, Run]] = {}
    queue = sorted(waiting, key=lambda recipe: recipe.method not in ("simclr", "gan"))  # the longest first
    try:
        while queue or going:
            while queue and len(going) < (os.cpu_count() or 1):
                run = store.submit(queue.pop(0))
                process = local.start(run.folder)
                going[process.sentinel] = process, run
            for sentinel in wait(list(going)):
                process, run = going.pop(cast(int, sentinel))
                process.join()
                _conclude(run)
                done = total - len(queue) - len(going)
                said = _("{done} of {total} runs: {id}, {seconds:.0f} s")
                tell(said.format(done=done, total=total, id=run.id, seconds=run.status.seconds))
    finally:
        _leave([process for process, _run in going.values()])


def _conclude(run: Run) -> None:
    """Wait for whoever else holds the run. Raises RepzError where it ended otherwise than done."""
    while run.status.state not in ENDED and run.locked():
        time.sleep(0.2)
    if (status := run.status).state != "done":
        fault = _("Run {id} ended as {state}: {message}")
        raise RepzError(fault.format(id=run.id, state=status.state, message=status.message or "-"))


def _leave(processes: Sequence[BaseProcess]) -> None:
    """Have workers keep a state and leave."""
    for process in processes:
        with suppress(OSError):
            process.terminate()
    for process in processes:
        process.join(10)
