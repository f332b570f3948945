"""The runs page: all runs as a table that is searched, sorted and kept in order; sweeps over their knobs."""

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages import access
from pages.chosen_runs import DELETED, chosen_runs
from pages.parts.sections import chosen
from pages.parts.view import plain
from pages.sweeps import sweeps
from repz_core import listing, query, recipes, trash
from repz_core.config import RepzError
from repz_core.listing import Row
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.runs import RunStore

MOST_KNOBS, MOST_METRICS = 5, 4  # columns of them, beside which the rest is still to be read
HEIGHT = 470  # pixels of the table


def page() -> None:
    """The page's script."""
    section = chosen({"list": _("All runs"), "sweeps": _("Sweeps")})
    with st.container(key="many"):
        _SECTIONS[section]()


def runs_list() -> None:
    """Which runs are there? A search, their table, and what is to be done with those that are chosen."""
    store = RunStore()
    text = _search(store)
    rows = listing.rows(store)
    try:
        found = query.select(rows, text)
    except RepzError as error:
        st.warning(plain(str(error)), icon=":material/search_off:")
        found = rows
    _undo()
    table, side = st.columns([2.6, 1], gap="small")
    with table, st.container(border=True):
        st.subheader(_("Which runs are there?"), anchor=False)
        picked = _table(found, query.names(text))
        words = _("{count:,} of {total:,} runs. Choose some at their left; a click on a column's head sorts.")
        st.caption(words.format(count=len(found), total=len(rows)))
    with side, st.container(border=True):
        chosen_runs([found[place] for place in picked])


def _search(store: RunStore) -> str:
    """The line above: the query, what it can say, what was deleted, and runs from elsewhere."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("search"), key="q", bind="query-params", max_chars=query.LONGEST, placeholder=query.EXAMPLE,
            icon=":material/search:", label_visibility="collapsed",
        )  # fmt: skip
        with st.popover(_("How to ask"), icon=":material/help:", width="content"):
            st.markdown(_how_to_ask())
        if access.presenting():
            with st.popover(_("Import"), icon=":material/upload:", width="content"):
                _import()
            gone = trash.discarded(store.root)
            with st.popover(_("Deleted"), icon=":material/delete:", width="content", disabled=not gone):
                _trash(gone)
        st.button(_("Look again"), icon=":material/refresh:", help=_("Where the runs stand by now"))
    return text or ""


def _how_to_ask() -> str:
    words = [
        _("Words are looked for in id, method, data set, state, tags and note; several in quotes stay together."),
        _("A field, knob or metric is held against a value: `beta>=2`, `net:conv`, `recon<90`, `state:done`."),
        _("`tag:lecture`, `pinned:yes`, `days<1`, `seconds>60` are fields; a minus before a term asks for the others."),
        _("`sort:elbo` puts the smallest first, `sort:-elbo` the largest. All that is said has to hold."),
    ]  # fmt: skip
    return "\n".join(f"- {line}" for line in words) + f"\n\n`{query.EXAMPLE}`"


def _table(found: Sequence[Row], wanted: Sequence[str]) -> list[int]:
    """The table; places of the chosen rows. Another list of runs is another table, in which none is chosen yet."""
    ids = hashlib.sha256(" ".join(row.id for row in found).encode()).hexdigest()[:12]
    columns, looks = _columns(found, wanted)
    event = st.dataframe(
        pd.DataFrame(columns), hide_index=True, height=HEIGHT, key=f"runs-{ids}", on_select="rerun",
        selection_mode="multi-row", column_config=looks, placeholder="–",
        alt=_("Runs, a line each"),
    )  # fmt: skip
    return [place for place in event.selection.rows if place < len(found)]


def _columns(found: Sequence[Row], wanted: Sequence[str]) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The table's columns by their heads, and how each looks; `wanted` knobs and metrics come before others."""
    looks: dict[str, Any] = {}
    table: dict[str, list[Any]] = {
        _("method"): [row.recipe.method for row in found],
        _("run"): [_name(row) for row in found],
        _("tags"): [list(row.label.tags) for row in found],
        _("data"): [row.entry.dataset for row in found],
        _("state"): [_("recorded") if row.shipped else spoken(row.status.state) for row in found],
    }
    knobs = listing.differing(row.entry for row in found)
    for path in sorted(knobs, key=lambda path: not {path, path.rpartition(".")[2]} & {*wanted})[:MOST_KNOBS]:
        table[_head(spoken(path.rpartition(".")[2]), table)] = [row.entry.knobs[path] for row in found]
    for name in sorted(_metrics(found), key=lambda name: name not in wanted)[:MOST_METRICS]:
        head = _head(spoken(name), table)
        table[head] = [row.entry.numbers.get(name) for row in found]
        looks[head] = st.column_config.NumberColumn(format="%.4g")
    table[seconds := _("seconds")] = [row.status.seconds for row in found]
    table[age := _("age, days")] = [row.days for row in found]
    looks |= {name: st.column_config.NumberColumn(format="%.1f", width="small") for name in (seconds, age)}
    table[_("id")] = [row.id for row in found]
    looks |= {_("run"): st.column_config.TextColumn(width=190), _("tags"): st.column_config.ListColumn(width="small")}
    return table, looks


