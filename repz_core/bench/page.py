"""docs/benchmarks.md, made of what the bench printed: `python -m repz_core.bench.page < docs/bench.jsonl`.

Several files may follow each other, as of `make bench` and `make bench-full`: each makes a chapter with its machine and
its command. Nothing is rounded or left out that a line has; what a task measures is its docstring. What falls short of
what was asked comes first.
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

TASKS = Path(__file__).with_name("tasks")
OPENING = """# Benchmarks

Made by `python -m repz_core.bench.page < docs/bench.jsonl > docs/benchmarks.md` of what the commands below printed.
`ours` and `peer` are medians of interleaved runs; a ratio above 1 means that ours is better; `asked` is the least
ratio, or the most that ours may be, and is empty where a line only informs."""
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
    missed = [line for row in tasks for line in short(row)] or ["nothing"]
    parts = [f"## `{head['command']}`", "; ".join(machine) + ".", f"Short of what was asked: {'; '.join(missed)}."]
    parts.append(_table([_summary(row) for row in tasks], COLUMNS))
    return "\n\n".join([*parts, *(_section(row) for row in tasks)])


def short(row: Row) -> list[str]:
    """What of a line, and of its table, misses what was asked: a ratio, a limit, a least rate."""
    if "error" in row:
        return [f"{row['task']} failed"]
    return [found for line in [row, *(row["table"] or [])] for found in _missed(row["task"], line)]


def _missed(task: str, line: Row) -> Iterator[str]:
    name = line.get("figure", line.get("data"))
    bounds = (("ratio", "≥", line.get("required")), ("ours", "≥", line.get("least")), ("ours", "≤", line.get("limit")))
    for field, sign, asked in bounds:
        value = line.get(field)
        if asked is not None and value is not None and (value < asked if sign == "≥" else value > asked):
            yield f"{task}{f' {name}' if name else ''} {value:g}, asked {sign} {asked:g}"


def _summary(row: Row) -> Row:
    if "error" in row:
        return {"task": row["task"], "ours": row["error"], "took, s": row["took"]}
    asked = f"≥ {row['required']:g}" if row["required"] else ""
    if row["limit"] is not None:
        asked = f"≤ {row['limit']:g} {row['unit']}"
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
    """A number with all its digits, a group as its parts; nothing where there is none."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, float):
        return f"{value:,.12g}"
    return "" if value is None else str(value).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(page(sys.stdin))
