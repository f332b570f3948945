"""What can be asked of each family: its recipe, presets and title. Imports no torch, so that pages can.

A family is two files of one name, found by looking: recipes/NAME.py with `Recipe`, `TITLE`, `PRESETS` and
`defaults(dataset)`, and methods/NAME.py with `METHOD`.
"""

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from repz_core.config import Recipe, RepzError, short
from repz_core.datasets import catalogue
from repz_core.locale import _


@cache
def names() -> tuple[str, ...]:
    """All families, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def family(method: str) -> ModuleType:
    """The recipe module of a family. Raises RepzError for a name that is none."""
    if method not in names():
        raise RepzError(
            _("There is no method {given}; there are {known}.").format(given=short(method), known=", ".join(names()))
        )
    return import_module(f"{__name__}.{method}")


def parse(values: dict[str, Any]) -> Recipe:
    """The validated recipe of `values` (as in recipe.json). Raises RepzError naming the first fault."""
    if not isinstance(values, dict) or not isinstance(values.get("method"), str):
        raise RepzError(_("A recipe must be a JSON object with a 'method'; got {given}.").format(given=short(values)))
    recipe: Recipe = family(values["method"]).Recipe.parse(values)
    return recipe.replace(dataset=catalogue.identity(recipe.dataset))


def default(method: str, dataset: str) -> Recipe:
    """The recipe that command line and page start from, for `method` on `dataset` (a name, or name@version)."""
    module = family(method)
    identity = catalogue.identity(dataset)
    recipe: Recipe = module.Recipe(dataset=identity)
    return recipe.replace(**module.defaults(dataset))


def preset(method: str, name: str) -> Recipe:
    """A named starting point of a family's page. Raises RepzError for an unknown name."""
    presets = family(method).PRESETS
    if name not in presets:
        raise RepzError(
            _("{method} has no preset '{given}'; there are {known}.").format(
                method=method, given=name, known=", ".join(presets)
            )
        )
    dataset, changes = presets[name]
    return default(method, dataset).replace(**changes)
