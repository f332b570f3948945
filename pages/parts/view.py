"""Which run is in view: the URL says, and it is the whole of that state."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from pages import access
from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.locale import _
from repz_core.run import Run
from repz_core.runs import RunStore, run_id

_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!|<>~:$&@/]")  # a link's author may have put words into the URL
CLOCKS = {"steps", "num_frames", "noise_steps", "half_life"}  # numbers of steps: a step costs the same


def run_in_view(methods: Sequence[str]) -> Run:
    """The run of the URL, else one of `methods` that trains, else the first family's first preset, recorded or trained
    now.

    A run that cannot be shown gets one sentence on the page, and the fall-back is shown: nothing is lost. Where there
    is none either, the page ends with a sentence.
    """
    store, fault = RunStore(), ""
    if asked := st.query_params.get("run"):
        try:
            run = store.open(asked)
            if run.recipe.method in methods:
                _tell_fault(run)
                return run
            raise RepzError(
                _("Run {id} is one of {other}, not of {method}.").format(
                    id=asked, other=run.recipe.method, method=_(" or ").join(methods)
                )
            )
        except RepzError as error:
            fault = str(error)
    try:
        going = _going(str(store.root), tuple(methods))
        run = store.open(going) if going else usual_run(methods[0])
    except RepzError as error:
        st.info(str(error), icon=":material/info:")
        st.stop()
    show(run)
    if fault:
        st.session_state["fault"] = run.id, fault
        _tell_fault(run)
    return run


@st.cache_data(ttl=0.5, show_spinner=False)
def _going(root: str, methods: tuple[str, ...]) -> str | None:
    """The newest run of `methods` that trains; looked for twice a second at the most, however many come in."""
    for run in RunStore(root).list():
        if run.recipe.method in methods and run.status.state in ("running", "paused"):
            return run.id
    return None


def usual_run(method: str) -> Run:
    """The family's first preset where it is recorded, else the newest run of the family, else that preset, trained.

    Raises RepzError where it would have to be trained and this session is a viewer's, or cannot write.
    """
    store = RunStore()
    first = next(iter(recipes.family(method).PRESETS))
    if shipped := store.find(recipes.preset(method, first)):
        return shipped
    mine = [run for run in store.list() if run.recipe.method == method]
    return mine[0] if mine else usual_preset(method, first)


def usual_preset(method: str, name: str) -> Run:
    """The run of a preset: recorded, trained before, or submitted now. Raises RepzError as `usual_run` does."""
    preset = recipes.preset(method, name)
    if found := RunStore().find(preset):
        return found
    if not access.presenting():  # whatever the presenter allows: to look at a page starts nothing
        words = _("“{name}” is not recorded here, and a page that is only looked at trains nothing: ask the presenter.")
        raise RepzError(words.format(name=_(name)))
    return access.submit(preset)


def _tell_fault(run: Run) -> None:
    """Why `run` is in view and not the one that was asked for; for as long as it is."""
    id, fault = st.session_state.get("fault", ("", ""))
    if id == run.id:
        st.warning(plain(fault), icon=":material/info:")


def plain(words: str) -> str:
    """Words of unknown origin as markdown that shows them as they are."""
    return _MARKUP.sub(r"\\\g<0>", words)


def link(words: str, address: str) -> str:
    """A link in markdown (with HTML), in the same tab; `words` are markdown that is safe to show."""
    return f'<a href="{escape(address)}" target="_self">{words}</a>'


def reference(run: Run) -> dict[str, Any]:
    """What a browser part has to know to follow `run`: its id, and of a fork the parent it continues."""
    if run.recipe.parent is None:
        return {"id": run.id, "parent": None}
    return {"id": run.id, "parent": _parent(run.recipe)}


def _parent(fork: Recipe) -> dict[str, Any]:
    recipe, step = recipes.origin(fork)
    return {"run": run_id(recipe), "step": step, "parent": _parent(recipe) if recipe.parent else None}


def show(run: Run) -> None:
    """Put `run` in view."""
    st.query_params["run"] = run.id


def recorded(run: Run) -> bool:
    """Whether the run came with the lab."""
    return run.folder.parent == RunStore().shipped


def seconds_for(recipe: Recipe) -> float | None:
    """Seconds `recipe` would take, by the measured steps a second of the newest run alike; None if there was none."""
    rate = _rates().get(_work_of(recipe))
    return recipe.training.steps / rate if rate else None


@st.cache_data(ttl=20, show_spinner=False)
def _rates() -> dict[str, float]:
    """Steps a second by what a step costs: of the newest run here, of a shipped one where none was trained here."""
    rates: dict[str, float] = {}
    for run in RunStore().list():
        if (status := run.status).seconds and status.step:
            rates.setdefault(_work_of(run.recipe), status.step / status.seconds)
    return rates


def _work_of(recipe: Recipe) -> str:
    """What a step's time depends on: all but seed, length, and numbers that are only multiplied."""
    values = recipe.model_dump()
    sizes = [
        (name, value)
        for group in ("model", "training")
        for name, value in values[group].items()
        if not isinstance(value, float) and name not in CLOCKS
    ]
    return repr((recipe.method, recipe.dataset, sizes, recipe.threads))
