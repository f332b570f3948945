"""How sparse is a code: its values, its active units, and what that sparsity costs."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.figures.live import DASHES, SYMBOLS, finish, line, logarithmic, sides, swatch, trace
from repz_core.locale import _


def values() -> go.Figure:
    """All codes of the probes: how many are exactly zero, and a histogram of the others, on decades."""
    figure = go.Figure()
    zero, others = _("exactly 0"), _("not 0")
    for part, name, color in (("zeros", zero, palette.PARENT), ("others", others, palette.RECONSTRUCTION)):
        figure.add_bar(
            x=[], y=[], name=name, marker={"color": color}, meta={"array": "codes", "histogram": part},
            hovertemplate="%{x:.3g}: %{y:.3g}<extra>" + name + "</extra>",
        )  # fmt: skip
    key = f"{swatch(palette.PARENT, zero)}  {swatch(palette.RECONSTRUCTION, others)}"
    finish(figure, "plane", _("value of a code"), _("share of all codes in a bin"), key, bargap=0)
    return logarithmic(figure).update_layout(yaxis={"dtick": 1})


def active(names: Sequence[tuple[str, str]] = ()) -> go.Figure:
    """How many units are active on an image, over the probes: of the run in view, or as lines of the runs beside it,
    (name, colour) each.
    """
    figure = go.Figure()
    meta = {"array": "codes", "histogram": "active"}
    hover = "%{x}: %{y:.3g}<extra></extra>"
    if not names:
        figure.add_bar(x=[], y=[], marker={"color": palette.RECONSTRUCTION}, meta=meta, name="", hovertemplate=hover)
    for who, (name, color, dash) in enumerate(sides(names), 1):
        figure.add_scatter(x=[], y=[], name=name, meta=meta | {"who": who}, hovertemplate=hover, **line(color, dash))
    key = "  ".join(swatch(color, name, DASHES[dash]) for name, color, dash in sides(names))
    return finish(figure, "plane", _("active units of an image"), _("share of the images"), key, bargap=0)


def use() -> go.Figure:
    """How often each unit is active, those most used first."""
    figure = go.Figure()
    meta = {"array": "density", "order": "density"}
    figure.add_bar(x=[], y=[], name=_("in use"), marker={"color": palette.RECONSTRUCTION}, meta=meta)
    finish(figure, "bars", _("unit, by use"), _("share of the training images"), bargap=0)
    figure.update_layout(xaxis={"type": "category", "showticklabels": False})
    return figure.update_layout(meta={**figure.layout.meta, "least": 0.01})


def quality() -> go.Figure:
    """Active units and variance explained over the steps."""
    figure = go.Figure()
    units, kept = _("active units an image"), _("variance explained")
    look = {"mode": "lines+markers", "marker": {"size": 6}}
    figure.add_scatter(**trace([], "step", "val_l0", units), **line(palette.FAKE) | look)
    figure.add_scatter(
        **trace([], "step", "val_variance_explained", kept), **line(palette.RECONSTRUCTION, "dash") | look, yaxis="y2"
    )
    key = f"{swatch(palette.FAKE, units, DASHES['solid'])}<br>{swatch(palette.RECONSTRUCTION, kept, DASHES['dash'])}"
    side = {"overlaying": "y", "side": "right", "range": [0, 1], "tickmode": "auto", "title": {"text": kept}}
    finish(figure, "steps", _("step"), units, key, yaxis2=side, hovermode="x unified")
    return figure.update_layout(meta={**figure.layout.meta, "free": True}, yaxis={"rangemode": "tozero"},
                                margin={"r": 62, "t": 54})  # fmt: skip


class Trained(NamedTuple):
    """A finished run as a point of the front: what it is, its test metrics, its id."""

    kind: str
    label: str
    l0: float
    variance_explained: float
    run: str


def front(points: Sequence[Trained], names: dict[str, tuple[str, str]], here: str) -> go.Figure:
    """Variance explained against active units, a line a kind {kind: (name, colour)}; a point's custom data is its run,
    `here` the one in view.
    """
    figure = go.Figure()
    for (kind, (name, color)), symbol in zip(names.items(), SYMBOLS, strict=False):
        mine = sorted((point for point in points if point.kind == kind), key=lambda point: point.l0)
        figure.add_scatter(
            x=[point.l0 for point in mine], y=[point.variance_explained for point in mine],
            text=[point.label for point in mine], customdata=[point.run for point in mine], name=name,
            mode="lines+markers+text", textposition="bottom center", line={"color": color, "width": 2},
            marker={"size": [18 if point.run == here else 11 for point in mine], "color": color, "symbol": symbol},
            hovertemplate="%{text}: %{x:.1f}, %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    there = {point.kind for point in points}
    pieces = zip(names.items(), SYMBOLS.values(), strict=False)
    key = "  ".join(swatch(color, name, sign) for (kind, (name, color)), sign in pieces if kind in there)
    finish(figure, "plane", _("active units an image, L0"), _("variance explained"), key, hovermode="closest")
    return figure.update_layout(xaxis={"type": "log", "tickvals": [2, 5, 10, 20, 50, 100, 200, 500, 1000]})


def objectives() -> go.Figure:
    """The lasso objective of the encoder's codes over the least there is, a dot an image; on the line they agree."""
    figure = go.Figure()
    ends = {"x": [0, 1e4], "y": [0, 1e4], "mode": "lines", "hoverinfo": "skip", "name": ""}
    figure.add_scatter(**ends, line={"color": palette.PARENT, "width": 1.5})
    figure.add_scatter(
        x=[], y=[], mode="markers", marker={"size": 7, "color": palette.FAKE, "opacity": 0.7}, name="",
        meta={"array": "lasso_encoder", "over": "lasso_exact"}, hovertemplate="%{x:.1f}, %{y:.1f}<extra></extra>",
    )  # fmt: skip
    finish(figure, "plane", _("exact codes"), _("encoder's codes"), _("lasso objective of an image"))
    return figure.update_layout(meta={**figure.layout.meta, "fit": True})


def gap() -> go.Figure:
    """How far the encoder's objective lies above the exact one, over the steps."""
    figure = go.Figure()
    look = {"mode": "lines+markers", "marker": {"size": 7}}
    least = _("exact codes, same dictionary")
    names = [
        ("val_objective", _("encoder"), palette.FAKE, "solid"),
        ("val_objective-val_amortisation_gap", least, palette.RECONSTRUCTION, "dash"),
    ]
    for column, name, color, dash in names:
        figure.add_scatter(**trace([], "step", column, name), **line(color, dash) | look)
    key = "<br>".join(swatch(color, name, DASHES[dash]) for _column, name, color, dash in names)
    finish(figure, "steps", _("step"), _("objective an image"), key, hovermode="x unified")
    return figure.update_layout(margin={"t": 54})
