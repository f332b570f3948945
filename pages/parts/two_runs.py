"""Any two runs side by side: one scrubber for both, by step or by share, and what differs in their recipes."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts import contrast, panels
from pages.parts.run_bar import run_bar
from pages.parts.view import plain, recorded
from repz_core import recipes
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.figures.live import comparison
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.run import Run
from repz_core.runs import RunStore

COLORS = (palette.REAL, palette.FAKE)
FIRST = (("vae", "16 dimensions"), ("linear_ae", "MNIST in 16 numbers"))  # where the URL names none
# What there is to look at over time, the most telling first; all of images.
PICTURES = ("reconstructions", "samples", "manifold", "atoms", "singular_vectors", "neighbours")
CURVES = ("loss", "recon", "val_recon", "val_elbo", "val_nll", "val_probe_h", "val_knn", "val_fid", "val_l0")


def two_runs() -> None:
    """The section: the run of the URL, and the one of its `with`."""
    store = RunStore()
    found = {run.id: run for run in store.list() if run.status.step > 0}  # which have a frame, at the least
    if len(found) < 2:
        st.info(_("Two runs with pictures are needed here; train one more."), icon=":material/compare:")
        return
    left, right, pace = st.columns([2, 2, 1.1], gap="small", vertical_alignment="center")
    with left:
        run = _chosen(found, "run", _default(found, 0, ""))
    with right:
        others = {id: each for id, each in found.items() if id != run.id}
        other = _chosen(others, "with", _default(others, 1, run.id))
    with pace:
        share = _by_share()
    dataset = _(catalogue.card(run.recipe.dataset).title)
    run_bar(run, f"{_family(run)} | {_family(other)} · {dataset}", forks=False)
    stretch = other.recipe.training.steps / run.recipe.training.steps if share else 1.0
    one, two, curves = st.columns([1, 1, 1.15], gap="small")
    with one:
        _pictures(run, run, 1.0)
    with two:
        _pictures(other, run, stretch)
    with curves:
        _curves(run, other)
    _differences(run, other)
    address = f"/repz/runs/{run.id}/player?with={other.id}"
    st.link_button(_("Both as a page that plays without a server (HTML)"), address, icon=":material/download:")


def _by_share() -> bool:
    """Whether both are shown at the same share of their training, or after the same number of steps; the URL says."""
    st.session_state["pace"] = "step" if st.query_params.get("pace") == "step" else "share"

    def to_url() -> None:
        st.query_params["pace"] = st.session_state["pace"]

    words = {"share": _("by share"), "step": _("by step")}
    chosen = st.segmented_control(
        _("one scrubber"), list(words), format_func=words.__getitem__, key="pace", required=True, on_change=to_url,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen == "share"


def _default(found: dict[str, Run], place: int, taken: str) -> str:
    """The usual run of that place, else any that is not taken."""
    store = RunStore()
    usual = store.find(recipes.preset(*FIRST[place]))
    return usual.id if usual and usual.id in found and usual.id != taken else next(id for id in found if id != taken)


def _chosen(found: dict[str, Run], name: str, usual: str) -> Run:
    """A run of the list; the URL's `name` says which."""
    label = _("run") if name == "run" else _("beside it")
    st.query_params[name] = _picked(label, list(found), name, usual, lambda id: _title(found[id]))
    return found[st.query_params[name]]


def _picked(label: str, options: list[str], name: str, usual: str, words: Callable[[str], str]) -> str:
    """One of some, as the URL's `name` says; the usual one where it names none of them."""
    asked, key = st.query_params.get(name, ""), f"two-{name}"
    st.session_state[key] = asked if asked in options else usual

    def to_url() -> None:
        st.query_params[name] = st.session_state[key]

    st.selectbox(label, options, format_func=words, key=key, on_change=to_url, label_visibility="collapsed")
    return str(st.session_state[key])


def _family(run: Run) -> str:
    return _(recipes.family(run.recipe.method).TITLE)


def _name(run: Run) -> str:
    return recipes.family(run.recipe.method).describe(run.recipe)  # type: ignore[no-any-return]


