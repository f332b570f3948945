"""What starts a run on a page: a button where this session may start one, a word why not where it may not."""

from typing import Any

import streamlit as st

from pages import access
from repz_core.config import Recipe, RepzError
from repz_core.run import Run


def start_here(label: str, **looks: Any) -> bool:
    """A button that is to start a run; whether it was pressed. Viewers who may start none see why."""
    if why := access.why_not():
        st.caption(":material/visibility: " + why)
        return False
    return st.button(label, **({"icon": ":material/play_arrow:"} | looks))


def start(recipe: Recipe) -> Run | None:
    """The run of `recipe`, started if need be; None, and one sentence on the page, where that cannot be."""
    try:
        return access.submit(recipe)
    except RepzError as error:
        st.error(str(error))
        return None
