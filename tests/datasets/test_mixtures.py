"""Laws of points: exact masses against quadrature, draws against the law, drawings that are none."""

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repz_core import recipes
from repz_core.config import RepzError
from repz_core.datasets import catalogue, mixtures
from repz_core.datasets.mixtures import DRAWN_LENGTH, drawn, mixture

PLANE = ["ring8", "grid25", "gaussians", "moons", "swissroll", "drawn"]
NUM, SEED = 50_000, 12


@pytest.fixture(params=PLANE)
def law(request):
    return mixture(request.param)


def borders(law, cells):
    return np.linspace(-law.reach, law.reach, cells + 1)


def cell_by_quadrature(law, edges, i, j, nodes=48):
    """The integral of exp(log_density) over a cell, by Gauss and Legendre's rule in both directions."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    half = (edges[1] - edges[0]) / 2
    x, y = edges[j] + half * (t + 1), edges[i] + half * (t + 1)
    points = np.stack([np.tile(x, nodes), np.repeat(y, nodes)], 1)
    return half**2 * (np.outer(w, w).ravel() * np.exp(law.log_density(points))).sum()


def test_masses_are_the_integrals_of_the_density(law):
    edges = borders(law, 40)
    masses = law.masses(edges)
    assert masses.shape == (40, 40)
    ranked = np.argsort(masses, axis=None)[::-1]
    for place in [*ranked[:6], *ranked[10:200:40], *ranked[400:1600:500]]:
        i, j = divmod(int(place), 40)
        assert masses[i, j] == pytest.approx(cell_by_quadrature(law, edges, i, j), rel=1e-6, abs=1e-12)


def test_rows_of_cells_go_upwards():
    law = mixture("gaussians")._replace(centres=np.array([[0.5, -1.5]]), weights=np.ones(1), sigma=0.05)
    masses = law.masses(np.linspace(-2, 2, 5))
    assert masses[0, 2] == pytest.approx(1), "lowest row, third column"


def test_the_density_is_that_of_a_loop_over_the_gaussians(law):
    points, _labels = law.draw(10, SEED)
    points[:3] *= 1.7
    for point, found in zip(points.astype(float), law.log_density(points), strict=True):
        total = 0.0
        for centre, weight in zip(law.centres, law.weights, strict=True):
            square = sum((a - b) ** 2 for a, b in zip(point, centre, strict=True))
            total += weight * math.exp(-square / (2 * law.sigma**2)) / (2 * math.pi * law.sigma**2)
        if total > 1e-290:
            assert found == pytest.approx(math.log(total), rel=1e-9)
        else:
            assert found < -600, "where exp underflows, its logarithm does not"


def test_reach_holds_practically_all_there_is(law):
    assert law.masses(borders(law, 8)).sum() > 1 - 1e-5
    points, _labels = law.draw(NUM, SEED)
    assert (np.abs(points) < law.reach).mean() > 1 - 1e-3
    assert np.abs(law.centres).max() < law.reach < 3 * np.abs(points).max()


def test_draws_have_the_law_s_mean_and_covariance(law):
    points, labels = law.draw(NUM, SEED)
    assert (points.dtype, labels.dtype) == (np.float32, np.int64)
    assert points.shape == (NUM, 2)
    mean = law.weights @ law.centres
    centred = law.centres - mean
    covariance = (law.weights[:, None] * centred).T @ centred + law.sigma**2 * np.eye(2)
    error = np.sqrt(np.diag(covariance) / NUM)
    assert (np.abs(points.mean(0) - mean) < 4.5 * error).all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert (np.abs(np.cov(points.T.astype(float)) - covariance) < 5 * scale * math.sqrt(2 / NUM)).all()
    assert law.scale == pytest.approx(math.sqrt((points.astype(float) ** 2).mean()), rel=0.01)


def test_draws_fall_into_cells_as_often_as_the_law_says(law):
    """Pearson's chi-square over the cells that expect at least twenty."""
    edges = borders(law, 24)
    points, _labels = law.draw(NUM, SEED)
    counts, _x, _y = np.histogram2d(points[:, 1], points[:, 0], bins=[edges, edges])
    expected = NUM * law.masses(edges)
    many = expected >= 20
    chi2, freedom = ((counts - expected)[many] ** 2 / expected[many]).sum(), many.sum()
    assert abs(chi2 - freedom) < 5 * math.sqrt(2 * freedom)
    assert counts[~many].sum() < 2 * expected[~many].sum() + 50


