"""The run bar: what is in view and where it stands, its transport, and the one scrubber of the page."""

import streamlit as st

from pages.parts.assets import browser_part
from pages.parts.view import recorded
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.locale import _
from repz_core.run import Run

_bar = browser_part("run_bar")


def run_bar(run: Run, title: str) -> None:
    """Mount the bar for `run` and do what its buttons ask."""
    every = run.recipe.training.row_every
    text = {
        "queued": _("queued"),
        "running": _("live"),
        "paused": _("paused"),
        "done": _("done"),
        "stopped": _("stopped"),
        "failed": _("failed"),
        "gone": _("deleted"),
        "recorded": _("recorded"),
        "pause": _("Pause"),
        "resume": _("Go on"),
        "step": _("{count} steps").format(count=every),
        "stop": _("Stop"),
        "play": _("Play the recording"),
        "replay": _("replay"),
        "hold": _("Hold"),
        "newest": _("newest"),
        "scrubber": _("Time: which snapshot is in view"),
        "at": _("at step"),
        "step_word": _("step"),
        "left": _("left"),
        "test": _("on test images"),
    }
    dataset = catalogue.CARDS[run.recipe.dataset.partition("@")[0]]
    data = {
        "run": run.id, "title": f"{title} · {_(dataset.title)}", "steps": run.recipe.training.steps,
        "recorded": recorded(run), "text": text,
    }  # fmt: skip
    result = _bar(key="run_bar", data=data, on_wish_change=lambda: None)
    if result.wish:
        _obey(run, result.wish["wish"], int(result.wish["step"]))


def _obey(run: Run, wish: str, step: int) -> None:
    """Pause, go on, stop; or pause after the next logged row, counted from what was granted so far."""
    try:
        if wish == "step":
            run.steer(desired="pause", until=max(run.control.until, step) + run.recipe.training.row_every)
        elif wish in ("run", "pause", "stop"):
            run.steer(desired=wish)
    except RepzError as error:
        st.error(str(error))
