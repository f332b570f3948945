"""A figure with a run's numbers in it, for notebooks; in the lab components/live_chart does the same in the browser."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from repz_core.figures.live import columns_of, points

if TYPE_CHECKING:
    from repz_core.run import Run

BINS = 40
STRAY = 1000  # a histogram's outermost bins hold this part of the values each, however far out these are

Arrays = Mapping[str, NDArray[Any]]


def filled(figure: go.Figure, run: "Run", *others: "Run", step: int | None = None) -> go.Figure:
    """A copy of `figure` whose traces hold what their `meta` asks for (see figures/live.py): rows of `run`, arrays of
    its frame at `step` (default: the last) and of the `others`' last ones. What a run does not have stays empty.
    """
    step = run.recipe.training.steps if step is None else step
    copy = go.Figure(figure)
    for trace in copy.data:
        meta = trace.meta or {}
        who = others[meta["who"] - 1] if meta.get("who") else run
        if "array" in meta:
            trace.update(_of_arrays(trace, meta, arrays(who, who.recipe.training.steps if meta.get("who") else step)))
        elif "x" in meta:
            trace.update(_of_rows(meta, who.events(), step))
    return _ranged(copy, max(view.recipe.training.steps for view in (run, *others)))


def arrays(run: "Run", step: int) -> Arrays:
    """The newest frame's not later than `step`, with what never changes, which the first one has."""
    frames = [frame for frame in run.frames() if frame <= step]
    if not frames:
        return {}
    return {**run.snapshot(frames[0]).arrays, **run.snapshot(frames[-1]).arrays}


def _of_rows(meta: Mapping[str, Any], rows: Sequence[dict[str, float]], step: int) -> dict[str, Any]:
    """Two expressions over all rows, or over the last one up to `step` that has both."""
    if "at" in meta:
        needed = columns_of(meta["x"]) + columns_of(meta["y"])
        rows = [row for row in rows if row["step"] <= step and all(column in row for column in needed)][-1:]
    return points(rows, meta["x"], meta["y"])


def _of_arrays(trace: Any, meta: Mapping[str, Any], found: Arrays) -> dict[str, Any]:
    """An array as a histogram, as a line over another one, as marks at a fixed height, or as bars."""
    if any(name not in found for name in (meta["array"], meta.get("over"), meta.get("order")) if name):
        return {"x": [], "y": []}
    values = found[meta["array"]]
    if "histogram" in meta:
        return _histogram(values, meta["histogram"]) if trace.type == "bar" else _line(values, meta["histogram"])
    values = values[meta["row"]] if "row" in meta else values
    if "over" in meta:
        return {"x": found[meta["over"]], "y": values}
    if "level" in meta:
        return {"x": values, "y": np.full(len(values), meta["level"])}
    return _bars(trace, meta, found)


def _bars(trace: Any, meta: Mapping[str, Any], found: Arrays) -> dict[str, Any]:
    """A value a place, in the order of an array, largest first, or else as they come; a spectrum has its own order."""
    order = found[meta.get("order", meta["array"])]
    places = np.argsort(-order.astype(np.float64), kind="stable") if "order" in meta else np.arange(len(order))
    values = found[meta["array"]]
    values = values[: len(places)] if meta["array"] == "eigenvalues" else values[places]
    bars: dict[str, Any] = {"x": [str(place + 1) for place in places[: len(values)]], "y": values}
    if lit := meta.get("lit"):
        above = found[lit["array"]][places] > lit["above"]
        bars["marker"] = {"color": [trace.marker.color if on else lit["dark"] for on in above]}
    return bars


def _line(codes: NDArray[Any], part: str) -> dict[str, Any]:
    histogram = _histogram(codes, part)
    return {"x": histogram["x"], "y": histogram["y"]}


def _histogram(codes: NDArray[Any], part: str) -> dict[str, Any]:
    """Bars of codes (probe, unit): "zeros", the share that is exactly zero; "others", all codes' shares by value;
    "active", shares of the probes by how many of their units are active.
    """
    if part == "active":
        active = (codes != 0).sum(1)
        wide = -(-(int(active.max()) + 1) // BINS)
        counts = np.bincount(active // wide)
        return {"x": np.arange(len(counts)) * wide + (wide - 1) / 2, "y": counts / len(codes), "width": wide}
    others = np.sort(codes[codes != 0].astype(np.float64))
    stray = len(others) // STRAY
    low, high = (min(0.0, others[stray]), max(0.0, others[-1 - stray])) if len(others) else (0.0, 1.0)
    width = (high - low) / BINS
    if part == "zeros":
        return {"x": [0], "y": [1 - len(others) / codes.size], "width": width}
    places = np.clip(np.floor((others - low) / width).astype(int), 0, BINS - 1)
    shares = np.bincount(places, minlength=BINS) / codes.size
    return {"x": low + (np.arange(BINS) + 0.5) * width, "y": shares, "width": width}


def _ranged(figure: go.Figure, steps: int) -> go.Figure:
    """Axes as the figure's `meta` wants them: over all steps, over a range of its own, or over the run's numbers."""
    meta = figure.layout.meta
    if meta["kind"] == "steps":
        figure.update_xaxes(range=[0, steps])
    if meta.get("least"):  # a bar that is next to nothing shall look so
        figure.layout.yaxis.range = [0, 1.05 * max([meta["least"] / 1.05, *figure.data[0].y])]
    if meta.get("range"):
        figure.layout.yaxis.range = meta["range"]
    if meta.get("fit"):
        shown = [trace for trace in figure.data if trace.meta and len(trace.x)]
        values = np.array([value for trace in shown for value in (*trace.x, *trace.y)] or [0.0])
        room = 0.05 * (values.max() - values.min()) or 0.05
        both = [values.min() - room, values.max() + room]
        figure.update_layout(xaxis={"range": both}, yaxis={"range": both})
    return figure
