"""Figures hold the numbers they are given, and nothing else."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core.figures import palette
from repz_core.figures.dimensions import dimensions
from repz_core.figures.images import contact_sheet
from repz_core.figures.live import comparison, points
from repz_core.figures.losses import Term, loss_curves
from repz_core.figures.pca import angles, excess, spectrum
from repz_core.figures.rate import Trained, rate_distortion

TERMS = [Term("recon", "reconstruction", palette.RECONSTRUCTION), Term("kl", "KL", palette.KL)]
TOTALS = [("-val_elbo", "validation")]
ROWS = [
    {"step": 0, "seconds": 0.0, "val_elbo": -90.0, "val_recon": 80.0},
    {"step": 1, "seconds": 0.1, "recon": 70.0, "kl": 0.5},
    {"step": 2, "seconds": 0.2, "recon": 60.0, "kl": 1.5},
    {"step": 4, "seconds": 0.4, "recon": 50.0, "kl": 2.5, "val_elbo": -55.0, "val_recon": 51.0},
]


def traces(figure):
    return {trace.meta["y"]: trace for trace in figure.data if trace.meta and "y" in trace.meta}


def test_traces_hold_the_rows_numbers():
    figure = loss_curves(ROWS, TERMS, TOTALS)
    assert isinstance(figure, go.Figure)
    found = traces(figure)
    assert list(found) == ["recon", "kl", "-val_elbo"]
    assert list(zip(found["recon"].x, found["recon"].y, strict=True)) == [(1, 70), (2, 60), (4, 50)]
    assert list(zip(found["kl"].x, found["kl"].y, strict=True)) == [(1, 0.5), (2, 1.5), (4, 2.5)]
    assert [trace.name for trace in figure.data] == ["reconstruction", "KL", "validation"]


def test_a_minus_sign_negates_a_column():
    found = traces(loss_curves(ROWS, [], [("-val_elbo", "validation"), ("val_recon", "held out")]))
    assert list(zip(found["-val_elbo"].x, found["-val_elbo"].y, strict=True)) == [(0, 90), (4, 55)]
    assert list(zip(found["val_recon"].x, found["val_recon"].y, strict=True)) == [(0, 80), (4, 51)]


def test_terms_are_stacked_and_totals_are_not():
    found = traces(loss_curves(ROWS, TERMS, TOTALS))
    assert found["recon"].stackgroup == found["kl"].stackgroup
    assert found["recon"].stackgroup
    assert found["-val_elbo"].stackgroup is None
    assert found["-val_elbo"].line.dash == "dash"
    assert [found[term.column].line.color for term in TERMS] == [term.color for term in TERMS]


def test_words_and_units():
    figure = loss_curves(ROWS, TERMS, TOTALS)
    assert figure.layout.yaxis.title.text == "nats per image"
    assert figure.layout.xaxis.title.text == "step"
    (key,) = figure.layout.annotations
    words = [name for _column, name, _color in TERMS] + ["validation"]
    assert all(word in key.text for word in words)
    assert key.text.index("KL") < key.text.index("reconstruction"), "in the order of the stack, from the top"
    assert "$" not in figure.to_json(), "LaTeX would load a script from the net"


@pytest.mark.parametrize("rows", [[], ROWS[:1], [{"step": 3}]])
def test_a_run_that_has_hardly_begun_is_an_empty_figure(rows):
    figure = loss_curves(rows, TERMS, TOTALS)
    assert [trace.meta for trace in figure.data] == [{"x": "step", "y": y} for y in ("recon", "kl", "-val_elbo")]
    assert not traces(figure)["recon"].x


def test_rows_stay_as_they_were():
    before = json.dumps(ROWS)
    loss_curves(ROWS, TERMS, TOTALS)
    assert json.dumps(ROWS) == before


def naive_sheet(images, columns, gap, scale):
    """Pixel by pixel."""
    count, channels, height, width = images.shape
    rows = (count + columns - 1) // columns
    sheet = np.zeros(((rows * height + (rows - 1) * gap) * scale, (columns * width + (columns - 1) * gap) * scale, 3))
    for m in range(count):
        for i in range(height * scale):
            for j in range(width * scale):
                top, left = (m // columns) * (height + gap) * scale, (m % columns) * (width + gap) * scale
                for c in range(3):
                    sheet[top + i, left + j, c] = images[m, c % channels, i // scale, j // scale]
    return sheet.astype(np.uint8)


@given(
    st.integers(1, 7), st.sampled_from([1, 3]), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5),
    st.integers(0, 2), st.integers(1, 3),
)  # fmt: skip
def test_contact_sheet_against_a_naive_loop(count, channels, height, width, columns, gap, scale):
    size = (count, channels, height, width)
    images = np.random.default_rng(count).integers(0, 256, size, dtype=np.uint8)
    sheet = contact_sheet(images, columns, gap, scale)
    assert sheet.dtype == np.uint8
    assert np.array_equal(sheet, naive_sheet(images, columns, gap, scale))


def test_colours_are_told_apart():
    assert len(palette.CLASSES) == len(set(palette.CLASSES)) == 10
    named = [palette.REAL, palette.FAKE, palette.RECONSTRUCTION, palette.KL, palette.PARENT]
    assert len(set(named)) == len(named)
    assert all(len(color) == 7 and int(color[1:], 16) >= 0 for color in (*named, *palette.CLASSES))


def test_an_expression_is_a_signed_sum_of_columns():
    assert points(ROWS, "step", "recon+kl") == {"x": [1, 2, 4], "y": [70.5, 61.5, 52.5]}
    assert points(ROWS, "-val_recon", "val_recon-val_elbo") == {"x": [-80, -51], "y": [170, 106]}
    assert points(ROWS, "step", "cats") == {"x": [], "y": []}


def test_bounds_are_dotted_and_named():
    figure = loss_curves(ROWS, TERMS, TOTALS, [("val_recon", "bound")])
    assert traces(figure)["val_recon"].line.dash == "dot"
    assert "bound" in figure.layout.annotations[0].text


FAMILY = [Trained(2.0, 14.6, 95.1, "vae-b"), Trained(1.0, 25.1, 80.2, "vae-a"), Trained(0.1, 70.0, 60.0, "vae-c")]


def test_the_plane_of_rate_and_distortion_holds_family_and_run():
    rows = [row | {"val_kl": 2.0 * i} for i, row in enumerate(ROWS)]
    figure = rate_distortion(rows, FAMILY)
    [family] = [trace for trace in figure.data if trace.customdata]
    assert list(zip(family.x, family.y, family.customdata, strict=True)) == [
        (14.6, 95.1, "vae-b"), (25.1, 80.2, "vae-a"), (70, 60, "vae-c"),
    ]  # fmt: skip
    assert list(family.text) == ["β 2", "β 1", "β 0.1"]
    run, now = (trace for trace in figure.data if trace.meta)
    assert list(zip(run.x, run.y, strict=True)) == [(0, 80), (6, 51)]
    assert now.meta["at"] == "frame"
    low, high = figure.layout.yaxis.range
    assert low < 60
    assert high > 95.1
    for line in figure.data:
        if line.name == "":
            assert line.x[0] + line.y[0] == line.x[1] + line.y[1], "of equal -ELBO"


@pytest.mark.parametrize("family", [[], FAMILY[:1], [Trained(0.0, 900.0, 10.0, "vae-d"), *FAMILY]])
@pytest.mark.parametrize("rows", [[], ROWS])
def test_any_family_and_run_make_a_plane(rows, family):
    figure = rate_distortion(rows, family)
    assert figure.layout.xaxis.range[1] < 100, "an autoencoder's rate is no measure for the others"
    json.loads(figure.to_json())


def test_dimensions_name_arrays_and_what_is_lit():
    figure = dimensions()
    assert [trace.meta["array"] for trace in figure.data] == ["kl_each", "code_variance", "eigenvalues"]
    assert {trace.meta["order"] for trace in figure.data} == {"kl_each"}
    assert figure.data[0].meta["lit"] == {"array": "code_variance", "above": 0.01, "dark": palette.PARENT}
    assert figure.layout.yaxis.title.text == "nats per image"
    assert figure.layout.yaxis2.side == "right"
    assert (figure.layout.meta["kind"], figure.layout.meta["least"]) == ("bars", 0.1)


def test_a_comparison_has_a_line_a_run():
    figure = comparison("-val_elbo", [("one", "#111111"), ("other", "#222222")], "nats")
    assert [trace.meta["who"] for trace in figure.data] == [0, 1]
    assert [trace.line.color for trace in figure.data] == ["#111111", "#222222"]
    assert "one" in figure.layout.annotations[0].text


def test_what_the_linear_page_draws_is_filled_from_its_metrics_and_arrays():
    columns = [trace.meta["y"] for figure in (excess(), angles()) for trace in figure.data]
    assert columns == ["val_excess", "val_principal_angle", "val_singular_angle", "val_atom_angle"]
    assert all(figure.layout.yaxis.type == "log" for figure in (excess(), angles()))
    assert [trace.meta["array"] for trace in spectrum().data] == ["spectrum", "captured"]
    for figure in (excess(), angles(), spectrum()):
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text