def _title(run: Run) -> str:
    """A run in the list."""
    dataset = _(catalogue.card(run.recipe.dataset).title)
    return f"{_family(run)} · {dataset} · {_name(run)} · {_('seed')} {run.recipe.seed} · {run.id[-6:]}"


def _pictures(run: Run, clock: Run, stretch: float) -> None:
    """The most telling pictures that a run has, at the moment that is in view."""
    arrays = run.snapshot(run.frames()[-1]).arrays
    there = [name for name in PICTURES if name in arrays]
    hint = _("{run}, at the moment in view.").format(run=_name(run))
    title = _family(run)
    if there:
        name = _array(run, there, run.id != clock.id)
        count = len(arrays[name])
        columns = round(count**0.5) if name == "manifold" else 4 if count <= 16 else 6
        shown = {name: ""} if name != "reconstructions" else {"inputs": _("test images"), name: _("reconstructed")}
        columns, most = (5, 10) if name == "reconstructions" else (columns, 64)
        panels.sheets(run, title, hint, shown, columns=columns, most=most, clock=clock, stretch=stretch)
    elif "embeddings_h" in arrays:
        contrast.embedding(run, title, hint, ["h umap", "h pca"], clock=clock, stretch=stretch)
    else:
        with panels.panel(title, hint, run):
            st.info(_("Points in the plane are shown on the GAN page and the Linear page."), icon=":material/info:")


def _array(run: Run, there: list[str], second: bool) -> str:
    """Which of its pictures; a choice where there are several."""
    if len(there) == 1:
        return there[0]
    return _picked(_("pictures"), there, "pictures-with" if second else "pictures", there[0], spoken)


def _curves(run: Run, other: Run) -> None:
    """A curve that both have."""
    common = [name for name in CURVES if all(name in _columns(side.id, side.log_size()) for side in (run, other))]
    if not common:
        st.info(_("These two have no number in common over training."), icon=":material/info:")
        return
    column = _picked(_("curve"), common, "curve", common[0], _curve_name)
    names = [f"{_family(side)} · {_name(side)}" for side in (run, other)]
    sides = list(zip(names, COLORS, strict=True))
    figure = comparison(column, sides, _curve_name(column))
    hint = _("Over each run's own steps. Numbers of different families are of one unit only where both say so.")
    panels.live_chart(
        run, _("How do both get there?"), hint, figure.to_plotly_json(), key="two-curves", others=[other], tall=True
    )


@st.cache_data(max_entries=100, show_spinner=False)
def _columns(id: str, log_size: int) -> set[str]:
    """What a run's log of that size has numbers of."""
    return set[str]().union(*RunStore().open(id).events())


def _curve_name(column: str) -> str:
    if column.startswith("val_"):
        return _("{metric}, validation").format(metric=spoken(column.removeprefix("val_")))
    return spoken(column)


def _differences(run: Run, other: Run) -> None:
    """The settings that differ, with both values."""
    mine, theirs = _flat(run.recipe.plain()), _flat(other.recipe.plain())
    paths = [path for path in dict.fromkeys([*mine, *theirs]) if mine.get(path) != theirs.get(path)]
    setting = _("setting")
    lines = [f"| {setting} | {plain(_family(run))} | {plain(_family(other))} |", "|---|---|---|"]
    lines += [f"| {plain(path)} | {_said(mine, path)} | {_said(theirs, path)} |" for path in paths]
    hint = _("All other settings are the same. —: the family has no such setting.")
    badges = [panels.provenance(recorded(side)) for side in dict.fromkeys((run, other))]
    with panels.framed(_("What is different in their recipes?"), hint, list(dict.fromkeys(badges))):
        st.markdown("\n".join(lines))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their dotted names; a parent is one setting."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and name != "parent":
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _said(values: dict[str, Any], path: str) -> str:
    if path not in values:
        return "—"
    value = values[path]
    return _("step {step}").format(step=value["step"]) if path == "parent" else plain(str(value))
