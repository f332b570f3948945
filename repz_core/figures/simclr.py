"""Contrastive learning in figures: its loss beside chance, what its representations hold, and how they are spread."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from repz_core.figures import palette
from repz_core.figures.live import DASHES, SYMBOLS, comparison, finish, line, sides, swatch, trace
from repz_core.locale import _

REPRESENTATIONS = (palette.REAL, palette.KL, palette.PARENT, palette.FAKE, palette.RECONSTRUCTION, palette.OTHER)
H, Z = REPRESENTATIONS[:2]


def loss(names: Sequence[tuple[str, str]], chance: float | None) -> go.Figure:
    """The loss of runs over the steps, (name, colour) of the run in view first, under the line of `chance`, in nats:
    what it is where all similarities are equal.
    """
    figure = comparison("loss", names, _("loss"))
    if chance is None:
        return figure.update_layout(meta={**figure.layout.meta, "free": True})
    words = _("chance: log(2N − 1) = {value:.2f}").format(value=chance)
    figure.add_scatter(
        x=[0, 1e6], y=[chance, chance], mode="lines", line={"width": 1.5, "dash": "dash"}, hoverinfo="skip",
        name=_("chance"),
    )  # fmt: skip
    figure.add_annotation(
        text=words, x=1, y=chance, xref="paper", showarrow=False, xanchor="right", yanchor="bottom", name="chance"
    )
    return figure.update_layout(meta={**figure.layout.meta, "range": [0, 1.15 * chance]})


def probes() -> go.Figure:
    """Accuracy of a linear probe on h and of nearest neighbours in h over the steps, on validation images."""
    figure = go.Figure()
    look = {"mode": "lines+markers", "marker": {"size": 6}}
    names = [("val_probe_h", _("linear probe on h"), H), ("val_knn", _("5 nearest neighbours in h"), palette.FAKE)]
    for (column, name, color), dash in zip(names, DASHES, strict=False):
        figure.add_scatter(**trace([], "step", column, name), **line(color, dash) | look, hovertemplate="%{y:.1%}")
    key = "<br>".join(swatch(color, name, sign) for (_, name, color), sign in zip(names, DASHES.values(), strict=False))
    finish(figure, "steps", _("step"), _("accuracy, validation"), key, hovermode="x unified")
    return figure.update_layout(margin={"t": 54}, yaxis={"tickformat": ".0%"})


def labels(counts: Sequence[float], accuracies: NDArray[np.floating]) -> go.Figure:
    """Accuracy against the labels a class that a probe learns from, the last: all. `accuracies` (representation, count,
    draw), as in events.VOCABULARY; bands reach one standard deviation over draws to either side.
    """
    figure = go.Figure()
    names = [_("h"), _("z"), _("pixels"), _("h, untrained"), _("PCA, as many"), _("VAE, as many")]
    positions = list(range(len(counts)))
    for name, color, symbol, draws in zip(names, REPRESENTATIONS, SYMBOLS, accuracies, strict=True):
        mean, spread = draws.mean(1), draws.std(1)
        band = [*(mean + spread).tolist(), *(mean - spread)[::-1].tolist()]
        figure.add_scatter(
            x=positions + positions[::-1], y=band, fill="toself",
            line={"width": 0, "color": color}, mode="lines", opacity=0.25, hoverinfo="skip", name="",
        )  # fmt: skip
        figure.add_scatter(
            x=positions, y=mean.tolist(), customdata=spread.tolist(), name=name, mode="lines+markers",
            marker={"size": 9, "symbol": symbol}, line={"color": color, "width": 3},
            hovertemplate="%{y:.1%} ± %{customdata:.1%}",
        )  # fmt: skip
    pieces = [swatch(*piece) for piece in zip(REPRESENTATIONS, names, SYMBOLS.values(), strict=True)]
    finish(figure, "plane", _("labels a class"), _("accuracy, validation"), f"{'  '.join(pieces[:3])}<br>"
           f"{'  '.join(pieces[3:])}", hovermode="x unified")  # fmt: skip
    ticks = [f"{count:g}" for count in counts[:-1]] + [_("all, {count:.0f}").format(count=counts[-1])]
    return figure.update_layout(
        xaxis={"tickvals": positions, "ticktext": ticks}, yaxis={"tickformat": ".0%"}, margin={"t": 54}
    )


def geometry(names: Sequence[tuple[str, str]] = ()) -> go.Figure:
    """Uniformity against alignment of validation views over training, down and left the better; of several runs where
    there are `names` (name, colour), that of the run in view first.
    """
    figure = go.Figure()
    for who, (name, color, dash) in enumerate(sides(names or [("", palette.REAL)])):
        figure.add_scatter(
            **trace([], "val_alignment", "val_uniformity", name, who=who),
            **line(color, dash) | {"mode": "lines+markers"},
            hovertemplate="%{x:.2f}, %{y:.2f}<extra>" + name + "</extra>",
        )  # fmt: skip
    now = {"mode": "markers", "marker": {"size": 15}, "hoverinfo": "skip"}
    figure.add_scatter(**trace([], "val_alignment", "val_uniformity", "", at="frame"), **now)
    finish(figure, "plane", _("alignment"), _("uniformity"), _key(names), hovermode="closest")
    return figure.update_layout(xaxis={"rangemode": "tozero"}, margin={"t": _above(names)})


def singular_values(names: Sequence[tuple[str, str]] = ()) -> go.Figure:
    """Singular values of z over its axes at the frame in view, on decades; of several runs where there are `names`."""
    figure = go.Figure()
    for who, (name, color, dash) in enumerate(sides(names or [(_("z"), Z)])):
        figure.add_scatter(
            x=[], y=[], name=name, meta={"array": "singular_values", "who": who}, marker={"color": color, "size": 5},
            **line(color, dash) | {"mode": "lines+markers"}, hovertemplate="%{y:.3g}<extra>" + name + "</extra>",
        )  # fmt: skip
    finish(figure, "plane", _("axis"), _("singular value"), _key(names))
    return figure.update_layout(
        xaxis={"type": "category", "nticks": 6}, yaxis={"type": "log", "dtick": 1}, margin={"t": _above(names)}
    )


def _key(names: Sequence[tuple[str, str]]) -> str:
    """Two names a line: panels are narrow."""
    pieces = [swatch(color, name, DASHES[dash]) for name, color, dash in sides(names)]
    return "<br>".join("  ".join(pieces[i : i + 2]) for i in range(0, len(pieces), 2))


def _above(names: Sequence[tuple[str, str]]) -> int:
    """The room that their key takes."""
    return 14 + 20 * max(1, (len(names) + 1) // 2)
