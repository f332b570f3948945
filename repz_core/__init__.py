"""repz_core: representation learning as runs you can look into. Knows no Streamlit; see docs/architecture.md.

`from repz_core import train, RunStore` serves a notebook; docs/notebook.md has an example of each name. A name is
looked up when it is first asked for, so that importing this package stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from repz_core.archive import export as export
    from repz_core.archive import import_ as import_
    from repz_core.config import Recipe as Recipe
    from repz_core.config import RepzError as RepzError
    from repz_core.datasets import load as load
    from repz_core.engine import evaluate as evaluate
    from repz_core.engine import train as train
    from repz_core.events import Snapshot as Snapshot
    from repz_core.events import State as State
    from repz_core.events import Step as Step
    from repz_core.executors.work import work as work
    from repz_core.recipes import default as default
    from repz_core.recipes import fork as fork
    from repz_core.recipes import preset as preset
    from repz_core.run import Run as Run
    from repz_core.runs import RunStore as RunStore

_ROOMS = {
    "config": ("Recipe", "RepzError"),
    "recipes": ("default", "fork", "preset"),
    "datasets": ("load",),
    "events": ("Snapshot", "State", "Step"),
    "engine": ("evaluate", "train"),
    "run": ("Run",),
    "runs": ("RunStore",),
    "executors.work": ("work",),
    "archive": ("export", "import_"),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """A public name from the room it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """For completion at a prompt."""
    return [*globals(), *__all__]
