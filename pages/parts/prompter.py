"""The lecture that this session gives: the scene that the URL names, its notes; and a lecture of one's own, growing."""

from typing import Any
from urllib.parse import parse_qsl

import streamlit as st

from pages import access, lecture
from repz_core.config import RepzError
from repz_core.locale import _

OWN = "mine"  # the lecture that one's own scenes are added to


def prompt() -> dict[str, Any] | None:
    """What the browser of one who presents has to know of the URL's scene; None where it names none."""
    name, place = st.query_params.get("lecture", ""), st.query_params.get("scene", "1")
    if not name or not access.presenting():
        return None
    try:
        scenes = lecture.load(name).scenes
        if not (place.isdecimal() and len(place) < 6 and 1 <= int(place) <= len(scenes)):
            raise RepzError(_("That lecture has scenes 1 to {count}.").format(count=len(scenes)))
        return _of(name, int(place), scenes)
    except RepzError as error:
        for param in ("lecture", "scene"):
            st.query_params.pop(param, None)
        st.toast(str(error), icon=":material/info:")
        return None


def _of(name: str, place: int, scenes: tuple[lecture.Scene, ...]) -> dict[str, Any]:
    scene, now = scenes[place - 1], lecture.words(scenes[place - 1])
    then = lecture.words(scenes[place]).title if place < len(scenes) else ""
    return {
        "name": name, "place": place, "urls": [lecture.address(name, i, each) for i, each in enumerate(scenes, 1)],
        "title": now.title, "notes": now.notes, "next": then,
        "step": scene.step if scene.step >= 0 else None, "stage": scene.stage,
        "covered": [_(title) for title in scene.covered],
    }  # fmt: skip


def add(told: dict[str, Any], wish: dict[str, Any]) -> None:
    """Put what is shown at the end of one's own lecture, which begins with it if need be."""
    run = told["run"]["id"] if told["run"] else ""
    step = wish.get("step")
    chosen = {"look": wish["look"]} if wish.get("look") else {}
    scene = {
        "title": told["words"]["title"] if run else _("Home"), "page": told["page"] or "home",
        "run": lecture.spelled(run) if run else "", "query": dict(parse_qsl(told["query"])) | chosen,
        "step": -1 if step is None else step, "stage": wish.get("stage"), "covered": wish.get("curtains"),
    }  # fmt: skip
    try:
        scenes = [each.model_dump() for each in lecture.load(OWN).scenes] if OWN in lecture.names() else []
        made = lecture.Lecture.parse({"title": _("My lecture"), "scenes": [*scenes, scene]})
        lecture.keep(OWN, lecture.parse(lecture.dump(made)))
        st.toast(_("Scene {place} of your own lecture; the home page has its file.").format(place=len(made.scenes)))
    except RepzError as error:
        st.toast(str(error), icon=":material/info:")
