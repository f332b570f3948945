"""The corner of a hosted lab where one becomes its presenter, and what only a presenter has."""

import logging

import streamlit as st
from streamlit.errors import StreamlitAPIException

from pages import access
from pages.parts.assets import browser_part
from repz_core.config import RepzError
from repz_core.locale import _

_pass = browser_part("pass")


def corner() -> None:
    """A small button in the page's head. A lab that serves one user has none."""
    if not access.hosted():
        return
    with st.container(key="presenter"):
        if access.presenting():
            with st.popover(_("Presenting"), icon=":material/co_present:"):
                _desk()
            if held := access.held_pass():
                _pass(key="pass", data={"name": access.COOKIE, "token": held.token})
        else:
            with st.popover(_("Present"), icon=":material/co_present:"):
                _door()


def _door() -> None:
    """The code, or a login."""
    if access.presenter_code():
        with st.form("presenter-code", border=False):
            given = st.text_input(_("Presenter's code"), type="password", autocomplete="off")
            entered = st.form_submit_button(_("Enter"), width="stretch")
        if entered:
            try:
                access.enter(given)
            except RepzError as error:
                st.error(str(error))
            else:
                st.rerun()
    for provider in access.providers():
        words = _("Sign in with {provider}").format(provider=provider) if provider else _("Sign in")
        st.button(words, icon=":material/login:", width="stretch", on_click=_sign_in, args=(provider,))
    if not access.presenter_code() and not access.providers():
        st.caption(access.how_to_set_a_code())


def _sign_in(provider: str | None) -> None:
    """Leave for the provider's page; one sentence where the secrets, or Authlib, are not as that needs them."""
    try:
        st.login(provider)
    except StreamlitAPIException as error:
        logging.getLogger(__name__).warning("Signing in failed: %s", error)
        st.toast(_("Signing in does not work here: see the server's log for what is missing in its secrets."))


def _desk() -> None:
    """Whether viewers may start runs, and the way out."""
    st.session_state["viewers-start"] = access.hall.viewers_start  # another presenter may have moved it
    limits = _("Each {some} at a time, {all} in all.").format(some=access.UNDER_WAY, all=access.IN_ALL)
    st.toggle(_("Viewers may start runs"), key="viewers-start", help=limits, on_change=_move_switch)
    if st.button(_("Stop presenting"), icon=":material/logout:", width="stretch"):
        access.leave()
        if access.signed_in():
            st.logout()
        st.rerun()


def _move_switch() -> None:
    try:
        access.open_to_all(st.session_state["viewers-start"])
    except RepzError as error:
        st.toast(str(error))