@pytest.mark.parametrize("name", ["ring8", "grid25", "gaussians"])
def test_each_mode_has_its_share_and_its_spread(name):
    law = mixture(name)
    points, labels = law.draw(NUM, SEED)
    counts = np.bincount(labels, minlength=len(law.centres))
    expected = NUM / len(law.centres)
    chi2, freedom = ((counts - expected) ** 2 / expected).sum(), len(counts) - 1
    assert chi2 < freedom + 5 * math.sqrt(2 * freedom)
    noise = (points - law.centres[labels]) / law.sigma
    assert np.abs(noise.mean(0)).max() < 4.5 / math.sqrt(NUM)
    assert noise.std(0) == pytest.approx([1, 1], abs=5 / math.sqrt(2 * NUM))
    assert (noise**4).mean() == pytest.approx(3, abs=5 * math.sqrt(96 / (2 * NUM)))
    assert (noise[:, 0] * noise[:, 1]).mean() == pytest.approx(0, abs=5 / math.sqrt(NUM))


@pytest.mark.parametrize("name", [*PLANE, "dirac"])
def test_a_draw_is_the_same_bits_each_time_and_others_with_another_seed(name):
    law = mixture(name)
    (x, y), (again, labels), (other, _labels) = law.draw(2000, 3), law.draw(2000, 3), law.draw(2000, 4)
    assert x.tobytes() == again.tobytes()
    assert y.tobytes() == labels.tobytes()
    assert (x.tobytes() == other.tobytes()) == (name == "dirac")
    assert np.array_equal(x, np.round(x.astype(float), 5).astype(np.float32)), "five decimals, whatever the machine"


def test_the_ring_and_the_grid_are_those_of_the_papers():
    ring, grid = mixture("ring8"), mixture("grid25")
    assert (ring.sigma, grid.sigma) == (0.01, 0.05)
    assert np.hypot(*ring.centres.T) == pytest.approx(np.ones(8))
    turns = np.sort(np.arctan2(ring.centres[:, 1], ring.centres[:, 0]))
    assert np.diff(turns) == pytest.approx(np.full(7, math.pi / 4))
    ticks = (-4, -2, 0, 2, 4)
    assert {tuple(centre) for centre in grid.centres} == {(x, y) for x in ticks for y in ticks}
    for law in (ring, grid):
        assert law.modes
        assert law.weights == pytest.approx(np.full(len(law.centres), 1 / len(law.centres)))


@pytest.mark.parametrize("name", ["moons", "swissroll"])
def test_a_curve_has_no_gaps(name):
    """Along each curve the density is as even as its points lie: the next centre is within a width."""
    law = mixture(name)
    gaps = np.hypot(*np.diff(law.centres, axis=0).T)[np.diff(law.labels) == 0]
    assert gaps.max() < 1.05 * law.sigma
    middle = (law.centres[100] + law.centres[101]) / 2
    at_centre, between = np.exp(law.log_density(np.stack([law.centres[100], middle])))
    assert between == pytest.approx(at_centre, rel=0.02)
    assert not law.modes


def test_the_dirac_law_is_one_point():
    law = mixture("dirac")
    points, labels = law.draw(7, 0)
    assert points.tolist() == [[0.0]] * 7
    assert labels.tolist() == [0] * 7
    assert (law.reach, law.scale) == (1, 1)


def test_images_have_no_law_and_points_all_have():
    for name, card in catalogue.CARDS.items():
        assert (mixture(name) is None) == (card.kind != "points")
        assert (mixture(catalogue.identity(name)) is None) == (card.kind != "points")


def painted(cells):
    """A picture with those (row, column) -> level, top row first."""
    levels = [0] * DRAWN_LENGTH
    for (row, column), level in cells.items():
        levels[32 * row + column] = level
    return "".join(f"{level:x}" for level in levels)


