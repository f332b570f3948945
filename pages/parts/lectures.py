"""Lectures on the home page: each to begin, its scenes, and its file to load and save."""

import streamlit as st

from pages import access, lecture
from pages.parts.view import link, plain
from repz_core.config import RepzError
from repz_core.locale import _


def scene_links(name: str, scenes: list[tuple[int, lecture.Scene]]) -> str:
    """Markdown with HTML: a line a scene, with its place in the lecture."""
    return "\n".join(
        f"{place}. {link(plain(lecture.words(scene).title), lecture.address(name, place, scene))}"
        for place, scene in scenes
    )


def shelf() -> None:
    """A line a lecture. Only who presents loads and saves."""
    may = access.presenting()
    for name in lecture.names():
        try:
            found = lecture.load(name)
            count = _("{count} scenes").format(count=len(found.scenes))
            title, begin = plain(lecture.words(found).title or name), lecture.address(name, 1, found.scenes[0])
        except RepzError as error:
            st.warning(plain(str(error)))
            continue
        about, scenes, file, loading = st.columns([2.4, 1, 1, 1], gap="small", vertical_alignment="center")
        about.markdown(f":material/co_present: **{link(title, begin)}** · {count}", unsafe_allow_html=True)
        with scenes.popover(_("Scenes"), width="stretch"):
            st.markdown(scene_links(name, list(enumerate(found.scenes, 1))), unsafe_allow_html=True)
        if may:
            file.download_button(
                _("Save"), lecture.dump(found), f"{name}.json", "application/json", key=f"save-{name}", width="stretch",
                on_click="ignore",
            )  # fmt: skip
        if may and name == lecture.FIRST:
            with loading:
                _loader()


def _loader() -> None:
    with st.popover(_("Load a lecture"), width="stretch"):
        st.caption(_("On any page, A adds what is shown to a lecture of your own, and PgDn steps through one."))
        given = st.file_uploader(_("A lecture's JSON file"), type="json", key="lecture-file")
        if given and st.session_state.get("lecture-taken") != given.file_id:
            try:
                name = lecture.keep(given.name.removesuffix(".json"), lecture.parse(given.getvalue()))
            except RepzError as error:
                st.error(plain(str(error)))
            else:
                st.session_state["lecture-taken"] = given.file_id
                st.toast(_("Loaded as {name}.").format(name=name))
                st.rerun()
