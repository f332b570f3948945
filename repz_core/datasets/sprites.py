"""Sprites: coloured shapes on black whose true factors are known, after dSprites (Matthey et al. 2017) but in colour.

Every operation on pixels is +, -, *, /, a comparison or a square root on float64, which IEEE 754 rounds the same way on
every machine (sines are not: they are rounded to six digits first). So the images are the same bit for bit, everywhere.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from repz_core.datasets.splits import uniform

NUM_SPRITES, SIDE = 6000, 32
_SEED, _BLOCK = 20_240_501, 500

Array = NDArray[np.float64]


def sprites() -> tuple[NDArray[np.uint8], NDArray[np.int64], dict[str, NDArray[Any]]]:
    """Images (N, 3 * 32 * 32) channel by channel, shape (N,), and the factors, (N,) each.

    shape: 0 square, 1 ellipse, 2 heart; x, y: pixels from the left and top edge to the centre, 10.5 to 21.5; scale: the
    shape's radius, 5 to 9 pixels; rotation: radians, -pi/4 to pi/4 (no shape repeats in that range), clockwise on
    screen; hue: a turn of the colour circle, 0 to 1, fully saturated.
    """
    draws = uniform(_SEED, 5 * NUM_SPRITES).reshape(5, NUM_SPRITES)
    factors: dict[str, NDArray[Any]] = {
        "shape": np.arange(NUM_SPRITES) % 3,
        "x": 10.5 + 11.0 * draws[0],
        "y": 10.5 + 11.0 * draws[1],
        "scale": 5.0 + 4.0 * draws[2],
        "rotation": (draws[3] - 0.5) * (np.pi / 2),
        "hue": draws[4],
    }
    images = np.empty((NUM_SPRITES, 3, SIDE, SIDE), np.uint8)
    for start in range(0, NUM_SPRITES, _BLOCK):  # blocks that fit the cache
        rows = slice(start, start + _BLOCK)
        images[rows] = _render({name: values[rows] for name, values in factors.items()})
    kept = {name: values.astype(np.float32) for name, values in factors.items() if name != "shape"}
    shape = factors["shape"].astype(np.int64)
    return images.reshape(NUM_SPRITES, -1), shape, {"shape": shape.astype(np.int32), **kept}


def _render(factors: dict[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Images (B, 3, 32, 32) of factors (B,) each; a pixel's brightness is how much of it the shape covers."""
    x, y, scale, rotation = (factors[name][:, None, None] for name in ("x", "y", "scale", "rotation"))
    cos, sin = np.round(np.cos(rotation), 6), np.round(np.sin(rotation), 6)
    centres = np.arange(SIDE) + 0.5
    right, down = (centres[None, None, :] - x) / scale, (centres[None, :, None] - y) / scale
    u, v = cos * right + sin * down, cos * down - sin * right
    distance = np.empty_like(u)
    for label, shape in enumerate((_square, _ellipse, _heart)):
        rows = factors["shape"] == label
        distance[rows] = shape(u[rows], v[rows])
    coverage = np.clip(0.5 - distance * scale, 0.0, 1.0)
    colour = _rgb(factors["hue"])
    return np.floor(255.0 * coverage[:, None] * colour[:, :, None, None] + 0.5).astype(np.uint8)


def _square(u: Array, v: Array) -> Array:
    """Distance to a square of half-side 0.8, negative inside, in units of the radius."""
    across, along = np.abs(u) - 0.8, np.abs(v) - 0.8
    outside = np.sqrt(np.maximum(across, 0.0) ** 2 + np.maximum(along, 0.0) ** 2)
    return outside + np.minimum(np.maximum(across, along), 0.0)


def _ellipse(u: Array, v: Array) -> Array:
    """Distance, to first order, to an ellipse with half-axes 1 and 0.6."""
    a, b = 1.0, 0.6
    level = np.sqrt((u / a) ** 2 + (v / b) ** 2)
    slope = np.sqrt((u / a**2) ** 2 + (v / b**2) ** 2)
    return level * (level - 1.0) / np.maximum(slope, 1e-9)


def _heart(u: Array, v: Array) -> Array:
    """Distance to a heart with its point down, its centre of area at 0: discs on a square on its corner (I. Quilez)."""
    across, up = np.abs(u) / 1.7, (1.116 - v) / 1.7
    lobe = np.sqrt((across - 0.25) ** 2 + (up - 0.75) ** 2) - np.sqrt(0.125)
    middle = 0.5 * np.maximum(across + up, 0.0)
    edges = np.minimum(across**2 + (up - 1.0) ** 2, (across - middle) ** 2 + (up - middle) ** 2)
    body = np.sqrt(edges) * np.sign(across - up)
    return 1.7 * np.where(across + up > 1.0, lobe, body)


def _rgb(hue: Array) -> Array:
    """Red, green and blue (B, 3) in [0, 1] of a fully saturated, fully bright hue (B,)."""
    corner = np.array([0.0, 4.0, 2.0])
    turn = hue[:, None] * 6.0 + corner
    turn = turn - 6.0 * np.floor(turn / 6.0)
    return np.clip(np.abs(turn - 3.0) - 1.0, 0.0, 1.0)