CELLS = st.dictionaries(st.tuples(st.integers(0, 31), st.integers(0, 31)), st.integers(1, 15), min_size=1, max_size=12)


@given(CELLS)
def test_a_drawing_has_mass_near_painted_cells_alone_and_in_proportion(cells):
    law = drawn(painted(cells))
    edges = np.linspace(-1.25, 1.25, 41)  # the canvas and four cells around it
    masses = law.masses(edges)[::-1]  # rows downwards, as the picture's
    total, near = sum(cells.values()), np.zeros((40, 40), bool)
    for row, column in cells:
        near[row + 2 : row + 7, column + 2 : column + 7] = True
    assert masses.sum() == pytest.approx(1, abs=1e-6)
    assert masses[~near].max(initial=0) < 1e-6
    assert masses[~near].sum() < 1e-4
    for (row, column), level in cells.items():
        own = level / total * math.erf(math.sqrt(0.5)) ** 2  # a cell is two standard deviations wide
        assert masses[row + 4, column + 4] >= own * (1 - 1e-9)
    points, labels = law.draw(300, 0)
    assert set(labels) == {0}
    steps = np.abs(points[:, None] - law.centres).max(2).min(1)
    assert steps.max() < 6 * law.sigma


def test_the_top_left_cell_of_a_drawing_is_up_and_to_the_left():
    assert drawn(painted({(0, 0): 15})).centres.tolist() == [[-31 / 32, 31 / 32]]
    assert drawn(painted({(31, 0): 1})).centres.tolist() == [[-31 / 32, -31 / 32]]


@given(CELLS, st.sampled_from("FEDCBA"))
def test_capital_digits_are_the_same_drawing(cells, digit):
    picture = painted(cells | {(3, 3): int(digit, 16)})
    assert np.array_equal(drawn(picture.upper()).weights, drawn(picture).weights)


FORM = r"^A drawn density is 1024 hex digits, 32 rows of 32 cells; got .{1,100}\.$"


@given(st.text("0123456789abcdef", max_size=1100).filter(lambda text: len(text) != DRAWN_LENGTH))
def test_a_drawing_of_another_length_is_refused(text):
    with pytest.raises(RepzError, match=FORM):
        drawn(text)


@given(st.integers(0, 1023), st.characters(exclude_characters="0123456789abcdefABCDEF"))
def test_a_drawing_with_another_character_is_refused(place, character):
    heart = mixtures.HEART
    with pytest.raises(RepzError, match=FORM):
        drawn(heart[:place] + character + heart[place + 1 :])


def test_digits_of_other_scripts_are_no_hex_digits():
    with pytest.raises(RepzError, match=FORM):
        drawn("٣" * DRAWN_LENGTH)


@pytest.mark.parametrize("ask", [mixture, catalogue.card, catalogue.identity])
def test_an_empty_drawing_is_refused_in_one_sentence(ask):
    with pytest.raises(RepzError, match=r"^The drawn density is empty: paint at least one cell, then start\.$"):
        ask(f"drawn@{'0' * DRAWN_LENGTH}")


def test_a_drawing_is_part_of_the_recipe():
    mine = painted({(5, 5): 15})
    recipe = recipes.default("gan", f"drawn@{mine}")
    assert recipe.dataset == f"drawn@{mine}"
    assert recipes.parse(recipe.plain()) == recipe
    assert recipe.digest() != recipes.default("gan", "drawn").digest()
    assert recipes.default("gan", "drawn").dataset == f"drawn@{mixtures.HEART}"


def test_the_heart_is_the_same_on_every_machine():
    """It is the version of a data set: no cell's brightness may hang on the last bit of a sine."""
    assert len(mixtures.HEART) == DRAWN_LENGTH
    assert set(mixtures.HEART) == {"0", "f"}
    rows = [mixtures.HEART[i : i + 32] for i in range(0, DRAWN_LENGTH, 32)]
    assert rows == [row[::-1] for row in rows], "left is as right"
    assert hashlib.sha256(mixtures.HEART.encode()).hexdigest()[:8] == "9998277f"
