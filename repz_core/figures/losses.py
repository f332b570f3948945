"""Where does the loss go? The terms of a loss over training, stacked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from repz_core.locale import _


class Term(NamedTuple):
    """A column of the run's rows, shown as a stacked area under a name and in a colour."""

    column: str
    name: str
    color: str


def loss_curves(
    rows: Sequence[dict[str, float]], terms: Sequence[Term], totals: Sequence[tuple[str, str]]
) -> go.Figure:
    """`terms` stacked over the step, and `totals` (column, name) as dashed ink lines: validation, where there is any.

    Rows are those of `Run.events()`; each trace's `meta` names its column ("-elbo": that column negated), so that a
    live chart can fill it itself.
    Units: nats per image.
    """
    figure = go.Figure()
    for column, name, color in terms:
        area = {"stackgroup": "loss", "mode": "lines", "line": {"color": color, "width": 1}}
        figure.add_scatter(**_trace(rows, column, name), **area)
    for column, name in totals:
        line = {"mode": "lines+markers", "line": {"dash": "dash", "width": 3}, "marker": {"size": 5}}
        figure.add_scatter(**_trace(rows, column, name), **line)
    figure.update_layout(
        xaxis={"title": {"text": _("step")}, "rangemode": "tozero"},
        yaxis={"title": {"text": _("nats per image")}, "rangemode": "tozero"},
        margin={"l": 62, "r": 12, "t": 34, "b": 48},
        showlegend=False,  # a line of words above takes less room
        annotations=[_key(terms, totals)],
        font={"size": 15},
        hovermode="x unified",
        template="none",
    )
    return figure


def _key(terms: Sequence[Term], totals: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What the colours mean, as one line above the plot."""
    words = [f"<span style='color:{term.color}'>■</span> {term.name}" for term in reversed(terms)]
    words += [f"- - {name}" for _column, name in totals]
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
    return {"text": "  ".join(words), "showarrow": False, **place}


def _trace(rows: Sequence[dict[str, float]], column: str, name: str) -> dict[str, Any]:
    key, sign = column.removeprefix("-"), -1 if column.startswith("-") else 1
    here = [row for row in rows if key in row]
    return {
        "x": [row["step"] for row in here],
        "y": [sign * row[key] for row in here],
        "meta": column,
        "name": name,
        "hovertemplate": "%{y:.1f} nats<extra>" + name + "</extra>",
    }
