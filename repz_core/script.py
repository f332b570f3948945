"""A run as the Python script that trains it again, to the last digit."""

from typing import Any

from repz_core import recipes
from repz_core.config import Recipe, leaf_paths, value
from repz_core.locale import _

_SCRIPT = '''"""{about}"""

import json

from repz_core import recipes
from repz_core.engine import train
from repz_core.events import Step

{recipe}
assert recipe.digest() == "{digest}"  # {identity}

for event in train(recipe):
    if isinstance(event, Step):
        print(json.dumps({{"step": event.step, **event.values}}), flush=True)
'''


def script(recipe: Recipe) -> str:
    """Python that trains the run of `recipe` and prints its rows as JSON. Of a fork, its ancestors' are built first."""
    first, *forks = _lineage(recipe)
    name = first.dataset.partition("@")[0]
    lines = [f"recipe = recipes.default({first.method!r}, {name!r})"]
    if changes := _changes(recipes.default(first.method, first.dataset), first):
        lines.append(f"recipe = recipe.replace({changes})")
    for parent, fork in zip([first, *forks], forks, strict=False):
        assert fork.parent
        words = [str(fork.parent.step), _changes(parent, fork)]
        lines.append(f"recipe = recipes.fork(recipe, {', '.join(filter(None, words))})")
    about = _("Trains run {id} of the repz lab again: start it in the lab's folder, with its Python.")
    return _SCRIPT.format(
        about=about.format(id=f"{recipe.method}-{recipe.digest()}"),
        identity=_("on the same machine the same numbers, to the last digit"),
        recipe="\n".join(lines),
        digest=recipe.digest(),
    )


def _lineage(recipe: Recipe) -> list[Recipe]:
    """The recipe's ancestors, the oldest first, and it."""
    found = [recipe]
    while found[0].parent:
        found.insert(0, recipes.origin(found[0])[0])
    return found


def _changes(before: Recipe, after: Recipe) -> str:
    """The settings in which the one differs from the other, as arguments; "" where it does in none."""
    changes: dict[str, Any] = {
        path: value(after, path)
        for path in leaf_paths(type(after))
        if path != "parent" and value(after, path) != value(before, path)
    }
    lines = [f"    {path!r}: {given!r},\n" for path, given in changes.items()]
    return f"**{{\n{''.join(lines)}}}" if lines else ""
