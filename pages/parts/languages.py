"""Which language a page speaks: the URL's, else the one chosen before, else the first that the browser asks for."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.assets import VERSION, bare_part
from repz_core.locale import ask, language, use_language

# By the code in URL and cookie: the catalogue, the switch's sign, and what it does in its own words.
SPEAK = {"en": ("en", "EN", "This page in English"), "zh": ("zh_CN", "中", "用中文显示本页")}
COOKIE = "repz-lang"

FONT = f'<style>@import url("/repz/assets/{VERSION}/fonts/repz-sc.css");</style>'

_switch = bare_part("language")


def choose() -> None:
    """Set the language of the page whose script begins."""
    if (asked := st.query_params.get("lang")) in SPEAK:
        st.session_state["lang"] = asked
    use_language(SPEAK[_of_session()][0])


def switch() -> None:
    """A button that leads to the other language."""
    here = _of_session()
    [other] = [code for code in SPEAK if code != here]
    data: dict[str, Any] = {
        "language": language().replace("_", "-"), "chosen": st.session_state.get("lang", ""), "cookie": COOKIE,
        "other": other, "sign": SPEAK[other][1], "help": SPEAK[other][2],
    }  # fmt: skip
    _switch(key="language", data=data, on_wish_change=_switched)


def _switched() -> None:
    """Ahead of the script, so that all of it speaks the new language; the URL's word would be the last."""
    wish = st.session_state["language"].wish
    if isinstance(wish, str) and wish in SPEAK:
        st.session_state["lang"] = wish
        if "lang" in st.query_params:
            st.query_params["lang"] = wish


def _of_session() -> str:
    """The code of the session's language."""
    accepted = st.context.headers.get("Accept-Language") or st.context.locale or ""
    return st.session_state.get("lang") or asked_by(st.context.cookies, accepted)


def asked_by(cookies: Mapping[str, str], accepted: str) -> str:
    """The code that a request asks for: chosen before and kept in the cookie, or the browser's."""
    kept = cookies.get(COOKIE)
    return kept if kept in SPEAK else preferred(accepted)


def preferred(accepted: str) -> str:
    """The code of the language that an Accept-Language header wants most of those there are; English if none."""
    wanted = []
    for place, part in enumerate(accepted.split(",")):
        tag, _semicolon, weight = part.strip().partition(";")
        code = tag.partition("-")[0].lower()
        if code in SPEAK and (worth := _weight(weight)) > 0:
            wanted.append((-worth, place, code))
    return min(wanted)[2] if wanted else "en"


def _weight(text: str) -> float:
    """Of ";q=0.8"; 1 where nothing is said, 0 where it makes no sense."""
    name, _equals, value = text.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


def _usual() -> str:
    """The catalogue where no script set one: of the session whose callback or fragment runs; English on a route."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    choose()
    return language()


ask(_usual)
