"""The run bar: what is in view and where it stands, its transport, and the one scrubber of the page."""

from typing import Any

import streamlit as st

from pages import access
from pages.parts import scene
from pages.parts.assets import bare_part
from pages.parts.view import recorded, reference
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.locale import _, language
from repz_core.locale.words import spoken
from repz_core.run import Run

SLOW = 0.7  # seconds to look at each turn

_bar = bare_part("run_bar")


def run_bar(run: Run, title: str, *, forks: bool = True) -> int | None:
    """Mount the bar for `run` and do what its buttons ask; the step where a fork is wished for, if that was it (and the
    page has a place for forks).
    """
    every, unit = run.recipe.training.row_every, recipes.family(run.recipe.method).UNIT
    text: dict[str, Any] = {
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
        "step": _("{count} steps").format(count=every) if every > 1 else _("1 step"),
        "turn": _("Next turn: {player}"),
        "turns": _("{count} of {total} turns"),
        "slow": _("Slow"),
        "fast": _("Full speed"),
        "stop": _("Stop"),
        "play": _("Play the recording"),
        "replay": _("replay"),
        "hold": _("Hold"),
        "speed": _("Speed of replay"),
        "newest": _("newest"),
        "fork": _("Fork here"),
        "fork_help": _("Go on from the step in view with the knobs as they stand, as a run of its own"),
        "scrubber": _("Time: which snapshot is in view"),
        "at": _("at step"),
        "step_word": _("step"),
        "left": _("left"),
        "share": _("Save this run"),
        "script": _("Python script that trains it again"),
        "player": _("Page that plays without a server (HTML)"),
        "test": _("test, {unit}").format(unit=_(unit)) if unit else _("test"),
        "metrics": {name: spoken(name) for name in recipes.family(run.recipe.method).METRICS},
        "language": language(),
    }
    turns = recipes.turns(run.recipe)
    scene.in_view(run, title)
    scene.note(turns)
    data = {
        "run": reference(run), "title": title, "steps": run.recipe.training.steps,
        "recorded": recorded(run), "turns": turns, "text": text,
        "steers": access.presenting(), "starts": forks and access.may_start(),
    }  # fmt: skip
    result = _bar(key="run_bar", data=data, on_wish_change=lambda: None)
    if not result.wish:
        return None
    wish, step = result.wish["wish"], int(result.wish["step"])
    if wish == "fork":
        return step
    _obey(run, wish, step, int(result.wish.get("turn", 0)))
    return None


def title_of(run: Run, short: str) -> str:
    """The page's name, and the run and its data in a few words."""
    words = f"{short} · {recipes.family(run.recipe.method).describe(run.recipe)}"
    if run.recipe.parent:
        words += _(" · fork at {step:,}").format(step=run.recipe.parent.step)
    return f"{words} · {_(catalogue.card(run.recipe.dataset).title)}"


def _obey(run: Run, wish: str, step: int, turn: int) -> None:
    """Pause, go on, stop, slow down; or pause after the next turn or the next logged row, counted from what was granted
    so far.
    """
    a_step = len(recipes.turns(run.recipe))
    try:
        so_far = max(run.control.until, step * a_step + turn)
        if wish == "turn":
            access.steer(run, desired="pause", until=so_far + 1)
        elif wish == "step":
            whole = so_far // a_step + run.recipe.training.row_every
            access.steer(run, desired="pause", until=whole * a_step)
        elif wish in ("slow", "fast"):
            access.steer(run, desired="run", pace=SLOW if wish == "slow" else 0.0)
        elif wish in ("run", "pause", "stop"):
            access.steer(run, desired=wish)
    except RepzError as error:
        st.error(str(error))
