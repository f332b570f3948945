"""What the sessions of many viewers cost: memory, and time when they lose the network at once and come back."""

import ctypes

import streamlit as st
from streamlit.runtime.app_session import AppSession

ARENAS, TRIM = -8, -1  # M_ARENA_MAX and M_TRIM_THRESHOLD of glibc's malloc.h


def one_heap() -> None:
    """Let all threads take memory from one heap that gives back what it no longer needs, where the C library can.

    Every script has a thread of its own, and glibc would give eight heaps a core to these, with room left in each.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(ARENAS, 1)
        library.mallopt(TRIM, 128 * 1024)


def leave_unwatched() -> None:
    """Let sessions that come back watch source files only where new ones do: nowhere, unless a developer asks for it.

    Streamlit 1.67 minds `server.fileWatcherType` when a session begins, not when one is reconnected. Each of these then
    looks up the paths of all loaded modules once its script is done: a tenth of a second of the event loop for every
    viewer who comes back, in which nobody's stream goes on.
    """
    if st.get_option("server.fileWatcherType") == "none":
        AppSession.register_file_watchers = lambda self: None  # type: ignore[method-assign]
