"""Figures of the game: its curves, its losses as functions, modes, and the phase portrait of the Dirac-GAN."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from repz_core.figures import palette
from repz_core.figures.live import DASHES, finish, line, logarithmic, sides, swatch, trace
from repz_core.locale import _

WIDTHS = ((4, "━━"), (1, "──"))  # of lines in pixels, and what a key draws of them


class Curve(NamedTuple):
    """An expression over a run's rows under a name; `mark` adds dots, where rows have it at frames alone."""

    column: str
    name: str
    color: str
    mark: bool = True


def curves(
    shown: Sequence[Curve], y: str, levels: Sequence[tuple[float, str]] = (), span: tuple[float, float] | None = None,
    log: bool = False,
) -> go.Figure:  # fmt: skip
    """Curves over the step, with thin level lines of theory (value, name) labelled on the line."""
    figure, signs = go.Figure(), []
    for rank, curve in enumerate(shown):
        look, sign = _look(curve, rank)
        signs.append(sign)
        hover = "%{y:.3g}<extra>" + curve.name + "</extra>"
        figure.add_scatter(**trace([], "step", curve.column, curve.name), **look, hovertemplate=hover)
    key = "  ".join(swatch(curve.color, curve.name, sign) for curve, sign in zip(shown, signs, strict=True))
    finish(figure, "steps", _("step"), y, key, hovermode="x unified")
    for value, name in levels:
        figure.add_hline(value, line={"width": 1.5, "color": palette.PARENT})
        place = {"xref": "paper", "x": 1, "xanchor": "right", "yanchor": "bottom", "showarrow": False}
        figure.add_annotation(y=math.log10(value) if log else value, text=name, **place)
    if span:
        figure.update_layout(meta={**figure.layout.meta, "range": list(span)})
    return logarithmic(figure) if log else figure


def _look(curve: Curve, rank: int) -> tuple[dict[str, Any], str]:
    """How a figure's curve is drawn beside its colour, and what the key draws of it: dashes of its own, but where rows
    jitter, and would tear dashes, a thickness of its own.
    """
    if not curve.mark:
        width, sign = WIDTHS[min(rank, len(WIDTHS) - 1)]
        return line(curve.color, width=width), sign
    dash, sign = list(DASHES.items())[rank]
    return line(curve.color, dash) | {"mode": "lines+markers", "marker": {"size": 5, "color": curve.color}}, sign


def mode_bars(num_modes: int) -> go.Figure:
    """Share of samples near each mode, beside the share it should have; modes that are missed have no bar."""
    figure = go.Figure()
    figure.add_bar(x=[], y=[], marker={"color": palette.FAKE}, meta={"array": "mode_shares"}, name=_("generated"))
    key = f"{swatch(palette.FAKE, _('generated'))}  {swatch(palette.REAL, _('the truth'))}"
    finish(figure, "bars", _("mode"), _("share of samples"), key)
    figure.add_hline(1 / num_modes, line={"width": 3, "color": palette.REAL})
    return figure.update_layout(
        meta={**figure.layout.meta, "least": 1.6 / num_modes}, xaxis={"type": "category", "nticks": 13}
    )


def loss_functions(rows: Sequence[tuple[str, str, str]]) -> go.Figure:
    """f_r, f_f and f_g of a loss over the logit, their gradients below, and below these the run's own logits.

    `rows` are (name, colour, dash) of the three.
    """
    figure = go.Figure()
    for i, (name, color, dash) in enumerate(rows):
        for array, axis in (("loss_values", "y"), ("loss_slopes", "y2")):
            meta = {"array": array, "row": i, "over": "loss_logits"}
            figure.add_scatter(x=[], y=[], name=name, meta=meta, yaxis=axis, **line(color, dash))
    for array, level, color in (("logits_real", 1, palette.REAL), ("logits_fake", 0, palette.FAKE)):
        rug = {"symbol": "line-ns", "size": 16, "line": {"width": 1.2, "color": color}, "color": color}
        figure.add_scatter(
            x=[], y=[], mode="markers", marker=rug, yaxis="y3", meta={"array": array, "level": level},
            hovertemplate="%{x:.2f}<extra></extra>",
        )  # fmt: skip
    key = "  ".join(swatch(color, name, DASHES[dash]) for name, color, dash in rows)
    finish(figure, "plane", _("logit t"), "f(t)", key, hovermode="closest")
    return figure.update_layout(
        xaxis={"range": [-6, 6], "anchor": "y3"},
        yaxis={"domain": [0.58, 1], "range": [-2.5, 6.5]},
        yaxis2={"domain": [0.2, 0.53], "range": [-2.2, 2.2], "title": {"text": "f ′(t)"}},
        yaxis3={
            "domain": [0, 0.14], "range": [-0.6, 1.6], "tickvals": [0, 1], "ticktext": [_("fake"), _("real")],
            "showgrid": False,
        },
    )  # fmt: skip


