"""Image patches: whitened, signed, and parts that share no pixel."""

import numpy as np
import pytest

from repz_core import datasets
from repz_core.config import RepzError
from repz_core.datasets import patches as module
from repz_core.datasets.patches import MARGIN, patches, whitened


def test_whitening_flattens_the_spectrum_of_a_natural_picture():
    picture = module._grey("china.jpg")
    flat = whitened(picture)
    assert flat.shape == (picture.shape[0] - 2 * MARGIN, picture.shape[1] - 2 * MARGIN)
    assert (flat.mean(), flat.std()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))

    def ratio(image):
        """Power an octave below half the cutoff over that two octaves lower."""
        power = np.abs(np.fft.fft2(image - image.mean())) ** 2
        f = np.hypot(np.fft.fftfreq(image.shape[0])[:, None], np.fft.fftfreq(image.shape[1])[None, :])
        return power[(f > 0.1) & (f < 0.2)].mean() / power[(f > 0.025) & (f < 0.05)].mean()

    assert ratio(picture) < 0.2
    assert 0.3 < ratio(flat) < 3


def test_parts_come_from_strips_that_share_no_pixel(monkeypatch):
    """In a picture whose pixels are their columns' numbers, the parts' columns do not meet."""
    columns = 127 * np.arange(624) / 624
    monkeypatch.setattr(module, "_grey", lambda name: np.zeros((427, 640)))
    monkeypatch.setattr(module, "whitened", lambda picture: np.tile(columns / module.STEPS, (411, 1)))
    x, y, split = patches(12, 400, (72, 8))
    assert x.shape == (400, 144)
    assert np.bincount(y).tolist() == [200, 200]
    assert np.bincount(split).tolist() == [288, 32, 80]
    ends = [(x[split == part].min(), x[split == part].max()) for part in range(3)]
    assert ends[0][1] <= ends[1][0] < ends[1][1] <= ends[2][0]


@pytest.mark.parametrize("name", ["patches12", "patches16"])
def test_values_are_signed_and_of_variance_one(name):
    x = datasets.load(name).x
    assert abs(x.mean()) < 0.01
    assert x.std() == pytest.approx(1, rel=0.02)
    assert (np.abs(x) > 7.9).mean() < 1e-3, "hardly any is clipped"


def test_a_missing_photograph_is_a_sentence(monkeypatch):
    monkeypatch.setattr(module, "PHOTOGRAPHS", ("no.jpg",))
    with pytest.raises(RepzError, match=r"^The image patches need .* photograph no\.jpg; it is not there\.$"):
        patches(12, 100, (72, 8))
