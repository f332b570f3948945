"""The data page: what each data set looks like, how its classes are balanced, and the way in for one's own."""

import math

import streamlit as st

from pages import access
from pages.parts import upload
from pages.parts.view import plain
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.datasets import catalogue
from repz_core.datasets.peek import Peek, peek
from repz_core.figures import data as figures
from repz_core.figures.images import contact_sheet
from repz_core.locale import _

COLUMNS, WIDTH = 8, 520  # of a contact sheet: images side by side, and pixels it is drawn with at least


def page() -> None:
    """At the left which data set, and an upload; at the right a look at it, or at what the upload would become."""
    left, right = st.columns([0.9, 3], gap="small")
    with left:
        chosen = _choose()
        held = upload.desk()
    with right:
        if held:
            _show(held.card, upload.peek_of(held), _("not added yet"), held.said)
        else:
            _show(chosen, _peek(chosen), _("yours") if chosen.own else _("comes with the lab"), ())
    if not held:
        with left:
            _about(chosen)


def _choose() -> catalogue.Card:
    """The data set in view, which the URL names."""
    cards = catalogue.cards()
    names = [name for name in cards if name not in ("drawn", "dirac")]  # the GAN page paints one, the other is a number
    asked = st.query_params.get("dataset", "")
    if asked in names:
        st.session_state["dataset"] = asked
    elif asked:
        st.warning(plain(_("There is no data set {name} here.").format(name=asked[:60])), icon=":material/info:")
    if st.session_state.get("dataset") not in names:
        st.session_state["dataset"] = names[0]
    name = st.selectbox(
        _("data set"), names, key="dataset", format_func=lambda name: _title(cards[name]), on_change=_name
    )
    return cards[name]


def _title(card: catalogue.Card) -> str:
    return _("{name} · yours").format(name=card.name) if card.own else _(card.title)


def _name() -> None:
    st.query_params["dataset"] = st.session_state["dataset"]


@st.cache_data(max_entries=32, show_spinner=False)
def _looked(identity: str) -> Peek | None:
    return peek(catalogue.card(identity))


def _peek(card: catalogue.Card) -> Peek | None:
    """A look at a data set; one that is not here yet is looked for again."""
    found = _looked(card.identity)
    if found is None:
        _looked.clear(card.identity)
    return found


def _about(card: catalogue.Card) -> None:
    """What it is, who can be trained on it, and the way out for one's own."""
    st.markdown(plain(card.description) if card.own else _(card.description))
    families = [_(recipes.family(method).TITLE) for method in recipes.names() if recipes.suits(method, card.name)]
    st.caption(_("Trains: {families}.").format(families=" · ".join(families)))
    if card.own and access.may_add_data():
        with st.popover(_("Remove"), icon=":material/delete:", width="stretch"):
            st.markdown(_("Deletes the lab's copy for good. Your file stays where it is."))
            if st.button(_("Remove {name}").format(name=card.name), type="primary", width="stretch"):
                try:
                    access.remove_data(card.name)
                except RepzError as error:
                    st.error(plain(str(error)))
                else:
                    st.query_params.clear()
                    st.rerun()


def _show(card: catalogue.Card, found: Peek | None, origin: str, said: tuple[str, ...]) -> None:
    """Its first examples and its balance, a panel each."""
    sheet, bars = st.columns(2, gap="small")
    channels, rows, columns = card.shape
    size = _("{rows} × {columns} pixels").format(rows=rows, columns=columns) + (_(", colour") if channels == 3 else "")
    facts = [_("{count:,} examples").format(count=card.size), size if card.kind != "points" else _("points")]
    if card.labelled:
        facts.append(_("{count} classes").format(count=card.num_classes))
    elif card.own and not said:  # which says so
        facts.append(_("no labels"))
    with sheet, st.container(border=True, height="stretch"):
        st.subheader(_("What is in it?"), anchor=False)
        if found is None:
            st.info(
                _("It is not on this machine yet: the first run that trains on it fetches it."), icon=":material/cloud:"
            )
        elif card.kind == "points":
            figure = figures.cloud(found.x, found.y, [_(name) for name in card.class_names])
            st.plotly_chart(figure, key="cloud", theme="streamlit")
        else:
            scale = math.ceil(WIDTH / COLUMNS / columns)
            sheet_alt = _("The first images of {name}").format(name=_(card.title))
            st.image(contact_sheet(found.x, COLUMNS, scale=scale), width="stretch", output_format="PNG", alt=sheet_alt)
        what = _("Shown are the first of the training part.") if found else ""
        st.caption(" ".join([plain(" · ".join([*facts, *said]) + "."), what, f":gray-badge[{origin}]"]))
    with bars, st.container(border=True, height="stretch"):
        st.subheader(_("How many of each class?"), anchor=False)
        if found is None:
            st.info(_("Counted once it is here."), icon=":material/hourglass_empty:")
            return
        st.plotly_chart(
            figures.balance([_(name) for name in card.class_names], found.counts), key="balance", theme="streamlit"
        )
        words = _("Each class is split alike. Training never sees validation and test examples; tests come last.")
        st.caption(f"{words} :gray-badge[{origin}]")
