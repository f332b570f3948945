"""Runs by a line of words: `vae beta>=2 recon<90 tag:lecture state:done "two words" sort:-elbo`.

A word, or several in quotes, is to be found in a run's id, family, data set, state, tags or note; NAME:VALUE and the
comparisons hold a field, knob or metric against a value; a minus before either asks for the others; `sort:NAME` orders.
"""

import difflib
import math
import operator
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple, get_args

from repz_core import recipes
from repz_core.config import RepzError, leaf_paths, short
from repz_core.listing import Row
from repz_core.locale import _
from repz_core.status import Condition

EXAMPLE = 'vae beta>=2 recon<90 tag:lecture state:done "two words" sort:-elbo'
LONGEST, MOST_TERMS = 500, 40
TERM = re.compile(r'\s*(-?)(?:([A-Za-z][\w.]*)(<=|>=|!=|=|:|<|>))?(?:"([^"]*)"|([^\s"<>=:][^\s"]*))(?=\s|$)')
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
YES, NO = ("yes", "true", "1"), ("no", "false", "0")

# What a run has besides knobs and metrics: how to get it from a row.
FIELDS: dict[str, Callable[[Row], Sequence[Any]]] = {
    "id": lambda row: [row.id],
    "method": lambda row: [row.recipe.method],
    "data": lambda row: [row.entry.dataset],
    "state": lambda row: [row.status.state],
    "tag": lambda row: row.label.tags,
    "note": lambda row: [row.label.note],
    "pinned": lambda row: [row.pinned],
    "shipped": lambda row: [row.shipped],
    "step": lambda row: [row.status.step],
    "seconds": lambda row: [row.status.seconds],
    "days": lambda row: [] if row.days is None else [row.days],
}
ONE_OF: dict[str, Callable[[], Sequence[str]]] = {
    "state": lambda: get_args(Condition), "method": recipes.names, "pinned": lambda: YES + NO,
    "shipped": lambda: YES + NO,
}  # fmt: skip


class Term(NamedTuple):
    """One condition; without a name, words to be found anywhere."""

    name: str
    sign: str
    value: str
    negated: bool


def parse(text: str) -> list[Term]:
    """The conditions of a query. Raises RepzError where it cannot be read."""
    if len(text) > LONGEST:
        raise RepzError(_("A query has at most {most} letters; got {given}.").format(most=LONGEST, given=len(text)))
    terms, place, text = [], 0, text.rstrip()
    while place < len(text):
        found = TERM.match(text, place)
        if not found or (not found[2] and found[5] and set(found[5]) & set("<>=:")):
            raise RepzError(
                _("The query cannot be read from {rest} on; one looks like {example}.").format(
                    rest=short(text[place:].strip()), example=EXAMPLE
                )
            )
        terms.append(Term(found[2] or "", found[3] or "", found[4] if found[5] is None else found[5], found[1] == "-"))
        place = found.end()
    if len(terms) > MOST_TERMS:
        raise RepzError(_("A query has at most {most} terms; got {given}.").format(most=MOST_TERMS, given=len(terms)))
    return terms


def select(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows that a query asks for, in the order that it asks for. Raises RepzError where it makes no sense."""
    terms = parse(text)
    orders = [term for term in terms if term.name == "sort"]
    conditions = [term for term in terms if term.name != "sort"]
    for term in conditions:
        _check(term, rows)
    found = [row for row in rows if all(holds(term, row) != term.negated for term in conditions)]
    for term in reversed(orders):
        name = term.value.removeprefix("-")
        _check_name(name, rows)
        found = _sorted(found, name, down=term.value.startswith("-"))
    return found


def names(text: str) -> list[str]:
    """What a query names, in its order; nothing where it cannot be read."""
    with suppress(RepzError):
        return [term.value.removeprefix("-") if term.name == "sort" else term.name for term in parse(text) if term.name]
    return []


def values(row: Row, name: str) -> Sequence[Any]:
    """What a name stands for in a row; nothing where the run has no such thing."""
    return FIELDS[name](row) if name in FIELDS else row.entry.named.get(name, [])


def holds(term: Term, row: Row) -> bool:
    """Whether a condition, its minus aside, holds for a row. A run that lacks the name never fulfils it."""
    if not term.name:
        return _found(term.value, row)
    have = values(row, term.name)
    if term.sign == "!=":
        return bool(have) and not any(_equal(term, value) for value in have)
    if term.sign in COMPARE:
        number = float(term.value)
        return any(COMPARE[term.sign](value, number) for value in have if isinstance(value, int | float))
    return any(_equal(term, value) for value in have)


def _found(words: str, row: Row) -> bool:
    texts = (row.id, row.recipe.method, row.recipe.dataset, row.status.state, *row.label.tags, row.label.note)
    return any(words.casefold() in text.casefold() for text in texts)


def _equal(term: Term, value: Any) -> bool:
    asked = term.value.casefold()
    if isinstance(value, bool):
        return asked in (YES if value else NO)
    if isinstance(value, int | float):
        number = _number(asked)
        return number is not None and math.isclose(value, number, rel_tol=1e-6)
    if term.name in ("id", "note"):
        return asked in str(value).casefold()
    return asked == str(value).casefold()


def _check(term: Term, rows: Sequence[Row]) -> None:
    """Raises RepzError for a name that nothing has, and a value that its name cannot have."""
    if not term.name:
        return
    _check_name(term.name, rows)
    if term.sign in COMPARE and _number(term.value) is None:
        raise RepzError(
            _("{name}{sign} wants a number after it, as in beta>=2; got {given}.").format(
                name=term.name, sign=term.sign, given=short(term.value)
            )
        )
    allowed = ONE_OF[term.name]() if term.name in ONE_OF else ()
    if allowed and term.value.casefold() not in allowed:
        raise RepzError(
            _("{name} is one of {allowed}; got {given}.").format(
                name=term.name, allowed=", ".join(allowed), given=short(term.value)
            )
        )


def _check_name(name: str, rows: Sequence[Row]) -> None:
    """Raises RepzError for a name that neither a family nor any of the rows has."""
    if name in _names() or any(name in row.entry.named for row in rows):
        return
    alike = difflib.get_close_matches(name, sorted(_names()), n=3, cutoff=0.5) or list(FIELDS)
    raise RepzError(
        _("No run has {given}: a query names a field, knob or metric, such as {alike}.").format(
            given=short(name), alike=", ".join(alike)
        )
    )


@cache
def _names() -> frozenset[str]:
    """The fields, and the knobs and metrics of all families."""
    known = {*FIELDS}
    for method in recipes.names():
        family = recipes.family(method)
        paths = leaf_paths(family.Recipe)
        known |= {*paths, *(path.rpartition(".")[2] for path in paths), *family.METRICS}
    return frozenset(known)


def _sorted(rows: list[Row], name: str, down: bool) -> list[Row]:
    """By the first value of that name; numbers before words, and runs without it last."""
    having = [(row, values(row, name)[0]) for row in rows if values(row, name)]
    having.sort(key=lambda pair: _key(pair[1]), reverse=down)
    return [row for row, _value in having] + [row for row in rows if not values(row, name)]


def _key(value: Any) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
