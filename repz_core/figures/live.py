"""What figures share that a page fills from a run while it goes: traces that say what they hold, and one look.

A trace's `meta` is {"x": E, "y": E} with expressions over a row's columns ("step", "-val_elbo",
"val_kl+val_log_prior"), and maybe "who" (1, 2, ...: of a run drawn beside) or "at" (only the row at the frame in view);
or {"array": NAME, "order": NAME, ...}: a frame's array, a point a latent dimension. A figure's `meta` says of what kind
it is: over "steps", or none of that. components/live_chart fills the same traces in the browser.
"""

import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.locale import _

Rows = Sequence[dict[str, float]]

# Lines are told apart by their dashes too; beside each, what a key draws of it.
DASHES = {"solid": "━━", "dash": "╍╍", "dot": "┅┅", "dashdot": "━ ·", "longdash": "━ ━", "longdashdot": "━━ ·"}
# plotly's symbols, and what a key draws of them
SYMBOLS = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲", "x": "✖", "star": "★"}


def points(rows: Rows, x: str, y: str) -> dict[str, list[float]]:
    """The values of two expressions at every row that has all their columns: {"x": [...], "y": [...]}."""
    across, up = _terms(x), _terms(y)
    here = [row for row in rows if all(column in row for _sign, column in across + up)]
    return {"x": [_value(row, across) for row in here], "y": [_value(row, up) for row in here]}


def trace(rows: Rows, x: str, y: str, name: str, **meta: Any) -> dict[str, Any]:
    """A trace's numbers, name and meta."""
    return points(rows, x, y) | {"meta": {"x": x, "y": y} | meta, "name": name}


def line(color: str | None = None, dash: str = "solid", width: int = 3) -> dict[str, Any]:
    """A line; without a colour it is drawn in the page's ink."""
    return {"mode": "lines", "line": {"color": color, "dash": dash, "width": width}}


def finish(figure: go.Figure, kind: str, x: str, y: str, key: str = "", **layout: Any) -> go.Figure:
    """The one look: axis titles, a line of words above instead of a legend, room for 15 px type."""
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
    figure.update_layout(
        xaxis={"title": {"text": x}},
        yaxis={"title": {"text": y}},
        margin={"l": 62, "r": 12, "t": 34, "b": 48},
        showlegend=False,
        annotations=[{"text": key, "showarrow": False, **place}] if key else [],
        font={"size": 15},
        template="none",
        meta={"kind": kind, "parent": palette.PARENT},
    )
    figure.update_layout(**layout)
    return figure


def swatch(color: str, name: str, sign: str = "■") -> str:
    """A coloured square and what it means, for a key; of lines and marks their own sign."""
    return f"<span style='color:{color}'>{sign}</span> {name}"


def sides(names: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Names and colours of lines in one figure, each with a dash of its own."""
    return [(name, color, dash) for (name, color), dash in zip(names, cycle(DASHES), strict=False)]


def comparison(column: str, names: Sequence[tuple[str, str]], y: str, log: bool = False) -> go.Figure:
    """One expression over the steps of several runs: (name, colour) of the run in view, then of those beside it."""
    figure = go.Figure()
    for who, (name, color, dash) in enumerate(sides(names)):
        figure.add_scatter(**trace([], "step", column, name, who=who), **line(color, dash))
    key = "<br>".join(swatch(color, name, DASHES[dash]) for name, color, dash in sides(names))
    finish(figure, "steps", _("step"), y, key, hovermode="x unified")
    figure.update_layout(margin={"t": 14 + 20 * len(names)})
    return logarithmic(figure) if log else figure


def logarithmic(figure: go.Figure) -> go.Figure:
    """The same over decades; plotly chooses the range."""
    return figure.update_layout(
        yaxis={"type": "log", "exponentformat": "power"}, meta={**figure.layout.meta, "free": True}
    )


def columns_of(expression: str) -> list[str]:
    """The columns that an expression is made of."""
    return [column for _sign, column in _terms(expression)]


def _terms(expression: str) -> list[tuple[int, str]]:
    return [(-1 if sign == "-" else 1, column) for sign, column in re.findall(r"([+-]?)(\w+)", expression)]


def _value(row: dict[str, float], terms: list[tuple[int, str]]) -> float:
    return sum(sign * row[column] for sign, column in terms)
