"""The small bar on top: who presents leads here, the others follow here; the keys, and the way in as a QR code."""

import re
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from pages import access, lan
from pages.parts import prompter, scene
from pages.parts.assets import bare_part
from pages.parts.view import recorded
from pages.stage import stage
from repz_core import recipes
from repz_core.config import MOST_STEPS
from repz_core.locale import _
from repz_core.runs import RunStore

_bar = bare_part("stage")
MOST_PANELS = 20  # of a page
_MINE = "stage-token"  # in the session state: the name under which this session leads


def stage_bar(here: scene.Scene) -> None:
    """Mount the bar of a page whose script has just run; tell the stage what it shows, if this session leads."""
    told, prompt = here.told(), prompter.prompt()
    if _leads():
        stage.tell(**told, **_curtains(prompt))
    _mount(told, f"/{here.page}?run={good}" if here.run and (good := _good(here.run.recipe.method)) else "", prompt)


def _curtains(prompt: dict[str, Any] | None) -> dict[str, Any]:
    """Whoever follows into a scene with covered panels sees all covered, until the presenter's browser says which."""
    place = (prompt["name"], prompt["place"]) if prompt else None
    if place is None or st.session_state.get("scene-told") == place:
        return {}
    st.session_state["scene-told"] = place
    return {"covered": list(range(MOST_PANELS)) if prompt and prompt["covered"] else []}


@st.fragment
def _mount(told: dict[str, Any], good: str, prompt: dict[str, Any] | None) -> None:
    """What its browser says reruns this function alone."""
    link = _link()
    data = told | {
        "may": access.presenting(), "leads": _leads(), "hosted": access.hosted(), "good": good, "link": link,
        "qr": lan.svg(link) if link else "", "prompt": prompt, "text": _texts(),
    }  # fmt: skip
    if wish := _bar(key="stage", data=data, on_wish_change=lambda: None).wish:
        _obey(wish, told)


def _obey(wish: Any, told: dict[str, Any]) -> None:
    """Lead from here, no longer, or go to a step. What a browser may not, or what makes no sense, changes nothing."""
    if not isinstance(wish, dict) or not access.presenting():
        return
    me, step, covered = wish.get("me"), wish.get("step"), wish.get("covered")
    curtains = {"covered": covered} if _are_panels(covered) else {}
    if wish.get("act") == "lead" and isinstance(me, str) and re.fullmatch("[0-9a-f]{16}", me):
        st.session_state[_MINE] = me
        stage.tell(by=me, step=step if _is_step(step) else None, **told, **curtains)
    elif wish.get("act") == "end" and _leads():
        stage.tell(by="")
    elif wish.get("act") == "add" and _is_step(step):
        prompter.add(told, wish)
    elif wish.get("act") == "at" and _leads() and _is_step(step) and wish.get("run") == _run_of(told):
        stage.tell(step=step, **curtains)


def _leads() -> bool:
    """Whether it is this session that leads now."""
    by = stage.shown["by"]
    return by != "" and by == st.session_state.get(_MINE) and access.presenting()


def _is_step(given: Any) -> bool:
    return given is None or (type(given) is int and 0 <= given <= MOST_STEPS)


def _are_panels(given: Any) -> bool:
    return isinstance(given, list) and all(type(place) is int and 0 <= place < MOST_PANELS for place in given)


def _run_of(told: dict[str, Any]) -> str | None:
    return told["run"]["id"] if told["run"] else None


def _good(method: str) -> str:
    """The recorded run that shows the family at its best: its first preset; "" where it did not come with the lab."""
    run = RunStore().find(recipes.preset(method, next(iter(recipes.family(method).PRESETS))))
    return run.id if run and recorded(run) else ""


def _link() -> str:
    """Where others reach this lab, short; "" where they do not."""
    if not access.hosted():
        return ""
    url = urlsplit(st.context.url or "")
    host = lan.address() if access.loopback(url.hostname) else url.hostname
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}/"


def _texts() -> dict[str, Any]:
    return {
        "lead": _("Lead the hall"),
        "lead_help": _("All who follow see what you show: page, run, time and knobs"),
        "leading": _("Leading"),
        "end": _("Lead no longer"),
        "code": _("QR code"),
        "following": _("Following the lecturer"),
        "let_go": _("let go"),
        "follow": _("Follow the lecturer"),
        "keys": _("Keys"),
        "reveal": _("What do you expect? Click to see."),
        "notes": _("Notes"),
        "then": _("Next: {title}"),
        "last": _("This is the last scene."),
        "no_lecture": _("No lecture is under way: the home page begins one."),
        "close": _("Close"),
        "recorded": _("recorded"),
        "measured": _("measured here"),
        "alone": _("Only this machine reaches the lab. To let a hall in, end it and start it by: make hall"),
        "presenter_keys": [
            ["P", _("lead the hall, or no longer")],
            ["Q", _("the way in as a QR code")],
            ["PgDn PgUp", _("lift a curtain, or on to the lecture's next scene; back")],
            ["N", _("your notes, in a window that you alone see")],
            ["A", _("add what is shown to a lecture of your own")],
        ],
        "keys_of_all": [
            ["F", _("follow the lecturer, or let go")],
            ["S", _("stage mode: large type, nothing but pictures")],
            ["H C", _("on stage: controls, or captions, shown or hidden")],
            ["V", _("cover all panels, or none: predict, then reveal")],
            ["X", _("show the last good recording at once")],
            ["0", _("the page's first state")],
            ["← →", _("a snapshot back or on")],
            [_("space"), _("play the recording, or hold it")],
            ["?", _("this list")],
        ],
    }
