"""Where a run stands: six states and the moves between them, by which every status.json is written. A leaf."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from repz_core.config import Config

Condition = Literal["queued", "running", "paused", "done", "stopped", "failed"]

# From a state to those that may follow it; to tell more of the same state is no move. Nothing follows "done", and
# what had ended otherwise waits in the queue before it runs again.
MOVES: Mapping[Condition, frozenset[Condition]] = {
    "queued": frozenset({"running", "stopped", "failed"}),
    "running": frozenset({"paused", "queued", "done", "stopped", "failed"}),  # queued: its worker left or died
    "paused": frozenset({"running", "queued", "stopped", "failed"}),
    "stopped": frozenset({"queued", "failed"}),  # failed: when what came out was measured
    "failed": frozenset({"queued"}),
    "done": frozenset(),
}
ENDED: tuple[Condition, ...] = ("done", "stopped", "failed")


class IllegalMove(RuntimeError):
    """A move that `MOVES` does not have: a fault of the program, not of a person's."""


def check_move(before: Condition, after: Condition) -> None:
    """Raises IllegalMove where `after` may not follow `before`."""
    if after != before and after not in MOVES[before]:
        raise IllegalMove(f"a run that is {before} cannot be {after} next")


class Status(Config):
    """Where a run stands. `seconds` is time spent training; `restarts` counts workers that died on it since its last
    progress.

    `turn` counts the turns of the step under way that are over, `looks` the passing looks there were.
    `metrics` are those of what came out on the test images, `validation` the same on the validation images.
    """

    state: Condition = "queued"
    step: int = 0
    turn: int = 0
    looks: int = 0
    seconds: float = 0.0
    examples_per_second: float = 0.0
    message: str = ""
    restarts: int = 0
    metrics: dict[str, float] = Field(default_factory=dict)
    validation: dict[str, float] = Field(default_factory=dict)
