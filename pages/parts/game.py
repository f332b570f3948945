"""What the panels of a GAN share: the plane on the scale of the run's loss, and where its losses rest."""

import math
from collections.abc import Sequence
from typing import Any

from pages.parts import panels
from repz_core.recipes.gan import scale_of
from repz_core.run import Run

# L_D and L_G where p_G = p_data and D is the best one, which cannot tell (THEORY's section 3).
OPTIMUM = {
    "minimax": (math.log(4), -math.log(2)),
    "non_saturating": (math.log(4), math.log(2)),
    "least_squares": (0.25, 0.125),
    "hinge": (2.0, 0.0),
    "wasserstein": (0.0, 0.0),
}


def optimum(loss: str) -> tuple[float, float]:
    """L_D and L_G at the optimum of the game."""
    return OPTIMUM[loss]


def arena(
    run: Run, title: str, hint: str, *, of: str = "verdict", on: Sequence[str] = (), clock: Run | None = None,
    how: str = "",
) -> None:  # fmt: skip
    """The plane with both players, the discriminator's output on the scale that its loss gives it."""
    model: Any = run.recipe.model
    panels.arena(run, title, hint, of=of, scale=scale_of(model.loss), on=on, clock=clock, how=how)
