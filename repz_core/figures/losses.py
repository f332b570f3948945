"""Where does the loss go? The terms of a loss over training, stacked."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from repz_core.figures.live import Rows, finish, line, swatch, trace
from repz_core.locale import _


class Term(NamedTuple):
    """A column of the run's rows, shown as a stacked area under a name and in a colour."""

    column: str
    name: str
    color: str


def loss_curves(
    rows: Rows, terms: Sequence[Term], totals: Sequence[tuple[str, str]], bounds: Sequence[tuple[str, str]] = ()
) -> go.Figure:
    """`terms` stacked over the step; `totals` (expression, name) as dashed ink lines: validation, where there is any;
    `bounds` likewise as dotted ones. Rows are those of `Run.events()`. Units: nats per image.
    """
    figure = go.Figure()
    for column, name, color in terms:
        area = {"stackgroup": "loss", "mode": "lines", "line": {"color": color, "width": 1}}
        figure.add_scatter(**trace(rows, "step", column, name), **area, hovertemplate=_hover(name))
    for lines, dash in ((totals, "dash"), (bounds, "dot")):
        for column, name in lines:
            look = line(dash=dash) | {"mode": "lines+markers", "marker": {"size": 5}}
            figure.add_scatter(**trace(rows, "step", column, name), **look, hovertemplate=_hover(name))
    areas = "  ".join(swatch(term.color, term.name) for term in reversed(terms))
    dashed, dotted = [f"- - {name}" for _column, name in totals], [f"··· {name}" for _column, name in bounds]
    key = f"{areas}<br>{'  '.join(dashed + dotted)}"  # two lines: the panel is narrow
    finish(figure, "steps", _("step"), _("nats per image"), key, hovermode="x unified")
    return figure.update_layout(xaxis={"rangemode": "tozero"}, yaxis={"rangemode": "tozero"}, margin={"t": 50})


def _hover(name: str) -> str:
    return "%{y:.1f} " + _("nats") + "<extra>" + name + "</extra>"
