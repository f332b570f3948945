"""Pictures out of runs' frames, for the home page: small, computed once."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from repz_core import recipes
from repz_core.config import RepzError
from repz_core.figures import palette
from repz_core.figures.images import contact_sheet, scatter
from repz_core.runs import RunStore, run_id

REACH = 2.5  # of the plane that the Dirac-GAN moves in
WIDTH, HEIGHT = 336, 168
Picture = NDArray[np.uint8]
# Of the sheet's first question: runs that code the same images in sixteen numbers.
SIXTEEN = (
    ("linear_ae", "MNIST in 16 numbers"), ("sparse_ae", "16 of 256 units, always"), ("vae", "16 dimensions"),
)  # fmt: skip


@st.cache_data(max_entries=200, show_spinner=False)
def thumbnail(id: str, step: int) -> Picture:
    """The samples of a frame as a picture, its atoms, its map, or the way of the Dirac-GAN's two numbers."""
    run = RunStore().open(id)
    arrays = run.snapshot(step).arrays
    for name, color in (("fakes", palette.FAKE), ("projections", palette.RECONSTRUCTION)):
        if name in arrays:
            first = run.snapshot(run.frames()[0]).arrays
            clouds = [(first["real"], palette.REAL), (arrays[name], color)]
            return scatter(clouds, float(first["reach"][0]), WIDTH, HEIGHT)
    if "atoms" in arrays:
        return contact_sheet(arrays["atoms"][:32], 8, scale=max(1, HEIGHT // (8 * arrays["atoms"].shape[-1])) * 2)
    if "embeddings_h" in arrays:
        labels = run.snapshot(run.frames()[0]).arrays["labels"]
        places = arrays["maps_h"][-1] if "maps_h" in arrays else arrays["embeddings_h"][:, :2]
        clouds = [
            (places[labels == label], color) for label, color in enumerate(palette.of_classes(int(labels.max()) + 1))
        ]
        return scatter(clouds, float(np.quantile(np.abs(places), 0.99)), WIDTH, HEIGHT, dot=3)
    if "samples" not in arrays:
        rows = [row for row in run.events() if "discriminator_psi" in row]
        way = np.array([(row["discriminator_theta"], row["discriminator_psi"]) for row in rows]).reshape(-1, 2)
        return scatter([(way, palette.FAKE)], REACH, WIDTH, HEIGHT)
    images = arrays["samples"]
    return contact_sheet(images[:18], 6, scale=max(1, HEIGHT // (6 * images.shape[-1])) * 2)


@st.cache_data(max_entries=8, show_spinner=False)
def of_question(number: int, root: str) -> Picture | None:
    """The picture of a question of the sheet; None where its runs did not come with the lab, or cannot be read."""
    try:
        return (_same_size, _map_of_digits, _collapsed_and_cured, _map_of_h)[number - 1]()
    except (RepzError, KeyError):
        return None


def _same_size() -> Picture:
    """Eight test images, and what each of three codes of sixteen numbers keeps of them, a line each."""
    lines = [_first("linear_ae", SIXTEEN[0][1])["inputs"][:8]]
    lines += [_last(method, preset)["reconstructions"][:8] for method, preset in SIXTEEN]
    return contact_sheet(np.concatenate(lines), 8, scale=2)


def _map_of_digits() -> Picture:
    """The middle of what the decoder makes of the latent plane."""
    images = _last("vae", "2-D map of MNIST")["manifold"]
    side = int(len(images) ** 0.5)
    return contact_sheet(images[side * (side // 4) : side * (side - side // 4)], side, gap=0, scale=2)


def _collapsed_and_cured() -> Picture:
    """The ring of eight: found in part, and whole."""
    halves = []
    for preset in ("Collapse on the ring", "Ring of 8"):
        first = _first("gan", preset)
        clouds = [(first["real"], palette.REAL), (_last("gan", preset)["fakes"], palette.FAKE)]
        halves.append(scatter(clouds, float(first["reach"][0]), WIDTH, 2 * HEIGHT, dot=7))
    return np.concatenate(halves, axis=1)


def _map_of_h() -> Picture:
    """Where each class lies in the map of h."""
    preset = "MNIST, h of 128 numbers"
    places, labels = _last("simclr", preset)["maps_h"][-1], _first("simclr", preset)["labels"]
    low, high = places.min(axis=0), places.max(axis=0)
    places = places - (low + high) / 2
    clouds = [(places[labels == label], color) for label, color in enumerate(palette.CLASSES)]
    reach = 1.05 * max((high - low)[1] / 2, (high - low)[0] / 4)  # the picture is twice as wide as it is high
    return scatter(clouds, float(reach), 2 * WIDTH, 2 * HEIGHT, dot=6)


def _first(method: str, preset: str) -> dict[str, NDArray[Any]]:
    return _frame(method, preset, 0)


def _last(method: str, preset: str) -> dict[str, NDArray[Any]]:
    return _frame(method, preset, -1)


def _frame(method: str, preset: str, which: int) -> dict[str, NDArray[Any]]:
    """The arrays of a preset's first or last frame."""
    run = RunStore().open(run_id(recipes.preset(method, preset)))
    frames = run.frames()
    if not frames:
        raise RepzError(run.id)
    arrays: dict[str, NDArray[Any]] = run.snapshot(frames[which]).arrays
    return arrays
