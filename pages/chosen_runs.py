"""What is to be done with the runs that are chosen in the table: open, compare, note, save, delete."""

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from pages import access, lecture
from pages.parts.view import plain
from repz_core import bundle, recipes, tensorboard
from repz_core.config import RepzError
from repz_core.labels import LONGEST_NOTE, MOST_TAGS, all_of
from repz_core.listing import Row, differing
from repz_core.locale import _
from repz_core.locale.words import spoken
from repz_core.run import Run
from repz_core.runs import RunStore
from repz_core.status import ENDED

DELETED = "runs-deleted"  # in the session: what was deleted last


def chosen_runs(rows: Sequence[Row]) -> None:
    """The pane beside the table."""
    if not rows:
        st.subheader(_("What is this run?"), anchor=False)
        st.caption(_("Choose a run at the left of its line: what it was and came to, with its tags and a note."))
        return
    title = _("What is this run?") if len(rows) == 1 else _("What do these {count} runs differ in?")
    st.subheader(title.format(count=len(rows)), anchor=False)
    _links(rows)
    _facts(rows)
    if access.presenting():
        _notes(rows)
    elif words := [f"`{tag}`" for row in rows for tag in row.label.tags] + [plain(row.label.note) for row in rows]:
        st.markdown(" ".join(words))
    _save(rows)
    if access.presenting():
        _delete(rows)


def _links(rows: Sequence[Row]) -> None:
    """To the run's page; of two runs, to where they are compared."""
    if len(rows) == 1:
        [row] = rows
        address = lecture.path_of(lecture.page_of(row.recipe.method), run=row.id)
        st.markdown("**[" + _("Open on its page") + f"]({address})**")
    elif len(rows) == 2:
        address = "/compare?runs=" + ",".join(row.id for row in rows)
        st.markdown("**[" + _("Compare the two") + f"]({address})**")


def _facts(rows: Sequence[Row]) -> None:
    """Of one run, where it stands, what it came to and was; of several, the knobs in which they differ."""
    if len(rows) > 1:
        names = [path.rpartition(".")[2] for path in differing(row.entry for row in rows)]
        st.caption(
            " · ".join(map(spoken, names)) or _("In nothing that all of them have: they are of several families.")
        )
        return
    [row] = rows
    status = row.status
    words = _("{state}, {step:,} of {steps:,} steps in {seconds:,.1f} s").format(
        state=spoken(status.state), step=status.step, steps=row.recipe.training.steps, seconds=status.seconds
    )
    st.markdown(f":small[`{row.id}` · {words}]" + f" :small[{plain(status.message)}]" * bool(status.message))
    shown = [name for name in recipes.family(row.recipe.method).METRICS if name in status.metrics]
    if shown:
        st.markdown(" · ".join(f"{spoken(name)} **{status.metrics[name]:.4g}**" for name in shown))
    with st.expander(_("all knobs")):
        st.table({path: str(setting) for path, setting in row.entry.knobs.items()})


def _notes(rows: Sequence[Row]) -> None:
    """Tags that all of them have, the note and the pin of one. A widget's key says what it stood for, so that what was
    noted elsewhere meanwhile is shown and not overwritten.
    """
    store = RunStore()
    ids = " ".join(row.id for row in rows)
    known = sorted({tag for label in all_of(store.root).values() for tag in label.tags})
    common = [tag for tag in rows[0].label.tags if all(tag in row.label.tags for row in rows)]
    options = list(dict.fromkeys([*common, *known]))
    tags = st.multiselect(
        _("tags"), options, default=common, key=f"tags-{ids}-{common}", accept_new_options=True,
        max_selections=MOST_TAGS, placeholder=_("tags: words to find it by"), label_visibility="collapsed",
    )  # fmt: skip
    if set(tags) != set(common):
        kept = {row.id: [tag for tag in row.label.tags if tag not in common] for row in rows}
        _do(lambda: access.label([row.run for row in rows], {id: [*tags, *own] for id, own in kept.items()}))
    if len(rows) > 1:
        return
    [row] = rows
    note = st.text_area(
        _("note"), row.label.note, key=f"note-{ids}-{hash(row.label.note)}", max_chars=LONGEST_NOTE, height=80,
        placeholder=_("a note"), label_visibility="collapsed",
    )  # fmt: skip
    if note != row.label.note:
        _do(lambda: access.label([row.run], {row.id: row.label.tags}, note))
    if not row.shipped:
        help = _("Shown first, and never offered where disk is short")
        pinned = st.toggle(_("pinned"), row.pinned, key=f"pin-{ids}-{row.pinned}", help=help)
        if pinned != row.pinned:
            _do(lambda: access.pin(row.run, pinned))


def _save(rows: Sequence[Row]) -> None:
    """For another lab, and for TensorBoard; made when it is asked for, of many at a time by presenters alone."""
    if len(rows) > 1 and not access.presenting():
        return
    runs = [row.run for row in rows]
    many = len(runs) > bundle.MOST_RUNS
    ended = all(row.status.state in ENDED for row in rows)
    name = rows[0].id if len(rows) == 1 else "runs"
    with st.container(horizontal=True):
        st.download_button(
            _("Export"), lambda: bundle.packed(runs), f"{name}.zip", "application/zip", icon=":material/download:",
            on_click="ignore", disabled=many or not ended,
            help=_("One file that another lab imports; of runs that have ended, {most} at the most").format(
                most=bundle.MOST_RUNS
            ),
        )  # fmt: skip
        st.download_button(
            _("TensorBoard"), lambda: event_files(runs), f"{name}-tensorboard.zip", "application/zip",
            icon=":material/monitoring:", on_click="ignore", disabled=many,
            help=_("Event files, a folder a run: unpack them and run tensorboard --logdir there"),
        )  # fmt: skip


def event_files(runs: Iterable[Run]) -> bytes:
    """The runs' event files, zipped. Raises RepzError where one cannot be read."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as files:
        for run in runs:
            files.writestr(f"{run.id}/{tensorboard.file_name(run)}", tensorboard.event_file(run))
    return buffer.getvalue()


def _delete(rows: Sequence[Row]) -> None:
    mine = [row.run for row in rows if not row.shipped]
    label = _("Delete") if len(mine) == 1 else _("Delete {count} runs").format(count=len(mine))
    if mine and st.button(label, icon=":material/delete:"):
        _do(lambda: st.session_state.update({DELETED: access.delete(mine)}))


def _do(act: Callable[[], object]) -> None:
    """Do it and show the table anew; one sentence where it cannot be."""
    try:
        act()
    except RepzError as error:
        st.error(str(error))
        return
    st.rerun()
