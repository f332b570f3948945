"""docs/benchmarks.md, made of what the bench printed: `python -m repz_core.bench.page < bench.jsonl`.

Several files may follow each other, as of `make bench` and `make bench-full`: each makes a chapter with its machine and
its command. Nothing is rounded or left out that a line has; what a task measures is its docstring.
"""

import ast
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

TASKS = Path(__file__).with_name("tasks")
OPENING = """# Benchmarks

Made by `python -m repz_core.bench.page < bench.jsonl > docs/benchmarks.md` of what the commands below printed. `ours`
and `peer` are medians of interleaved runs; a ratio above 1 means that ours is better; `asked` is the least ratio, or
the most that ours may be, and is empty where a line only informs."""
COLUMNS = (
    "task",
    "ours",
    "peer",
    "unit",
    "ratio",
    "asked",
    "runs",
    "quality",
    "the peer's quality",
    "against",
    "took, s",
)

Row = dict[str, Any]


def page(lines: Iterable[str]) -> str:
    """The Markdown of the bench's lines."""
    rows = [json.loads(line) for line in lines if line.strip()]
    starts = [i for i, row in enumerate(rows) if "machine" in row] + [len(rows)]
    chapters = [_chapter(rows[first:end]) for first, end in pairwise(starts)]
    return "\n\n".join([OPENING, *chapters]) + "\n"


def _chapter(rows: Sequence[Row]) -> str:
    head, tasks = rows[0], [row for row in rows if "task" in row]
    machine = [f"{name}: {_cell(value) or 'none'}" for name, value in head["machine"].items()]
    parts = [f"## `{head['command']}`", "; ".join(machine) + ".", _table([_summary(row) for row in tasks], COLUMNS)]
    return "\n\n".join([*parts, *(_section(row) for row in tasks)])


def _summary(row: Row) -> Row:
    if "error" in row:
        return {"task": row["task"], "ours": row["error"], "took, s": row["took"]}
    asked = (
        f"≥ {row['required']:g}"
        if row["required"]
        else ""
        if row["limit"] is None
        else f"≤ {row['limit']:g} {row['unit']}"
    )
    own = {"asked": asked, "quality": row["quality_ours"], "the peer's quality": row["quality_peer"]}
    return row | own | {"against": row["peer_name"], "took, s": row["took"]}


def _section(row: Row) -> str:
    """What a task measures, and its table."""
    source = (TASKS / f"{row['task']}.py").read_text(encoding="utf-8")
    parts = [f"### {row['task']}", ast.get_docstring(ast.parse(source)) or ""]
    table: list[Row] = row.get("table") or []
    columns = list(dict.fromkeys(name for line in table for name in line))
    return "\n\n".join(parts + ([_table(table, columns)] if table else []))


def _table(rows: Iterable[Row], columns: Sequence[str]) -> str:
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    """A number as it was printed, a group as its parts; nothing where there is none."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    return "" if value is None else str(value).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(page(sys.stdin))
