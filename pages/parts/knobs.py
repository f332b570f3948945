"""Knobs: a Config's fields become widgets, the widgets a validated Config. Bounds are declared once, in the field."""

import json
import math
from typing import Any

import streamlit as st

from pages.parts.starting import start, start_here
from pages.parts.view import seconds_for, show
from repz_core import recipes
from repz_core.config import Config, Recipe, RepzError, bounds, choices, field_at, hint, leaf_paths, value
from repz_core.datasets import catalogue
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.run import Run
from repz_core.runs import RunStore

ROOM, MARGIN = 29, 3  # letters that fit beside one another, and what an option's margins take of them
HIDDEN = ("method", "version", "dataset", "parent")


def recipe_knobs(run: Run) -> Recipe | None:
    """Widgets for every setting of the run's family, starting from the run in view.

    Returns the recipe they ask for; None (and one sentence on the page) where it is not valid.
    """
    method = run.recipe.method
    cls = type(run.recipe)
    _seed_widgets(run.recipe, run.id)
    st.selectbox(
        _("start from"), list(recipes.family(method).PRESETS), index=None, placeholder=_("a preset"), format_func=_,
        label_visibility="collapsed",
        key=_key(method, "preset"), on_change=_take_preset, args=(method,),
    )  # fmt: skip
    cards = catalogue.cards()
    names = [name for name in cards if recipes.suits(method, name)]
    st.selectbox(
        _("data set"), names, key=_key(method, "dataset"), format_func=lambda name: _(cards[name].title),
        on_change=_fit_batch, args=(method,),
    )  # fmt: skip
    name = st.session_state[_key(method, "dataset")]
    dataset = run.recipe.dataset if run.recipe.dataset.partition("@")[0] == name else catalogue.identity(name)
    kind = catalogue.card(dataset).kind
    values: dict[str, Any] = {}
    paths = [path for path in leaf_paths(cls) if path not in HIDDEN and hint(cls, path, "for") in (None, kind)]
    for path in paths:
        if hint(cls, path, "primary"):
            values[path] = _widget(method, cls, path)
    with st.popover(_("more"), icon=":material/tune:", width="stretch"):
        for path in paths:
            if not hint(cls, path, "primary"):
                values[path] = _widget(method, cls, path)
    try:
        return recipes.parse(run.recipe.replace(dataset=dataset, parent=None, **values).plain())
    except RepzError as error:
        st.error(str(error))
        return None


def start_button(recipe: Recipe, run: Run) -> None:
    """Start what the knobs ask for, or show it where it is known; says what differs and how long it will take."""
    known = RunStore().find(recipe)
    here = known is not None and known.id == run.id
    ended_early = here and run.status.state in ("stopped", "failed")
    label, hint = _("Start"), " · ".join(_changes(recipe, run))
    if ended_early:
        label, hint = _("Try again"), _("This run ended at step {step:,}.").format(step=run.status.step)
        if run.status.state == "stopped":
            label = _("Go on from step {step:,}").format(step=run.status.step)
    elif here:
        hint = _("The knobs show the run in view; move one to train another.")
    elif known:
        label = _("Show the run of these knobs")
    elif seconds := seconds_for(recipe):
        label = _("Start, about {time}").format(time=duration(seconds))
    st.caption(hint)
    looks: dict[str, Any] = {"type": "primary", "width": "stretch", "disabled": here and not ended_early}
    if known and not here:
        if st.button(label, icon=":material/play_arrow:", **looks):
            show(known)
            st.rerun()
    elif start_here(label, **looks) and (run := start(recipe)):
        show(run)
        st.rerun()


def fork_run(recipe: Recipe, run: Run, step: int) -> None:
    """Start the knobs' recipe from `step` of the run in view, and put it in view; one sentence where that cannot be."""
    changes = {path: value(recipe, path) for path in leaf_paths(type(recipe)) if path not in ("method", "parent")}
    try:
        fork = recipes.fork(run.recipe, step, **changes)
    except RepzError as error:
        st.error(str(error))
        return
    if found := start(fork):
        show(found)
        st.rerun()


def duration(seconds: float) -> str:
    """ "12 s" or "5 min"."""
    return (
        _("{count:.0f} s").format(count=max(1, seconds))
        if seconds < 120
        else _("{count:.0f} min").format(count=seconds / 60)
    )


def moved(recipe: Recipe, run: Run) -> str:
    """The knobs that stand elsewhere than the run in view has them: "k 16 · beta 4.0"."""
    return " · ".join(f"{_name(path)} {spoken(value(recipe, path))}" for path in _differing(recipe, run))