class Field(NamedTuple):
    """A vector field of both players' pulls at places (theta, psi), each (G,)."""

    theta: NDArray[np.float64]
    psi: NDArray[np.float64]
    theta_pull: NDArray[np.float64]
    psi_pull: NDArray[np.float64]


def dirac_field(loss: str, r1: float, side: int = 13, reach: float = 3.0) -> Field:
    """Downhill for both players of the Dirac-GAN, in closed form (Mescheder et al. 2018, section 2).

    With D(x) = psi x, real data at 0 and the fake at theta: -dL_D/dpsi = -f_f'(psi theta) theta - gamma psi and
    -dL_G/dtheta = -f_g'(psi theta) psi.
    """
    ticks = np.linspace(-reach, reach, side)
    theta, psi = (grid.flatten() for grid in np.meshgrid(ticks, ticks))
    fake, generator = _slopes(loss, theta * psi)
    return Field(theta, psi, -generator * psi, -fake * theta - r1 * psi)


def _slopes(loss: str, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """f_f' and f_g' of a row of the table, THEORY's section 3, at logits t."""
    sigmoid = 1 / (1 + np.exp(-t))
    ones = np.ones_like(t)
    found: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
        "minimax": (sigmoid, -sigmoid),
        "non_saturating": (sigmoid, sigmoid - 1),
        "least_squares": (t, t - 1),
        "hinge": ((t > -1).astype(float), -ones),
        "wasserstein": (ones, -ones),
    }
    return found[loss]


def phase_portrait(field: Field, names: Sequence[tuple[str, str]], reach: float = 3.0) -> go.Figure:
    """The ways of runs (name, colour), the one in view first, through the plane of both players' parameters; arrows:
    where the game pulls.
    """
    figure = go.Figure()
    strength = np.hypot(field.theta_pull, field.psi_pull)
    cell = 2 * reach / (math.sqrt(len(field.theta)) - 1)
    length = 0.8 * cell * (strength / strength.max()) ** 0.4 / np.maximum(strength, 1e-12)  # weak ones are seen too
    x: list[float | None] = []
    y: list[float | None] = []
    for theta, psi, across, up in zip(
        field.theta, field.psi, length * field.theta_pull, length * field.psi_pull, strict=True
    ):
        x += [theta, theta + across, None]
        y += [psi, psi + up, None]
    stroke = {"color": palette.PARENT, "width": 1.5}
    figure.add_scatter(x=x, y=y, mode="lines", line=stroke, hoverinfo="skip", name="")
    figure.add_scatter(
        x=list(field.theta), y=list(field.psi), mode="markers", marker={"size": 4, "color": palette.PARENT},
        hoverinfo="skip", name="",
    )  # fmt: skip
    across, up = "generator_theta", "discriminator_psi"
    for who, (name, color, dash) in enumerate(sides(names)):
        figure.add_scatter(**trace([], across, up, name, who=who), **line(color, dash))
    now = {"mode": "markers", "marker": {"size": 15}}
    figure.add_scatter(**trace([], across, up, _("at the frame in view"), at="frame"), **now)
    key = "  ".join(swatch(color, name, DASHES[dash]) for name, color, dash in sides(names))
    finish(figure, "plane", _("θ, the generator's point"), _("ψ, the discriminator's slope"), key, hovermode="closest")
    return figure.update_layout(xaxis={"range": [-reach, reach], "zeroline": True}, yaxis={"range": [-reach, reach]})
