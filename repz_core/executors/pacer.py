"""What a run's user wishes while it trains, obeyed: pause, steps by hand, slow motion, stop; and its time limit."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from repz_core import engine, recipes
from repz_core.events import Look, Snapshot, State, Step, Turn
from repz_core.locale import _
from repz_core.run import Control, Run
from repz_core.status import Condition
from repz_core.writer import RunWriter

POLL = 0.02  # seconds between two looks at control.json


class Leave(Exception):
    """Training is to end in the middle of a look that takes its time."""


class Pacer:
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

    def events(self, state: State | None, origin: State | None) -> Iterator[Step | Look | Snapshot | State]:
        """What training tells, until it ends. Who leaves within a look falls back to the last state that was kept."""
        with suppress(Leave):
            yield from engine.train(
                self.run.recipe, resume=state, origin=origin, proceed=self.proceed, watch=self.watch,
                keep=self.writer.due, safepoint=self.safepoint,
            )  # fmt: skip
            return
        self.step = self.run.kept_step()

    def safepoint(self) -> None:
        """Within a look: wait while the run is paused. Raises Leave where it is to end, if it has a state to go on
        from.
        """
        now = time.monotonic()
        if now - self.looked < POLL:
            return
        self.looked = now
        self._look()
        if self._held():
            self.writer.status("paused", self.step)
            while self._held() and not self.interrupted():
                self._wait(POLL)
            self.writer.status("running", self.step)
        if self._asked_to_leave() and self.run.kept_step() >= 0:
            raise Leave

    def _asked_to_leave(self) -> bool:
        """Whether somebody wants the run to end here; as what is kept in `ended`."""
        if reason := self.interrupted():
            self.ended = reason
        elif self.control.desired == "stop":
            self.ended = "stopped"
        else:
            return False
        return True

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
        if self._asked_to_leave():
            return False
        if self.limit is not None and self.writer.seconds() >= self.limit:
            self.ended = "stopped"
            self.reason = _("stopped after {seconds:,g} s of training, as long as it may take").format(
                seconds=self.limit
            )
            return False
        self.step = step
        return True

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
