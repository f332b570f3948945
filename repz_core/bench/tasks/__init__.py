"""The measurements, found by looking: one file each, its name the task's, with `run(settings) -> Result`."""

import pkgutil
from collections.abc import Callable
from importlib import import_module

from repz_core.bench.measure import Result, Settings


def names() -> list[str]:
    """All tasks, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Callable[[Settings], Result]:
    """The function that measures the task `name`."""
    run: Callable[[Settings], Result] = import_module(f"{__name__}.{name}").run
    return run
