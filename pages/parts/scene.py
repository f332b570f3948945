"""What a page shows, noted while its script runs: for those who follow a presenter to the same place.

Two scenes of one layout differ in nothing but the run that is in view, so that a browser may put one run in the other's
place without asking the server.
"""

import hashlib
import json
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.lecture import OF_THE_LECTURE
from pages.parts.view import recorded, reference
from repz_core import recipes
from repz_core.recipes.gan import scale_of
from repz_core.run import Run

# Of the query: the run is told by itself, the rest is everybody's own.
NOT_FOLLOWED = ("run", "lang", "knob", "ask", "at", "knobs", "look", *OF_THE_LECTURE)
# What else of a part's data the run in view decides, and the stage tells.
OF_THE_RUN = ("steps", "model", "scale", "temperature")


class Scene:
    """One page as its script leaves it."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.run: Run | None = None
        self.title = ""
        self.knobs = self.changes = ""
        self.made: list[Any] = []

    def told(self) -> dict[str, Any]:
        """As the stage tells it, and a browser compares it: plain JSON."""
        query = {name: st.query_params[name] for name in sorted(st.query_params) if name not in NOT_FOLLOWED}
        if "show" in st.session_state and self.run:
            query["show"] = st.session_state["show"]  # also where the URL leaves it to the page
        told: dict[str, Any] = {"page": self.page, "query": urlencode(sorted(query.items())), "run": None}
        if self.run:
            told |= {
                "run": reference(self.run), "layout": self._layout(self.run), "knobs": self.knobs,
                "changes": self.changes, "words": words(self.run, self.title),
            }  # fmt: skip
        return told

    def _layout(self, run: Run) -> str:
        """A digest of all that was made but for the run in view."""
        mine = reference(run)
        text = json.dumps([run.recipe.method, *(_without(made, mine) for made in self.made)], default=repr)
        return hashlib.sha256(text.replace(run.id, "").encode()).hexdigest()[:16]


def words(run: Run, title: str) -> dict[str, Any]:
    """What the data of any part say of the run in view, by their names there: so that another run can stand in."""
    recipe, model = run.recipe, run.recipe.model
    return {
        "title": title, "steps": recipe.training.steps, "recorded": recorded(run),
        "model": recipes.family(recipe.method).browser(recipe), "scale": scale_of(getattr(model, "loss", "")),
        "temperature": getattr(model, "temperature", None),
    }  # fmt: skip


_scene: ContextVar[Scene | None] = ContextVar("scene", default=None)


def begin(page: str) -> Scene:
    """The scene of the page whose script begins."""
    scene = Scene(page)
    _scene.set(scene)
    return scene


def in_view(run: Run, title: str) -> None:
    """The page is one of `run`, which its bar calls `title`."""
    if scene := _scene.get():
        scene.run, scene.title = run, title


def moved(knobs: str, changes: str) -> None:
    """Which knobs stand elsewhere than the run in view has them: in words, and as the URL has it."""
    if scene := _scene.get():
        scene.knobs, scene.changes = knobs, changes


def note(*made: Any) -> None:
    """The page shows this: a part's name and data, a panel's words."""
    if scene := _scene.get():
        scene.made.append(made)


def _without(made: Sequence[Any], mine: dict[str, Any]) -> list[Any]:
    return [_blank(piece, mine) if isinstance(piece, dict) else piece for piece in made]


def _blank(data: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value == mine else value for name, value in data.items() if name not in OF_THE_RUN}