def _head(words: str, taken: dict[str, Any]) -> str:
    """A head of its own: a knob and a metric may share their name."""
    return words if words not in taken else _head(words + " ", taken)


def _name(row: Row) -> str:
    """A run in a few words; a pinned one has a star."""
    words = recipes.family(row.recipe.method).describe(row.recipe)
    fork = _(" · fork at {step:,}").format(step=row.recipe.parent.step) if row.recipe.parent else ""
    return "★ " * row.pinned + words + fork


def _metrics(found: Sequence[Row]) -> list[str]:
    """The metrics that families are judged by, those first that most of the runs have."""
    counts: dict[str, int] = {}
    for row in found:
        for name in recipes.family(row.recipe.method).METRICS:
            counts[name] = counts.get(name, 0) + (name in row.entry.numbers)
    return sorted((name for name in counts if counts[name]), key=lambda name: -counts[name])


def _undo() -> None:
    """What was deleted last, and the way back."""
    if not (ids := st.session_state.get(DELETED)):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo"):
        st.markdown(":material/delete: " + _("Deleted: {ids}").format(ids=", ".join(ids)))
        if st.button(_("Undo"), icon=":material/undo:", key="undo-button"):
            _restore(ids)


def _trash(gone: Sequence[str]) -> None:
    st.caption(
        _("The last {count} that were deleted can be restored, as long as there is room for them.").format(
            count=trash.KEPT
        )
    )
    back = st.multiselect(_("Runs"), gone, key="runs-back", label_visibility="collapsed", placeholder=_("runs"))
    if st.button(_("Restore"), icon=":material/undo:", disabled=not back):
        _restore(back)


def _restore(ids: Sequence[str]) -> None:
    try:
        access.restore(ids)
    except RepzError as error:
        st.error(str(error))
        return
    st.session_state.pop(DELETED, None)
    st.rerun()


def _import() -> None:
    """Runs that another lab exported: one, or several in a file."""
    given = st.file_uploader(_("A file of exported runs (zip)"), type="zip", key=f"import-{_uploads()}")
    if given is None:
        return
    try:
        runs = access.import_(given.getvalue())
    except RepzError as error:
        st.error(str(error))
        return
    st.session_state["imports"] = _uploads() + 1  # an empty uploader, which imports nothing twice
    st.toast(_("Imported: {ids}").format(ids=", ".join(run.id for run in runs)), icon=":material/check:")
    st.rerun()


def _uploads() -> int:
    return int(st.session_state.get("imports", 0))


_SECTIONS = {"list": runs_list, "sweeps": sweeps}
