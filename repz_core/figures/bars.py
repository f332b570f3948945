"""Bars of a few numbers, side by side."""

from collections.abc import Sequence

import plotly.graph_objects as go

from repz_core.figures.live import finish, swatch


def bars(labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[float | None]]], x: str, y: str) -> go.Figure:
    """A group of bars a label; `series` are (name, colour, values; None where there is none)."""
    figure = go.Figure()
    for name, color, values in series:
        text = ["" if value is None else f"{value:.3g}" for value in values]
        figure.add_bar(
            x=list(labels), y=list(values), name=name, marker={"color": color}, text=text, textposition="outside"
        )
    key = "  ".join(swatch(color, name) for name, color, _values in series)
    finish(figure, "bars", x, y, key)
    return figure.update_layout(xaxis={"type": "category"}, margin={"t": 40}, height=380)
