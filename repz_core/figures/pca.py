"""How near a linear autoencoder is to PCA: its loss, its subspace, its weights, and the directions it holds."""

import plotly.graph_objects as go

from repz_core.figures import palette
from repz_core.figures.live import finish, line, logarithmic, swatch, trace
from repz_core.locale import _


def excess() -> go.Figure:
    """Loss over its floor, less 1, over the steps, on decades."""
    figure = go.Figure()
    figure.add_scatter(**trace([], "step", "val_excess", _("excess")), **line(palette.RECONSTRUCTION))
    return logarithmic(finish(figure, "steps", _("step"), _("loss / floor − 1")))


def floor() -> go.Figure:
    """Loss over PCA's, over the steps."""
    figure = go.Figure()
    figure.add_scatter(**trace([], "step", "val_loss_over_floor", _("loss / PCA's")), **line(palette.RECONSTRUCTION))
    finish(figure, "steps", _("step"), _("loss / PCA's loss"))
    return figure.add_hline(1, line={"width": 1.5, "color": palette.PARENT})


def angles() -> go.Figure:
    """Angles to the principal subspace and directions, over the steps, on decades."""
    figure = go.Figure()
    lines = [
        ("val_principal_angle", _("subspace, largest"), palette.RECONSTRUCTION),
        ("val_singular_angle", _("singular vectors, mean"), palette.KL),
        ("val_atom_angle", _("atoms, mean"), palette.FAKE),
    ]
    for column, name, color in lines:
        figure.add_scatter(**trace([], "step", column, name), **line(color))
    key = "<br>".join(swatch(color, name) for _column, name, color in lines)
    finish(figure, "steps", _("step"), _("angle, radians"), key, hovermode="x unified")
    return logarithmic(figure.update_layout(margin={"t": 74}))


def spectrum() -> go.Figure:
    """Bars of the variance that the decoder's span holds along each principal direction, under the data's own."""
    figure = go.Figure()
    held, data = _("held by the code"), _("variance of the images")
    figure.add_scatter(x=[], y=[], name=data, meta={"array": "spectrum"}, mode="lines+markers", line={"width": 2})
    figure.add_bar(x=[], y=[], name=held, marker={"color": palette.RECONSTRUCTION}, meta={"array": "captured"})
    key = f"{swatch(palette.RECONSTRUCTION, held)}  ●─ {data}"
    finish(figure, "bars", _("principal direction, by variance"), _("variance"), key, hovermode="x unified")
    return figure.update_layout(meta={**figure.layout.meta, "least": 0.1}, xaxis={"type": "category"})