def _changes(recipe: Recipe, run: Run) -> list[str]:
    """What differs from the run in view, as words: "k 16 (was 2)"."""
    words = _("{name} {new} (was {old})")
    return [
        words.format(name=_name(path), new=spoken(value(recipe, path)), old=spoken(value(run.recipe, path)))
        for path in _differing(recipe, run)
    ]


def _differing(recipe: Recipe, run: Run) -> list[str]:
    paths = [path for path in leaf_paths(type(recipe)) if path not in HIDDEN or path == "dataset"]
    return [path for path in paths if value(recipe, path) != value(run.recipe, path)]


def _seed_widgets(recipe: Recipe, origin: str) -> None:
    """Set the widgets to `recipe` when another run comes into view; otherwise what the user moved since stays.

    Streamlit drops the state of widgets that are not on the page, so it is also put back after a visit elsewhere.
    """
    seen = st.session_state.setdefault("knobs_of", {})
    _put(recipe if recipe.method in seen else _of_url(recipe), keep=seen.get(recipe.method) == origin)
    seen[recipe.method] = origin


def _of_url(recipe: Recipe) -> Recipe:
    """The recipe with the changes that the URL of a page just loaded brings, as `changes` wrote them."""
    try:
        asked = json.loads(st.query_params.get("knobs", "{}"))
        dataset = catalogue.identity(asked.pop("dataset", recipe.dataset))
        known = {path: asked[path] for path in leaf_paths(type(recipe)) if path not in HIDDEN and path in asked}
        return recipes.parse(recipe.replace(parent=None, dataset=dataset, **known).plain())
    except (ValueError, AttributeError, TypeError, RecursionError):  # a RepzError is a ValueError
        return recipe


def changes(recipe: Recipe, run: Run) -> str:
    """The knobs that stand elsewhere than the run in view has them, for the URL; "" where there are none."""
    found = {path: value(recipe, path) for path in _differing(recipe, run)}
    return json.dumps(found, separators=(",", ":")) if found else ""


def _put(recipe: Recipe, keep: bool = False) -> None:
    """Give every widget the recipe's value; with `keep`, only those that have none."""
    cls = type(recipe)
    for path in leaf_paths(cls):
        if path in HIDDEN and path != "dataset":
            continue
        key = _key(recipe.method, path)
        shown = recipe.dataset.partition("@")[0] if path == "dataset" else value(recipe, path)
        # Set anew even where it is kept: a widget in a closed popover is mounted later, and would start at its minimum.
        st.session_state[key] = st.session_state[key] if keep and key in st.session_state else shown


def _fit_batch(method: str) -> None:
    """A small data set chosen makes a batch that is larger than it small enough."""
    key = _key(method, "training.batch_size")
    dataset = st.session_state[_key(method, "dataset")]
    st.session_state[key] = recipes.largest_batch(dataset, st.session_state[key])


def _take_preset(method: str) -> None:
    """A preset sets the knobs, and puts its recorded run in view where there is one."""
    if name := st.session_state[_key(method, "preset")]:
        recipe = recipes.preset(method, name)
        _put(recipe)
        if run := RunStore().find(recipe):
            show(run)


def _widget(method: str, cls: type[Config], path: str) -> Any:
    """The widget that suits a field: its bounds decide."""
    field = field_at(cls, path)
    name, key, help = _name(path), _key(method, path), _(field.description) if field.description else ""
    low, high = bounds(field)
    if options := choices(field):
        if sum(_room(spoken(option)) + MARGIN for option in options) > ROOM:
            return st.selectbox(name, options, key=key, help=help, format_func=spoken)
        return st.segmented_control(name, options, key=key, help=help, required=True, format_func=spoken)
    if field.annotation is bool:
        return st.toggle(name, key=key, help=help)
    if hint(cls, path, "log"):
        ticks = sorted({*_decades(low, high), st.session_state[key]})  # a run may have a value between them
        return st.select_slider(name, ticks, key=key, help=help, format_func="{:.2g}".format)
    if field.annotation is int and high - low > 2000:
        return st.number_input(name, low, high, key=key, help=help)
    step = 1 if field.annotation is int else 0.01 if high <= 1 else 0.1
    return st.slider(name, low, high, step=step, key=key, help=help)


def _decades(low: float, high: float) -> list[float]:
    """1, 2, 3, 5 steps a decade; from 0 on, five decades below `high`."""
    least = low or high / 1e5
    exponents = range(math.floor(math.log10(least)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{m}e{e}") for e in exponents for m in (1, 2, 3, 5)]
    return [0.0] * (low == 0) + [tick for tick in ticks if least <= tick <= high]


def _name(path: str) -> str:
    return spoken(path.rpartition(".")[2])


def _room(words: str) -> int:
    """Letters' widths of room; a Chinese sign takes two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in words)


def _key(method: str, path: str) -> str:
    return f"{method}.{path}"
