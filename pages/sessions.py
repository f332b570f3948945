"""What Streamlit's sessions cost when many viewers lose the network at once and come back."""

import streamlit as st
from streamlit.runtime.app_session import AppSession


def leave_unwatched() -> None:
    """Let sessions that come back watch source files only where new ones do: nowhere, unless a developer asks for it.

    Streamlit 1.67 minds `server.fileWatcherType` when a session begins, not when one is reconnected. Each of these then
    looks up the paths of all loaded modules once its script is done: a tenth of a second of the event loop for every
    viewer who comes back, in which nobody's stream goes on.
    """
    if st.get_option("server.fileWatcherType") == "none":
        AppSession.register_file_watchers = lambda self: None  # type: ignore[method-assign]
