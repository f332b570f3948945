"""Which run is in view: the URL says, and it is the whole of that state."""

import streamlit as st

from repz_core import recipes
from repz_core.config import Recipe, RepzError
from repz_core.locale import _
from repz_core.run import ENDED, Run
from repz_core.runs import RunStore


def run_in_view(method: str) -> Run:
    """The run of the URL, else one of `method` that is going, else the family's first preset, recorded or trained now.

    A run that cannot be shown gets one sentence on the page, and the fall-back is shown: nothing is lost.
    """
    store = RunStore()
    if asked := st.query_params.get("run"):
        try:
            run = store.open(asked)
            if run.recipe.method == method:
                return run
            raise RepzError(
                _("Run {id} is one of {other}, not of {method}.").format(
                    id=asked, other=run.recipe.method, method=method
                )
            )
        except RepzError as error:
            st.warning(str(error), icon=":material/info:")
    runs = [run for run in store.list() if run.recipe.method == method]
    going = [run for run in runs if run.status.state not in ENDED]
    preset = recipes.preset(method, next(iter(recipes.family(method).PRESETS)))
    shipped = store.find(preset)
    found = going[:1] or ([shipped] if shipped else runs[:1])
    run = found[0] if found else store.submit(preset)
    show(run)
    return run


def show(run: Run) -> None:
    """Put `run` in view."""
    st.query_params["run"] = run.id


def recorded(run: Run) -> bool:
    """Whether the run came with the lab."""
    return run.folder.parent == RunStore().shipped


def seconds_for(recipe: Recipe) -> float | None:
    """Seconds `recipe` would take, by the measured rate of the latest run alike; None if there was none."""
    rate = _rates().get((recipe.method, recipe.dataset))
    return recipe.training.steps * recipe.training.batch_size / rate if rate else None


@st.cache_data(ttl=20, show_spinner=False)
def _rates() -> dict[tuple[str, str], float]:
    """Examples a second of the newest run of each method and data set; of a shipped one where none was trained here."""
    rates: dict[tuple[str, str], float] = {}
    for run in RunStore().list():
        if rate := run.status.examples_per_second:
            rates.setdefault((run.recipe.method, run.recipe.dataset), rate)
    return rates
