"""Sweeps: many runs that differ in a few knobs; which knobs matter, and which runs no other beats."""

from collections.abc import Sequence

import streamlit as st

from pages import access, lecture
from pages.parts.view import plain, seconds_for
from repz_core import listing, pareto, recipes, sweep
from repz_core.config import Recipe, RepzError, hint, leaf_paths
from repz_core.figures.sweeps import Axis, parallel, trade_off
from repz_core.limits import Limits
from repz_core.listing import Row
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.runs import RunStore
from repz_core.status import ENDED
from repz_core.sweep import Sweep

USUAL = "vae"  # what the form begins with
AXES = 3  # knobs that a sweep on the page varies; the command line takes any number
LOOK = "2s"  # between two looks at a sweep that is under way
EXAMPLES = ("model.beta=0.5,1,2,4", "training.lr=log:1e-4:1e-2")


def sweeps() -> None:
    """The section: what to sweep over at the left, what came of it at the right."""
    form, shown = st.columns([1, 2.6], gap="small")
    with form, st.container(border=True):
        st.subheader(_("What is to be varied?"), anchor=False)
        if access.presenting():
            _form()
        else:
            st.caption(":material/visibility: " + _("You are watching: the presenter starts sweeps."))
    with shown:
        _choose()


def _form() -> None:
    """A family's preset, up to three knobs with what they take, seeds; how many runs that is, and Start."""
    names = recipes.names()
    titles = {name: _(recipes.family(name).TITLE) for name in names}
    method = st.selectbox(_("method"), names, names.index(USUAL), key="sweep-method", format_func=titles.__getitem__)
    presets = list(recipes.family(method).PRESETS)
    preset = st.selectbox(_("start from"), presets, key=f"sweep-preset-{method}", format_func=_)
    base = recipes.preset(method, preset)
    paths = [path for path in leaf_paths(type(base)) if path not in sweep.FIXED]
    texts = []
    for place in range(AXES):
        knob, values = st.columns([1, 1.3], gap="small")
        path = knob.selectbox(
            _("knob"), paths, index=None, key=f"sweep-knob-{method}-{place}", placeholder=_("a knob"),
            label_visibility="collapsed", format_func=lambda path: spoken(path.rpartition(".")[2]),
        )  # fmt: skip
        given = values.text_input(
            _("values"), key=f"sweep-values-{place}", label_visibility="collapsed", disabled=path is None,
            placeholder=EXAMPLES[place % 2].partition("=")[2], max_chars=200,
        )  # fmt: skip
        if path and given.strip():
            texts.append(f"{path}={given}")
    st.markdown(":small[" + _("Values with commas, or a law to draw from: `uniform:0:1`, `log:1e-4:1e-2`.") + "]")
    seeds, draws, steps = st.columns(3, gap="small")
    numbers = {
        "seeds": seeds.number_input(_("seeds"), 1, 100, 1, key="sweep-seeds"),
        "runs": draws.number_input(_("draws"), 1, sweep.MOST_RUNS, 10, key="sweep-runs"),
    }
    length = steps.number_input(_("steps"), 1, 200_000, base.training.steps, key=f"sweep-steps-{method}-{preset}")
    try:
        base = recipes.parse(base.replace(**{"training.steps": length}).plain())
        _start(base, texts, numbers)
    except RepzError as error:
        st.error(plain(str(error)))


def _start(base: Recipe, texts: Sequence[str], numbers: dict[str, int]) -> None:
    """What would be trained, and the button. Raises RepzError for what cannot be."""
    if not texts and numbers["seeds"] == 1:
        st.button(_("Start"), icon=":material/play_arrow:", type="primary", disabled=True, width="stretch")
        st.markdown(":small[" + _("Choose a knob and give it values, or ask for more seeds.") + "]")
        return
    asked = sweep.make(base, [sweep.axis(base, text) for text in texts], **numbers)
    members = sweep.members(asked)
    words = _("{count} runs").format(count=len(members))
    if seconds := seconds_for(base):
        workers = min(Limits.from_environment().workers, len(members))
        words += _(", about {minutes:.1f} min").format(minutes=seconds * len(members) / workers / 60)
    st.markdown(f":small[{words}]")
    if st.button(_("Start"), icon=":material/play_arrow:", type="primary", width="stretch", key="sweep-start"):
        access.submit_sweep(asked)
        st.query_params["sweep"] = asked.name
        st.rerun()


def _choose() -> None:
    """Which sweep is in view: the URL says, else the newest."""
    names = sweep.names(RunStore().root)
    if not names:
        with st.container(border=True):
            st.subheader(_("Which knob matters?"), anchor=False)
            st.caption(_("No sweep yet. Start one at the left, or by a command:"))
            st.code("python -m repz_core sweep vae --dataset digits --grid beta=0.5,1,2,4 --seeds 3", language=None)
        return
    asked = st.query_params.get("sweep")
    st.session_state["sweep"] = asked if asked in names else names[0]
    st.selectbox(_("sweep"), names, key="sweep", label_visibility="collapsed", on_change=_to_url)
    found = sweep.load(RunStore().root, st.session_state["sweep"])
    try:
        rows = _members(found) if found else []
    except RepzError as error:
        st.warning(plain(str(error)), icon=":material/info:")
        return
    if found is None:
        st.warning(_("This sweep's file cannot be read."), icon=":material/info:")
        return
    going = any(row.status.state not in ENDED for row in rows)
    st.fragment(_show, run_every=LOOK if going and access.presenting() else None)(found, going)


