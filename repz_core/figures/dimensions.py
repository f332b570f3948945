"""Which dimensions are used? KL and variance of every latent dimension, beside the data's own spectrum."""

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.figures.live import finish, swatch
from repz_core.locale import _

ACTIVE = 0.01  # a dimension whose mean code varies by more is in use (Burda et al. 2016, section 5.1)


def dimensions() -> go.Figure:
    """Bars of the KL a dimension in nats, largest first; dots of its code's variance, and the data's eigenvalues.

    A page fills it from a frame's arrays; dimensions that are not active are grey.
    """
    figure = go.Figure()
    shown = {"order": "kl_each", "lit": {"array": "code_variance", "above": ACTIVE, "dark": palette.PARENT}}
    kl, variance, data = _("KL, nats"), _("variance of the code"), _("the data's eigenvalues")
    figure.add_bar(x=[], y=[], name=kl, marker={"color": palette.KL}, meta={"array": "kl_each"} | shown)
    dots = {"mode": "markers", "yaxis": "y2"}
    figure.add_scatter(
        x=[], y=[], name=variance, meta={"array": "code_variance", "order": "kl_each"}, **dots,
        marker={"size": 10, "symbol": "diamond"},
    )  # fmt: skip
    figure.add_scatter(
        x=[], y=[], name=data, meta={"array": "eigenvalues", "order": "kl_each"}, mode="lines", yaxis="y2",
        line={"width": 2, "dash": "dot"},
    )  # fmt: skip
    key = f"{swatch(palette.KL, kl)}  {swatch(palette.PARENT, _('unused'))}<br>"
    key += f"◆ {variance}  ··· {data}"
    side = {
        "overlaying": "y",
        "side": "right",
        "rangemode": "tozero",
        "tickmode": "auto",
        "title": {"text": _("variance")},
    }
    finish(
        figure, "bars", _("latent dimension, by its KL"), _("nats per image"), key, yaxis2=side, hovermode="x unified"
    )
    return figure.update_layout(
        meta={**figure.layout.meta, "least": 0.1}, xaxis={"type": "category"}, margin={"r": 62, "t": 50}
    )
