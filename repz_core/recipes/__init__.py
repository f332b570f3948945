"""What can be asked of each family: its recipe, presets and title. Imports no torch, so that pages can.

A family is two files of one name, found by looking: recipes/NAME.py with `Recipe`, `TITLE`, `KINDS` (of data),
`MINIMISED` (by training, {when: TeX}), `PRESETS`, `FAMILIES` (of runs), `METRICS` and their `UNIT`, `check(recipe)`,
`describe(recipe)`, `turns(recipe)`, `browser(recipe)` (what browser parts must know of the model besides its weights)
and `defaults(dataset)`, and methods/NAME.py with `METHOD`.
"""

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from repz_core.config import Recipe, RepzError, hint, leaf_paths, short, value
from repz_core.datasets import catalogue
from repz_core.locale import _

DEEPEST = 100  # groups within groups in a recipe: two for each fork of a fork


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
    if _depth(values) > DEEPEST:
        raise RepzError(
            _("A recipe holds at most {most} forks of forks; train the run anew, without its parents.").format(
                most=DEEPEST // 2
            )
        )
    module = family(values["method"])
    recipe: Recipe = module.Recipe.parse(values)
    if (identity := catalogue.identity(recipe.dataset)) != recipe.dataset:
        recipe = recipe.replace(dataset=identity)
    if catalogue.card(recipe.dataset).kind not in module.KINDS:
        raise RepzError(
            _("{method} is trained on {kinds}; got {given}, which is {kind}.").format(
                method=recipe.method,
                kinds=", ".join(module.KINDS),
                given=recipe.dataset.partition("@")[0],
                kind=catalogue.card(recipe.dataset).kind,
            )
        )
    _check_batch(recipe)
    module.check(recipe)
    if recipe.parent:
        _check_fork(recipe, *origin(recipe))
    return recipe


def _check_batch(recipe: Recipe) -> None:
    """A batch is not larger than the training part, where that is known beforehand."""
    most, given = catalogue.card(recipe.dataset).num_train, recipe.training.batch_size
    if 0 < most < given:
        raise RepzError(
            _("training.batch_size must be at most the {count} training examples of {dataset}; got {given}.").format(
                count=most, dataset=recipe.dataset, given=given
            )
        )


def largest_batch(dataset: str, wanted: int) -> int:
    """`wanted` examples a step, or where `dataset` has fewer to train on, the power of two below their number."""
    most = catalogue.card(dataset).num_train or wanted
    return wanted if wanted <= most else 1 << (most.bit_length() - 1)


def _depth(values: Any) -> int:
    """How deep the groups of `values` are nested; without recursion, which is what depth would break."""
    depth, inner = 0, [values]
    while inner and depth <= DEEPEST:
        depth += 1
        groups = (group.values() if isinstance(group, dict) else group for group in inner)
        inner = [found for group in groups for found in group if isinstance(found, dict | list)]
    return depth


def turns(recipe: Recipe) -> list[str]:
    """Whose turn is when in a step of that run: [""] where there is but one."""
    found: list[str] = family(recipe.method).turns(recipe)
    return found


def suits(method: str, dataset: str) -> bool:
    """Whether the family can be trained on data of that kind, by its defaults at least."""
    module = family(method)
    if catalogue.card(dataset).kind not in module.KINDS:
        return False
    try:
        module.check(default(method, dataset))
    except RepzError:
        return False
    return True


def family_of_runs(method: str, name: str) -> list[Recipe]:
    """The recipes that are like one of the family's presets but for a single setting, in the order of its values.

    Where another preset is trained alike, it is that one, with the frames it has.
    """
    module = family(method)
    base, path, values, frames = module.FAMILIES[name]
    like, presets = preset(method, base), [preset(method, known) for known in module.PRESETS]
    found = []
    for given in values:
        asked = parse(like.replace(**{path: given}).plain())
        fewer = asked.replace(**{"training.num_frames": frames}) if frames else asked
        found.append(next((known for known in presets if alike(known, asked)), fewer))
    return found


def alike(one: Recipe, other: Recipe, *but: str) -> bool:
    """Whether two recipes of a method train the same, `but` for these settings; how often one looks does not matter."""
    given = {path: value(other, path) for path in (*but, "training.num_frames")}
    return one.replace(**given).plain() == other.plain()


def fork(recipe: Recipe, step: int, **changes: Any) -> Recipe:
    """A run that goes on from `step` of `recipe`'s with dotted `changes`. Raises RepzError where that cannot be."""
    child = recipe.replace(**changes)
    while recipe.parent and step < recipe.parent.step:  # that far back the run is its parent's
        recipe, _step = origin(recipe)
    parent = {"recipe": recipe.plain(), "step": step}
    return parse(child.plain() | {"parent": parent})


def origin(recipe: Recipe) -> tuple[Recipe, int]:
    """The recipe of a fork's parent, and the step it left at."""
    assert recipe.parent
    return parse(recipe.parent.recipe), recipe.parent.step


def _check_fork(recipe: Recipe, parent: Recipe, step: int) -> None:
    """The child has the parent's nets and data, and something left to do."""
    begin, last = parent.parent.step if parent.parent else 0, min(parent.training.steps, recipe.training.steps - 1)
    if not begin <= step <= last:
        raise RepzError(
            _(
                "A fork begins within its parent's run and before its own end: at step {begin} to {last}; got {step}."
            ).format(begin=begin, last=last, step=step)
        )
    fixed = ["method", "dataset", *(path for path in leaf_paths(type(recipe)) if hint(recipe, path, "shape"))]
    for path in fixed:
        if value(recipe, path) != value(parent, path):
            raise RepzError(
                _("A fork goes on with the same nets and data, so {path} stays {old}; got {new}.").format(
                    path=path, old=value(parent, path), new=value(recipe, path)
                )
            )


def default(method: str, dataset: str) -> Recipe:
    """The recipe that command line and page start from, for `method` on `dataset` (a name, or name@version)."""
    module = family(method)
    identity = catalogue.identity(dataset)
    recipe: Recipe = module.Recipe(dataset=identity)
    recipe = recipe.replace(**module.defaults(dataset))
    return recipe.replace(**{"training.batch_size": largest_batch(identity, recipe.training.batch_size)})


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
    return parse(default(method, dataset).replace(**changes).plain())
