"""The compare page: all families on one data set at one size of code, and any two runs under one scrubber."""

from collections.abc import Callable

import streamlit as st

from pages import compare_sections as show
from pages.parts.sections import chosen
from pages.parts.two_runs import two_runs
from pages.parts.view import plain
from repz_core.comparison import Ask, Comparison, listed, opened
from repz_core.config import RepzError
from repz_core.locale import N_, _
from repz_core.runs import RunStore

SECTIONS: dict[str, tuple[str, Callable[[Comparison], None]]] = {
    "table": (N_("Numbers"), show.table),
    "copies": (N_("Reconstructions"), show.copies),
    "walks": (N_("Interpolations"), show.walks),
    "maps": (N_("Maps"), show.maps),
}
TWO = N_("Two runs")


def page() -> None:
    """The page's script."""
    titles = {name: _(title) for name, (title, _show) in SECTIONS.items()} | {"runs": _(TWO)}
    sections, choice = st.columns([2.2, 1], gap="small", vertical_alignment="center")
    with sections:
        name = chosen(titles)
    if name == "runs":
        two_runs()
        return
    with choice:
        comparison = _in_view()
    if comparison is None:
        _nothing_yet()
        return
    try:
        SECTIONS[name][1](comparison)
    except RepzError as error:
        st.warning(plain(str(error)), icon=":material/info:")


def _in_view() -> Comparison | None:
    """The comparison of the URL, else the first there is; several are offered for choice."""
    store = RunStore()
    found = {comparison.id: comparison for comparison in listed(store)}
    asked = st.query_params.get("comparison", "")
    try:
        id = opened(store, asked).id if asked else ""
    except RepzError as error:
        st.warning(plain(str(error)), icon=":material/info:")
        id = ""
    if not found:
        return None
    st.session_state["comparison"] = id if id in found else next(iter(found))
    st.selectbox(
        _("comparison"), list(found), format_func=lambda id: show.title_of(found[id]), key="comparison",
        label_visibility="collapsed", on_change=_to_url,
    )  # fmt: skip
    return found[st.session_state["comparison"]]


def _to_url() -> None:
    st.query_params["comparison"] = st.session_state["comparison"]


def _nothing_yet() -> None:
    """What gets the first comparison: it takes minutes of every core, so it is a command and no button."""
    st.info(_("Nothing was compared here yet. This trains every family and measures them:"), icon=":material/compare:")
    st.code(Ask(dataset="mnist5k").command, language=None)