def _to_url() -> None:
    st.query_params["sweep"] = st.session_state["sweep"]


def _members(found: Sweep) -> list[Row]:
    known = {row.id: row for row in listing.rows(RunStore())}
    rows: list[Row] = sweep.rows_of(found, known)
    return rows


def _show(found: Sweep, was_going: bool) -> None:
    """How far it is, and its two pictures."""
    rows = _members(found)
    if was_going and all(row.status.state in ENDED for row in rows):
        st.rerun()  # the last has ended: no more looks
    _progress(found, rows)
    done = [row for row in rows if row.status.metrics]
    metrics = [
        name for name in recipes.family(found.base["method"]).METRICS if any(name in row.status.metrics for row in done)
    ]
    if not metrics:
        with st.container(border=True):
            st.subheader(_("Which knob matters?"), anchor=False)
            st.caption(_("The first picture comes with the first run that has ended."))
        return
    _parallel(found, done, metrics)
    _trade_off(done, metrics)


def _progress(found: Sweep, rows: Sequence[Row]) -> None:
    stand = sweep.progress(
        [(row.status, row.recipe.training.steps) for row in rows], len(rows), Limits.from_environment().workers
    )
    words = _("{done} of {total} runs have ended").format(done=stand.total - stand.under_way, total=stand.total)
    if stand.failed:
        words += _(", {count} failed").format(count=stand.failed)
    if stand.left is not None:
        words += _(", about {seconds:.0f} s left").format(seconds=stand.left)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress((stand.total - stand.under_way) / max(1, stand.total), words)
        address = lecture.path_of("runs", show="list", q=f"tag:{found.name}")
        st.markdown("[" + _("its runs") + f"]({address})", width="content")


def _parallel(found: Sweep, rows: Sequence[Row], metrics: Sequence[str]) -> None:
    """A line a run, through the knobs in which they differ, to a metric."""
    with st.container(border=True):
        head, which = st.columns([3, 1], vertical_alignment="center")
        head.subheader(_("Which knob matters?"), anchor=False)
        with which:
            metric = _metric(_("metric"), metrics, 0)
        shown = [row for row in rows if metric in row.status.metrics]
        paths = listing.differing(row.entry for row in shown) or [each.path for each in found.axes]
        axes = [_axis(path, shown) for path in paths]
        axes.append(Axis(spoken(metric), [row.status.metrics[metric] for row in shown]))
        costs = [pareto.cost(metric, value) for value in axes[-1].values]
        alt = _("A line a run, through the knobs that were varied to the metric")
        st.plotly_chart(parallel(axes, costs), key="parallel", theme="streamlit", alt=alt)
        words = _("A line is a run; drag along an axis to keep those that pass there. {metric}.")
        st.caption(words.format(metric=_with_direction(metric)) + _badge(shown))


def _axis(path: str, rows: Sequence[Row]) -> Axis:
    log = bool(hint(rows[0].recipe, path, "log"))
    return Axis(spoken(path.rpartition(".")[2]), [row.entry.knobs[path] for row in rows], log)


def _trade_off(rows: Sequence[Row], metrics: Sequence[str]) -> None:
    """Two metrics against each other, and the runs that no other beats in both."""
    if len(metrics) < 2:
        return
    with st.container(border=True):
        head, across, up = st.columns([2, 1, 1], vertical_alignment="center")
        head.subheader(_("Which runs does no other beat?"), anchor=False)
        with across:
            x = _metric(_("across"), metrics, min(2, len(metrics) - 2))
        with up:
            y = _metric(_("up"), metrics, min(3, len(metrics) - 1))
        shown = [row for row in rows if {x, y} <= row.status.metrics.keys()]
        points = [(row.status.metrics[x], row.status.metrics[y]) for row in shown]
        front = pareto.front([(pareto.cost(x, one), pareto.cost(y, other)) for one, other in points])
        names = [recipes.family(row.recipe.method).describe(row.recipe) for row in shown]
        figure = trade_off(points, names, front, _with_direction(x), _with_direction(y))
        st.plotly_chart(figure, key="trade-off", theme="streamlit", alt=_("A point a run, one metric against another"))
        words = _("A point is a run. Off the front, another run is at least as good in both metrics.")
        st.caption(words + _badge(shown))


def _metric(label: str, metrics: Sequence[str], usual: int) -> str:
    """The metric chosen by a box of that label."""
    found: str = st.selectbox(
        label, metrics, usual, key=f"sweep-{usual}-{label}", format_func=spoken, label_visibility="collapsed"
    )
    return found


def _with_direction(metric: str) -> str:
    """A metric's name, and where it is better."""
    if metric in pareto.BEST:
        return _("{name}, best at {best:g}").format(name=spoken(metric), best=pareto.BEST[metric])
    words = _("{name}, more is better") if metric in pareto.MORE_IS_BETTER else _("{name}, less is better")
    return words.format(name=spoken(metric))


def _badge(rows: Sequence[Row]) -> str:
    """What the metrics were measured on, and where."""
    unit = recipes.family(rows[0].recipe.method).UNIT if rows else ""
    words = _("test images, {unit}").format(unit=_(unit)) if unit else _("test images")
    how = _("recorded") if all(row.shipped for row in rows) else _("measured here")
    return f" :gray-badge[{words}] :gray-badge[{how}]"
