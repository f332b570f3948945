"""A page's sections: one question at a time beside the knobs. The URL says which (`show`)."""

import streamlit as st

from repz_core.locale import _


def chosen(titles: dict[str, str]) -> str:
    """A row of buttons, one a section {name: title}; the name of the chosen one, the first where the URL names none."""
    name = st.query_params.get("show")
    if name not in titles:
        name = next(iter(titles))
    st.session_state["show"] = name  # the URL is the state; bound by Streamlit it would carry the translated title
    st.segmented_control(
        _("section"), list(titles), format_func=titles.__getitem__, key="show", required=True,
        label_visibility="collapsed", on_change=_to_url,
    )  # fmt: skip
    return name


def _to_url() -> None:
    st.query_params["show"] = st.session_state["show"]
