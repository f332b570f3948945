"""The home page, the way in: the homework sheet's four questions, the lectures, and all runs there are."""

import streamlit as st

from pages import lecture
from pages.parts import pictures
from pages.parts.lectures import scene_links, shelf
from pages.parts.view import link, plain, recorded
from pages.questions import QUESTIONS, Question
from repz_core import recipes
from repz_core.config import RepzError
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore

MOST = 8  # of the user's own runs shown
COLUMNS = 8


def page() -> None:
    """Four questions first; below, a small card a run: each family's presets, then what was trained here."""
    st.title(_("Look inside representation learning"), anchor=False)
    st.markdown(
        _("Move a knob, press Start, watch a model learn. All that is shown was measured, live or in a recorded run.")
    )
    for number, (column, question) in enumerate(zip(st.columns(4, gap="small"), QUESTIONS, strict=True), 1):
        with column, st.container(border=True, height="stretch", key=f"question-{number}"):
            _question(number, question)
    shelf()
    store = RunStore()
    runs = store.list()
    for method in recipes.names():
        module = recipes.family(method)
        st.subheader(_(module.TITLE), anchor=False)
        presets = [(store.find(recipes.preset(method, name)), name) for name in module.PRESETS]
        cards = [(run, _(name)) for run, name in presets if run and recorded(run)]
        mine = [run for run in runs if run.recipe.method == method and not recorded(run)]
        cards += [(run, "") for run in mine[:MOST]]
        for column, (run, name) in zip(st.columns(COLUMNS, gap="small") * len(cards), cards, strict=False):
            with column:
                _card(run, name)


def _question(number: int, question: Question) -> None:
    """What is asked, a picture, what to try first, and the scenes of the lecture."""
    if (picture := pictures.of_question(number, str(RunStore().shipped))) is not None:
        st.image(picture, width="stretch", output_format="PNG", alt=_(question.picture))
        st.caption(_(question.picture))
    st.markdown(f"## {number} · {_(question.title)}")
    st.markdown(_(question.asks))
    tries = "\n".join(f"- {link(_(each.words), each.address())}" for each in question.tries)
    st.markdown(tries, unsafe_allow_html=True)
    scenes = [(i, each) for i, each in enumerate(lecture.load(lecture.FIRST).scenes, 1) if each.question == number]
    with st.popover(_("{count} scenes").format(count=len(scenes)), icon=":material/co_present:", width="stretch"):
        st.markdown(scene_links(lecture.FIRST, scenes), unsafe_allow_html=True)


def _card(run: Run, name: str) -> None:
    with st.container(border=True):
        try:
            dataset = run.recipe.dataset.partition("@")[0]
            words = f"{dataset} · {recipes.family(run.recipe.method).describe(run.recipe)}"
            frames = run.frames()
            if frames:
                picture = pictures.thumbnail(run.id, frames[-1])
                st.image(picture, width="stretch", output_format="PNG", alt=name or words)
            state = _("recorded") if recorded(run) else _(run.status.state)
        except RepzError as error:
            st.warning(str(error))
            return
        address = lecture.path_of(lecture.page_of(run.recipe.method), run=run.id)
        st.markdown(f"**{link(plain(name or words), address)}**", unsafe_allow_html=True)
        below = words if name else _("trained here")
        st.markdown(f":small[{below}] :gray-badge[{state}]")
