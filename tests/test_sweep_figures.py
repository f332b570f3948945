"""Figures of sweeps: every run is drawn where its numbers are."""

import math

import pytest

from repz_core.figures import palette
from repz_core.figures.sweeps import Axis, parallel, trade_off


def test_parallel_coordinates():
    axes = [
        Axis("beta", [0.5, 1.0, 2.0]),
        Axis("lr", [1e-4, 1e-3, 1e-2], log=True),
        Axis("net", ["mlp", "conv", "mlp"]),
        Axis("ema", [True, False, True]),
        Axis("recon", [90.0, 80.0, 85.0]),
    ]
    [trace] = parallel(axes, [3.0, 1.0, 2.0]).data
    beta, lr, net, ema, recon = trace.dimensions
    assert [dimension.label for dimension in trace.dimensions] == [axis.name for axis in axes]
    assert (list(beta.values), list(beta.ticktext)) == ([0.5, 1.0, 2.0], ["0.5", "1", "2"])
    assert list(lr.values) == pytest.approx([-4, -3, -2])
    assert list(lr.ticktext) == ["0.0001", "0.001", "0.01"]
    assert [net.ticktext[place] for place in net.values] == ["mlp", "conv", "mlp"]
    assert [ema.ticktext[place] for place in ema.values] == ["True", "False", "True"]
    assert list(recon.values) == [90.0, 80.0, 85.0]
    assert list(trace.line.color) == [3.0, 1.0, 2.0]
    assert trace.line.colorscale[0][1] == palette.OTHER, "the least cost is the warmest"


def test_many_values_have_the_ticks_that_plotly_chooses_and_a_logarithm_few():
    values = [10 ** (-place / 7) for place in range(20)]
    many, log = parallel([Axis("a", values), Axis("b", values, log=True)], values).data[0].dimensions
    assert many.tickvals is None
    assert len(log.tickvals) <= 6
    assert list(log.values) == pytest.approx([math.log10(value) for value in values])
    zero = parallel([Axis("beta", [0.0, 1.0], log=True)], [1, 2]).data[0].dimensions[0]
    assert list(zero.values) == [0.0, 1.0], "zero has no logarithm"


def test_the_front_is_joined_in_order():
    points = [(3.0, 1.0), (1.0, 3.0), (3.0, 3.0), (2.0, 2.0)]
    figure = trade_off(points, ["a", "b", "c", "d"], [True, True, False, True], "KL", "recon")
    beaten, front = figure.data
    assert (list(beaten.x), list(beaten.y), list(beaten.text)) == ([3.0], [3.0], ["c"])
    assert (list(front.x), list(front.y), list(front.text)) == ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], ["b", "d", "a"])
    assert (front.mode, front.marker.color) == ("lines+markers", palette.OTHER)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("KL", "recon")
