"""What every measurement shares: how big it is, turns in alternation, medians, and the line it ends in."""

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Settings:
    """How to measure: `peers` is the interpreter that has the peers, None where there is none."""

    peers: Path | None = None
    size: str = "normal"  # or "quick" (form only, seconds), or "full"

    def pick(self, quick: int, normal: int, full: int) -> int:
        """The one of three numbers that goes with the size."""
        return {"quick": quick, "normal": normal, "full": full}[self.size]

    @property
    def images(self) -> str:
        """The data set to measure on: digits for the form alone, where no peer is built for others."""
        return "digits" if self.size == "quick" and self.peers is None else "mnist5k"


@dataclass(frozen=True)
class Result:
    """One task's line. `ours` and `peer` are medians in `unit`; a ratio above 1 means that ours is better.

    `required` is the least ratio to reach, 0 where it only informs; `limit` the most that `ours` may be, where there
    is one; `range_*` the least and greatest single run; `quality_*` what was reached meanwhile, and `table` row by
    row, where that matters.
    """

    task: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str | None
    ratio: float | None
    runs: int
    required: float = 0.0
    limit: float | None = None
    range_ours: tuple[float, float] | None = None
    range_peer: tuple[float, float] | None = None
    quality_ours: float | None = None
    quality_peer: float | None = None
    table: list[dict[str, Any]] | None = None

    @classmethod
    def of(
        cls,
        task: str,
        unit: str,
        ours: list[float],
        peer: list[float],
        *,
        peer_name: str | None = None,
        less_is_better: bool = False,
        **others: Any,
    ) -> Self:
        """The result of single runs' values; `peer` is empty where there was none."""
        median_ours = statistics.median(ours)
        median_peer = statistics.median(peer) if peer else None
        ratio = None
        if median_peer is not None:
            ratio = median_peer / median_ours if less_is_better else median_ours / median_peer
        return cls(
            task=task,
            unit=unit,
            ours=median_ours,
            peer=median_peer,
            peer_name=peer_name,
            ratio=ratio,
            runs=len(ours),
            range_ours=(min(ours), max(ours)),
            range_peer=(min(peer), max(peer)) if peer else None,
            **others,
        )

    def row(self) -> dict[str, Any]:
        """The JSON object to print; numbers to four significant digits."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def interleave(num_runs: int, *sides: Callable[[int], Any] | None) -> list[list[Any]]:
    """What each side returned, one list a side: ours, peer, ours, peer, ... so that both meet the same disturbances.

    A side is called with the number of the run; a side that is None has no values.
    """
    values: list[list[Any]] = [[] for _side in sides]
    for i in range(num_runs):
        for side, found in zip(sides, values, strict=True):
            if side:
                found.append(side(i))
    return values


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, tuple | list) else value
