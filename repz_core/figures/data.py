"""Data sets before anything is trained: how many examples of each class, and points of the plane."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from repz_core.figures import palette
from repz_core.figures.live import finish, swatch
from repz_core.locale import N_, _

PARTS = ((N_("training"), palette.REAL), (N_("validation"), palette.RECONSTRUCTION), (N_("test"), palette.FAKE))
NUMBERED = 26  # bars that have room for their number


def balance(names: Sequence[str], counts: NDArray[np.int64]) -> go.Figure:
    """How many examples of each class are in each part, stacked, with their sum above; `counts` (parts, classes)."""
    figure, labels = go.Figure(), [name or _("all") for name in names]
    for (part, color), row in zip(PARTS, counts, strict=True):
        figure.add_bar(x=labels, y=row.tolist(), name=_(part), marker={"color": color}, hovertemplate="%{x}: %{y:,}")
    totals = counts.sum(0)
    if len(labels) <= NUMBERED:
        words = [f"{total:,}" for total in totals]
        look: dict[str, Any] = {"mode": "text", "textposition": "top center", "hoverinfo": "skip", "cliponaxis": False}
        figure.add_scatter(x=labels, y=totals.tolist(), text=words, **look)
    key = "  ".join(swatch(color, f"{_(part)} {row.sum():,}") for (part, color), row in zip(PARTS, counts, strict=True))
    finish(figure, "balance", _("class") if len(names) > 1 else "", _("examples"), key)
    height = {"range": [0, 1.15 * float(totals.max(initial=1))]}
    across = {"type": "category", "tickfont": {"size": 16}}
    return figure.update_layout(barmode="stack", xaxis=across, yaxis=height, margin={"t": 40}, height=440)


def cloud(points: NDArray[np.floating[Any]], labels: NDArray[np.int64], names: Sequence[str]) -> go.Figure:
    """Points (N, 2), or (N, 1) along a line, in their classes' colours; the class's name at its middle."""
    figure, colors = go.Figure(), palette.of_classes(len(names))
    across, up = points[:, 0], points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
    for label, name in enumerate(names):
        mine = labels == label
        marker = {"color": colors[label], "size": 5, "opacity": 0.7}
        figure.add_scatter(x=across[mine].tolist(), y=up[mine].tolist(), mode="markers", marker=marker, name=name)
        if len(names) > 1 and mine.any():
            middle = {"x": float(np.median(across[mine])), "y": float(np.median(up[mine]))}
            figure.add_annotation(text=f"<b>{name}</b>", showarrow=False, bgcolor="rgba(255,255,255,0.75)", **middle)
    annotations = figure.layout.annotations
    finish(figure, "cloud", "x", "y" if points.shape[1] > 1 else "", height=440)
    return figure.update_layout(annotations=annotations, yaxis={"scaleanchor": "x"})
