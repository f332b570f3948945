"""Sessions that come back cost no more than new ones."""

import inspect
from types import SimpleNamespace

import pytest
from streamlit import config
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from pages import sessions


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
    """Where this fails, Streamlit minds the setting itself perhaps: then pages/sessions.py can go."""
    assert "existing_session.register_file_watchers()" in inspect.getsource(WebsocketSessionManager)
