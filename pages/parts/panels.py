"""Panels: a question as the title, its picture, what to look at, and where the numbers come from."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts import scene
from pages.parts.assets import PLOTLY, browser_part
from pages.parts.view import recorded, reference
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.run import Run

_samples = browser_part("samples")
_plane = browser_part("plane")
_arena = browser_part("arena")
_chart = browser_part("live_chart", isolate_styles=False)


def samples(
    run: Run, title: str, hint: str, *, array: str = "samples", columns: int = 6, most: int = 64,
    clock: Run | None = None, how: str = "", order: str = "", stretch: float = 1.0,
) -> None:  # fmt: skip
    """A contact sheet of one image array of the frame in view, of its first `most`; with `clock`, of the frame at
    `stretch` times that other run's step. With `order`, sorted by that array of the newest frame, the largest first.
    """
    sheets(run, title, hint, {array: ""}, columns=columns, most=most, clock=clock, how=how, order=order,
           stretch=stretch)  # fmt: skip


def sheets(
    run: Run, title: str, hint: str, arrays: dict[str, str], *, columns: int, most: int, clock: Run | None = None,
    how: str = "", order: str = "", stretch: float = 1.0,
) -> None:  # fmt: skip
    """Contact sheets of image `arrays` {name: words above it}, below one another."""
    asked = [{"array": array, "name": words} for array, words in arrays.items()]
    data = {"sheets": asked, "columns": columns, "most": most, "order": order, "text": texts(title)}
    data |= {"stretch": stretch} if clock else {}
    with panel(title, hint, run, how):
        _samples(key=f"samples-{'-'.join(arrays)}-{run.id if clock else ''}", data=data | _runs(run, clock))


def plane(
    run: Run, title: str, hint: str, *, names: Sequence[str], clock: Run | None = None,
    on: Sequence[str] = ("manifold", "points"),
) -> None:  # fmt: skip
    """The latent plane: codes by class over the decoded manifold; layers to switch, `on` at first."""
    words = {
        "points": _("codes"),
        "ellipses": _("posteriors"),
        "density": _("their sum"),
        "manifold": _("decoder"),
        "prior": _("prior"),
        "principal": _("PCA"),
        "outside": _("{count} outside"),
        "codes": _("{count} codes at step {step}."),
    }
    data = {
        "on": list(on), "colors": palette.of_classes(len(names)), "names": list(names), "text": texts(title) | words,
        "prior": run.recipe.model.prior,  # type: ignore[attr-defined]  # of families that have a plane
    }  # fmt: skip
    with panel(title, hint, run):
        _plane(key=f"plane-{run.id if clock else ''}", data=data | _runs(run, clock))


def arena(
    run: Run, title: str, hint: str, *, of: str = "verdict", scale: str = "logit", on: Sequence[str] = (),
    clock: Run | None = None, how: str = "",
) -> None:  # fmt: skip
    """The plane with both players: real and generated points over what a judge says of each place.

    `of` is whose judgement: "verdict" the discriminator's, on a "logit", "raw" or "critic" scale, or "best", the best
    possible one's. `on` are the layers shown at first.
    """
    words = {
        "map": _("judge"), "real": _("real"), "fakes": _("fake"), "pulls": _("pulls"), "mesh": _("latent grid"),
        "lens": _("{times} times"),
    }  # fmt: skip
    colors = {"real": palette.REAL, "fake": palette.FAKE}
    data = {"on": list(on), "map": of, "scale": scale, "colors": colors, "text": texts(title) | words}
    with panel(title, hint, run, how):
        _arena(key=f"arena-{of}-{run.id if clock else ''}", data=data | _runs(run, clock))


def live_chart(
    run: Run, title: str, hint: str, figure: dict[str, Any], *, key: str = "chart", others: Sequence[Run] = (),
    tall: bool = False, how: str = "",
) -> str | None:  # fmt: skip
    """A plotly figure (as JSON) whose traces are filled from the run, and from others; the custom data of a click."""
    steps = run.recipe.training.steps
    data = {"figure": figure, "steps": steps, "url": PLOTLY, "tall": tall, "text": {"alt": title}}
    with panel(title, hint, run, how):
        found = _chart(key=key, data=data | _runs(run, None, others), on_clicked_change=lambda: None)
    return str(found.clicked) if found.clicked else None


def texts(title: str) -> dict[str, str]:
    """What stands in a picture's place while there is none, by the run's state."""
    return {
        "alt": title, "waiting": _("waiting for the first snapshot"), "queued": _("queued: another run is training"),
        "failed": _("no pictures: this run failed"), "gone": _("this run was deleted"),
        "seen": _("{count} images at step {step}."),
    }  # fmt: skip


def panel(title: str, hint: str, run: Run, how: str = "") -> Any:
    """A box with a question, room for its picture (what is returned), what to look at, and the numbers' provenance;
    `how`, where they are not plainly measured: "estimated" of a run, or "analytic", of none.
    """
    scene.note(run.id)
    return framed(title, hint, [] if how == _("analytic") else [provenance(recorded(run))], how)


def provenance(shipped: bool) -> str:
    """Where numbers come from, in a word: with the lab, or measured on this machine."""
    return _("recorded") if shipped else _("measured here")


def framed(title: str, hint: str, badges: Sequence[str], how: str = "") -> Any:
    """The box of a panel: as `panel`, with its provenance as words."""
    box = st.container(border=True)
    scene.note(title, hint, how)
    with box:
        st.subheader(title, anchor=False)
        picture = st.container()
        words = [hint, *(f":gray-badge[{badge}]" for badge in badges), *([f":orange-badge[{how}]"] if how else [])]
        st.caption(" ".join(words))
    return picture


def _runs(run: Run, clock: Run | None, others: Sequence[Run] = ()) -> dict[str, Any]:
    """Which runs a part shows, as it has to know them."""
    return {
        "run": reference(run),
        "clock": reference(clock) if clock else None,
        "others": [reference(other) for other in others],
    }
