"""Sessions share memory, and those that come back cost no more than new ones. (What 500 cost: `make bench-full`.)"""

import inspect
import subprocess
import sys
from types import SimpleNamespace

import pytest
from streamlit import config
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from pages import sessions

PROGRAM = """
import ctypes, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from pages import sessions
if sys.argv[1:]:
    sessions.one_heap()
together = Barrier(4)
def take(_turn):
    together.wait()
    return [bytes(1000) for _i in range(1000)]
with ThreadPoolExecutor(4) as threads:
    kept = list(threads.map(take, range(4)))
ctypes.CDLL(None).malloc_stats()
"""


@pytest.fixture
def option(monkeypatch):
    """option(value): sets server.fileWatcherType for the test; Streamlit's own method is back afterwards."""
    monkeypatch.setattr(AppSession, "register_file_watchers", AppSession.register_file_watchers)
    before = config.get_option("server.fileWatcherType")
    yield lambda value: config.set_option("server.fileWatcherType", value)
    config.set_option("server.fileWatcherType", before)


def test_a_session_that_comes_back_watches_no_files(option):
    option("none")
    sessions.leave_unwatched()
    session = SimpleNamespace()  # Streamlit's own method would ask much of it
    AppSession.register_file_watchers(session)
    assert vars(session) == {}


def test_a_developer_may_have_them_watched(option):
    option("auto")
    before = AppSession.register_file_watchers
    sessions.leave_unwatched()
    assert AppSession.register_file_watchers is before


def test_streamlit_still_registers_them_unasked():
    """Where this fails, Streamlit minds the setting itself perhaps: then sessions.leave_unwatched can go."""
    assert "existing_session.register_file_watchers()" in inspect.getsource(WebsocketSessionManager)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heaps")
@pytest.mark.parametrize("asked", [False, True])
def test_threads_share_one_heap(asked):
    command = [sys.executable, "-c", PROGRAM, *["one heap"] * asked]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    arenas = told.count("\nArena ") + told.startswith("Arena ")
    assert arenas == 1 if asked else arenas > 1
