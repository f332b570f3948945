"""What does a nat buy? The rate-distortion plane (Alemi et al. 2018, arXiv:1711.00464)."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.figures.live import Rows, finish, line, trace
from repz_core.locale import _


class Trained(NamedTuple):
    """A trained run as a point of the plane: its weight of the KL, its metrics in nats per image, its id."""

    beta: float
    rate: float
    distortion: float
    run: str


def rate_distortion(rows: Rows, family: Sequence[Trained], with_run: bool = True) -> go.Figure:
    """The way of a run over training (validation), and `family` (test), runs that differ in beta alone.

    Rate is the KL, distortion the reconstruction term, both in nats per image; on thin lines their sum, -ELBO, is the
    same. A point's custom data is its run. `with_run` is false where its nats cannot be compared with theirs.
    """
    figure = go.Figure()
    low, high = _range(rows, family)
    reach = 1.15 * max([point.rate for point in family if point.beta > 0] or [40.0])
    for total in range(0, int(low + high + reach), 25):
        ends = {"x": [0, total], "y": [total, 0], "mode": "lines", "hoverinfo": "skip"}
        figure.add_scatter(**ends, line={"color": palette.PARENT, "width": 0.7}, name="", opacity=0.6)
    points = sorted(family, key=lambda point: point.rate)
    figure.add_scatter(
        x=[point.rate for point in points],
        y=[point.distortion for point in points],
        text=[f"β {point.beta:g}" for point in points],
        customdata=[point.run for point in points],
        mode="lines+markers+text", textposition="top right", name=_("other β, on test images"),
        line={"color": palette.KL, "width": 2}, marker={"size": 12, "color": palette.KL},
    )  # fmt: skip
    if with_run:
        figure.add_scatter(**trace(rows, "val_kl", "val_recon", _("this run over training")), **line())
        now = {"mode": "markers", "marker": {"size": 15}}
        figure.add_scatter(**trace([], "val_kl", "val_recon", _("at the frame in view"), at="frame"), **now)
    finish(figure, "plane", _("rate: KL, nats"), _("distortion: reconstruction, nats"), hovermode="closest")
    return figure.update_layout(xaxis={"range": [0, reach]}, yaxis={"range": [low, high]}, margin={"t": 10})


def _range(rows: Rows, family: Sequence[Trained]) -> tuple[float, float]:
    """From a little below the best to twice the spread above it: the first moments are far above all that follows."""
    distortions = [point.distortion for point in family] or [row["val_recon"] for row in rows if "val_recon" in row]
    low, high = min(distortions, default=0.0), max(distortions, default=200.0)
    return max(0.0, low - 0.15 * (high - low) - 1), high + 0.35 * (high - low) + 1
