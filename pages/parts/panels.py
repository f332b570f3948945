"""Panels: a question as the title, its picture, what to look at, and where the numbers come from."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.assets import PLOTLY, browser_part
from pages.parts.view import recorded
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

_samples = browser_part("samples")
_plane = browser_part("plane")
_chart = browser_part("live_chart", isolate_styles=False)


def samples(run: Run, title: str, hint: str, *, array: str = "samples", columns: int = 6) -> None:
    """A contact sheet of one image array of the frame in view."""
    text = _texts(title)
    with _panel(title, hint, run):
        _samples(key=f"samples-{array}", data={"run": run.id, "array": array, "columns": columns, "text": text})


def plane(run: Run, title: str, hint: str, *, reach: float, names: Sequence[str]) -> None:
    """The latent plane from -reach to reach: codes by class over the decoded manifold."""
    text = _texts(title)
    data = {"run": run.id, "reach": reach, "colors": list(palette.CLASSES), "names": list(names), "text": text}
    with _panel(title, hint, run):
        _plane(key="plane", data=data)


def live_chart(run: Run, title: str, hint: str, figure: dict[str, Any]) -> None:
    """A plotly figure (as JSON) whose traces grow with the run's rows (each trace's meta names its column)."""
    steps = run.recipe.training.steps
    data = {"run": run.id, "figure": figure, "steps": steps, "url": PLOTLY, "text": {"alt": title}}
    with _panel(title, hint, run):
        _chart(key="chart", data=data)


def _texts(title: str) -> dict[str, str]:
    """What stands in a picture's place while there is none, by the run's state."""
    return {
        "alt": title, "waiting": _("waiting for the first snapshot"), "queued": _("queued: another run is training"),
        "failed": _("no pictures: this run failed"), "gone": _("this run was deleted"),
    }  # fmt: skip


def _panel(title: str, hint: str, run: Run) -> Any:
    box = st.container(border=True)
    with box:
        st.subheader(title, anchor=False)
        picture = st.container()
        provenance = _("recorded") if recorded(run) else _("measured here")
        st.caption(f"{hint} :gray-badge[{provenance}]")
    return picture
