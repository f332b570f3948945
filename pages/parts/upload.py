"""An upload on its way to become a data set: its files, what is chosen, and the draft that another process makes."""

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import streamlit as st

from pages import access
from pages.parts.view import plain
from repz_core.config import RepzError
from repz_core.datasets import bounds, peek
from repz_core.datasets.command import name_of
from repz_core.datasets.errand import Draft, draft
from repz_core.locale import _

SIDES = (0, 8, 12, 16, 20, 24, 28, 32, 48, 64)
TRAIN, VALIDATION = 72, 8  # percent, unless moved
_HELD, _ROUND = "upload-held", "upload-round"


class Held:
    """The uploaded files of a session in a folder that goes with it, and the draft that was made of them."""

    def __init__(self, files: list[Any]) -> None:
        self.ids = [file.file_id for file in files]
        self.folder = Path(mkdtemp(prefix="repz-upload-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.paths = []
        for number, file in enumerate(files):
            parent = self.folder / str(number)  # two files may have one name
            parent.mkdir()
            self.paths.append(parent / _file_name(file.name))
            self.paths[-1].write_bytes(file.getbuffer())
        self.chosen: dict[str, Any] | None = None
        self.made: Draft | str = ""

    def look(self, chosen: dict[str, Any]) -> Draft | str:
        """The draft of these choices, or the sentence that says why there is none; made once."""
        if chosen != self.chosen:
            try:
                self.made = draft(self.paths, self.folder / "draft.safetensors", chosen)
            except RepzError as error:
                self.made = str(error)
            self.chosen = chosen
        return self.made


def _file_name(given: str) -> str:
    """A browser's name for a file as one that any file system takes; its ending stays."""
    name = "".join(letter for letter in given.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    return name[-60:].lstrip(".-") or "data"


def desk() -> Draft | None:
    """The upload, its choices and the button that adds it; the draft in view, None where nothing was uploaded."""
    if not access.may_add_data():
        st.caption(":material/visibility: " + _("You are watching: the presenter adds data."))
        return None
    st.markdown("**" + _("Add your own") + "**")
    turn = st.session_state.setdefault(_ROUND, 0)
    hint = _(
        "npz with x and y, png or jpeg images in a folder a class as a zip, IDX files (images and labels), or CSV with "
        "a column label. At most {size} MB and {count:,} images."
    ).format(size=bounds.MOST_UPLOAD // bounds.MEGA, count=bounds.MOST_IMAGES)
    files = st.file_uploader(
        _("npz, zip, IDX or CSV"),
        accept_multiple_files=True,
        key=f"upload-{turn}",
        help=hint,
        label_visibility="visible",
    )
    if not files:
        st.session_state.pop(_HELD, None)
        return None
    held = st.session_state.get(_HELD)
    if not isinstance(held, Held) or held.ids != [file.file_id for file in files]:
        try:
            held = st.session_state[_HELD] = Held(files)
        except OSError as error:
            st.error(_("The upload cannot be kept: {reason}.").format(reason=error.strerror))
            return None
    name = st.text_input(_("name"), value=name_of(held.paths[0]), max_chars=40, key=f"upload-name-{held.ids[0]}")
    with st.spinner(_("Reading ...")):
        made = held.look(_choices())
    if isinstance(made, str):
        st.error(plain(made))
        return None
    if st.button(_("Add data set"), type="primary", icon=":material/add:", width="stretch"):
        _add(made, name)
    return made


def peek_of(made: Draft) -> peek.Peek | None:
    """A look at a draft."""
    return peek.of_file(made.file, made.card)


def _choices() -> dict[str, Any]:
    """What the widgets say, as the command's options."""
    sides = {0: _("as they come")} | {side: f"{side} × {side}" for side in SIDES if side}
    side = st.selectbox(_("pixels a side"), SIDES, format_func=sides.__getitem__, key="upload-side")
    with st.popover(_("more"), icon=":material/tune:", width="stretch"):
        grey = st.toggle(_("colour becomes grey"), key="upload-grey")
        least = bounds.LEAST_HELD_OUT
        train = st.slider(_("percent for training"), bounds.LEAST_TRAIN, 90, TRAIN, key="upload-train")
        validation = st.slider(_("percent for validation"), least, 45, VALIDATION, key="upload-validation")
        seed = st.number_input(_("seed of the split"), 0, 2**31 - 1, key="upload-seed")
    return {"side": side or None, "grey": grey, "train": train, "validation": validation, "seed": seed}


def _add(made: Draft, name: str) -> None:
    """Keep the draft, and show it among the others; one sentence where that cannot be, and nothing is lost."""
    try:
        card = access.add_data(made.file, name.strip())
    except RepzError as error:
        st.error(plain(str(error)))
        return
    st.session_state.pop(_HELD, None)
    st.session_state[_ROUND] += 1  # an empty uploader
    st.query_params["dataset"] = card.name
    st.toast(_("{name} is in every page's list of data sets now.").format(name=card.name), icon=":material/check:")
    st.rerun()
