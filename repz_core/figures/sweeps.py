"""Many runs in one picture: a line a run through all that was varied and came out; two metrics against each other."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.figures.live import finish, swatch
from repz_core.locale import _

TICKS = 6  # that have words of their own


class Axis(NamedTuple):
    """What a vertical axis shows: a value a run, numbers or words."""

    name: str
    values: Sequence[Any]
    log: bool = False


def parallel(axes: Sequence[Axis], costs: Sequence[float]) -> go.Figure:
    """A line a run across the axes; the less it costs, the warmer its colour."""
    line = {"color": list(costs), "colorscale": [[0, palette.OTHER], [1, palette.PARENT]]}
    figure = go.Figure(go.Parcoords(line=line, dimensions=[_dimension(axis) for axis in axes], labelside="top"))
    figure.update_traces(labelfont={"size": 17}, tickfont={"size": 15}, rangefont={"size": 1, "color": "rgba(0,0,0,0)"})
    figure.update_layout(margin={"l": 60, "r": 50, "t": 90, "b": 24}, height=380, font={"size": 15}, template="none")
    key = swatch(palette.OTHER, _("best")) + "  " + swatch(palette.PARENT, _("worst"))
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1.2, "xanchor": "left", "yanchor": "bottom"}
    return figure.add_annotation(text=key, showarrow=False, **place)


def trade_off(
    points: Sequence[tuple[float, float]], names: Sequence[str], front: Sequence[bool], x: str, y: str
) -> go.Figure:
    """Runs in the plane of two metrics; those on the front, which no run beats in both, are joined."""
    figure = go.Figure()
    for on_front, color, size in ((False, palette.PARENT, 9), (True, palette.OTHER, 13)):
        places = [place for place, is_front in enumerate(front) if is_front == on_front]
        places.sort(key=lambda place: points[place])
        figure.add_scatter(
            x=[points[place][0] for place in places], y=[points[place][1] for place in places],
            mode="lines+markers" if on_front else "markers", line={"color": color, "width": 2, "dash": "dot"},
            marker={"size": size, "color": color}, customdata=places, text=[names[place] for place in places],
            hovertemplate="%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
        )  # fmt: skip
    key = swatch(palette.OTHER, _("beaten by no run")) + "  " + swatch(palette.PARENT, _("beaten"))
    finish(figure, "plane", x, y, key, hovermode="closest")
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        axis.update(tickfont={"size": 15}, title={"font": {"size": 17}})
    return figure.update_layout(height=380)


def _dimension(axis: Axis) -> dict[str, Any]:
    """A plotly axis; words and switches become places with ticks, few numbers and a logarithm's have a tick each."""
    values = list(axis.values)
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        words = sorted({str(value) for value in values})
        ranks = [words.index(str(value)) for value in values]
        return {"label": axis.name, "values": ranks, "tickvals": list(range(len(words))), "ticktext": words}
    log = axis.log and min(values) > 0
    places = [math.log10(value) for value in values] if log else values
    distinct = sorted(set(places))
    if len(distinct) > TICKS and not log:
        return {"label": axis.name, "values": places}
    ticks = distinct[:: math.ceil(len(distinct) / TICKS)]
    texts = [f"{10**tick if log else tick:.3g}" for tick in ticks]
    return {"label": axis.name, "values": places, "tickvals": ticks, "ticktext": texts}
