"""The corner of a hosted lab where one becomes its presenter, and what only a presenter has."""

import streamlit as st

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
    if access.can_sign_in():
        st.button(_("Sign in"), icon=":material/login:", width="stretch", on_click=st.login)
    elif not access.presenter_code():
        st.caption(access.how_to_set_a_code())


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
