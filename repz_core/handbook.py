"""What each family is, minimises and can be told, as Markdown made of the code: docs/methods.md is this, word by word.

Words are those of the modules' docstrings, formulas `MINIMISED`, knobs the fields of the recipe.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from repz_core import recipes
from repz_core.config import Recipe as AnyRecipe
from repz_core.config import allowed, field_at, hint, leaf_paths

METHODS = Path(__file__).with_name("methods")
BAR = r"\|"  # within a cell of a table
COMMAND = "python -m repz_core methods --markdown"
OPENING = f"""# Methods

Made by `{COMMAND} > docs/methods.md` from the code, to which a test holds it.

Every family has the settings of the first table beside its own. A setting is given by its dotted name:
`python -m repz_core train vae --dataset mnist5k --set model.k=2`, or `recipe.replace(**{{"model.k": 2}})`. Defaults are
those of the fields; data sets have better ones for some, which `default(method, dataset)` gives. ⑂: a fork cannot
change it."""


def handbook() -> str:
    """The whole page."""
    common = [path for path in leaf_paths(AnyRecipe) if path in ("seed", "threads", "version")]
    parts = [OPENING, _table(AnyRecipe, common), *(_chapter(name) for name in recipes.names())]
    return "\n\n".join(parts) + "\n"


def _chapter(name: str) -> str:
    module = recipes.family(name)
    source = ast.parse((METHODS / f"{name}.py").read_text(encoding="utf-8"))  # to import it would import torch
    judged = ", ".join(f"`{metric}`" for metric in module.METRICS)
    own = [path for path in leaf_paths(module.Recipe) if path.partition(".")[0] in ("model", "data", "training")]
    return "\n\n".join(
        [
            f"## {module.TITLE} (`{name}`)",
            _paragraph(ast.get_docstring(source)),
            f"```\n{_shapes(source)}\n```",
            "Training minimises, as means over the batch:",
            *_formulas(module),
            f"Trained on {', '.join(module.KINDS)}; judged by {judged}{f' ({module.UNIT})' * bool(module.UNIT)}.",
            _table(module.Recipe, own),
            f"Presets: {'; '.join(f'{preset} ({on})' for preset, (on, _changes) in module.PRESETS.items())}.",
        ]
    )


def _paragraph(docstring: str | None) -> str:
    assert docstring is not None
    return docstring.strip()


def _shapes(source: ast.Module) -> str:
    """The first line of the docstring of the method's class: what becomes of x."""
    [method] = [
        node
        for node in source.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Method" for base in node.bases)
    ]
    return _paragraph(ast.get_docstring(method)).splitlines()[0].removesuffix(".")


def _formulas(module: ModuleType) -> Iterator[str]:
    for when, formula in module.MINIMISED.items():
        yield f"{when}:"
        yield f"```math\n{formula}\n```"


def _table(cls: type[AnyRecipe], paths: list[str]) -> str:
    rows = ["| setting | default | allowed | what it is |", "|---|---|---|---|"]
    return "\n".join(rows + [_row(cls, path) for path in paths])


def _row(cls: type[AnyRecipe], path: str) -> str:
    field = field_at(cls, path)
    words = [field.description or ""]
    words += [f"({kind} alone)" for kind in [hint(cls, path, "for")] if kind]
    words += ["⑂"] * bool(hint(cls, path, "shape"))
    return f"| `{path}` | {_plain(field.default)} | {allowed(field)} | {' '.join(words).replace('|', BAR)} |"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
