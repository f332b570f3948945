"""What the compare page shows of a comparison, a section each: panels that answer one question."""

import csv
import io
from typing import Any

import streamlit as st

from pages.parts import panels
from pages.parts.assets import browser_part
from repz_core.comparison import COLUMNS, REASONS, Cell, Comparison, Row
from repz_core.comparison import title_of as name_of
from repz_core.datasets import catalogue
from repz_core.figures import palette
from repz_core.locale import _
from repz_core.runs import RunStore

DIGITS = {"recon": 2, "nll": 1, "l0": 1, "seconds": 1, "weights": 0}  # behind the point; of shares 3
_standings = browser_part("standings")
_strips = browser_part("strips")
_maps = browser_part("maps")


def title_of(comparison: Comparison) -> str:
    """A comparison in a few words."""
    ask = comparison.table.ask
    words = _("{dataset} · {size} numbers · {seeds} seeds")
    title = words.format(dataset=_(catalogue.card(ask.dataset).title), size=ask.size, seeds=ask.seeds)
    return title + _(" · {steps} steps each").format(steps=ask.steps) if ask.steps else title


def table(comparison: Comparison) -> None:
    """All numbers, each with its interval over seeds."""
    found = comparison.table
    whys = {cell.why for row in found.rows for cell in row.cells.values() if cell.why}
    notes = [why for why in REASONS if why in whys]
    columns = [
        {
            "name": name,
            "title": _(column.title),
            "unit": _(column.unit),
            "meaning": _(column.meaning),
            "more": column.more,
        }
        for name, column in COLUMNS.items()
    ]
    rows = [
        {
            "name": row.name,
            "title": name_of(row.name),
            "note": max(
                (notes.index(cell.why) + 1 for cell in row.cells.values() if cell.values and cell.why), default=0
            ),
            "cells": {name: _cell(name, row.cells[name], notes) for name in COLUMNS},
        }
        for row in found.rows
    ]
    text = {"family": _("{size} numbers in the code").format(size=found.ask.size)}
    data = {"columns": columns, "rows": rows, "notes": [_(REASONS[why]) for why in notes], "text": text}
    hint = _(
        "{test:,} test images, probes on {train:,} training images. ±: 95 % t-interval of the mean over {seeds} seeds. "
        "Pixels are their own code, of {pixels} numbers. Press a column's head to sort."
    )
    card = catalogue.card(found.ask.dataset)
    pixels = card.shape[0] * card.shape[1] * card.shape[2]
    hint = hint.format(test=found.test, train=found.train, seeds=found.ask.seeds, pixels=pixels)
    with _panel(comparison, _("Which code keeps what?"), hint):
        _standings(key=f"standings-{comparison.id}", data=data)
    st.caption(_source(comparison))
    st.download_button(_("Numbers (CSV)"), _csv(found.rows), f"{comparison.id}.csv", "text/csv")


def copies(comparison: Comparison) -> None:
    """The same test images, as each family gives them back."""
    found = comparison.table
    first = [{"name": _("Test images"), "number": "", "array": "inputs", "why": ""}]
    rows = [
        {
            "name": name_of(row.name),
            "number": _number("recon", row.cells["recon"]),
            "array": f"reconstructions_{row.name}",
            "why": _reason(row.cells["recon"]),
        }
        for row in found.rows
        if row.name != "pixels"
    ]
    hint = _(
        "Coded in {size} numbers each, and decoded. The number is the squared error of a test image. The VAE sees "
        "thresholded images, and is held against the grey ones as all others are."
    )
    data = {"rows": first + rows, "columns": 16}
    _strip(comparison, "copies", _("What is left of the same images?"), hint.format(size=found.ask.size), data)


def walks(comparison: Comparison) -> None:
    """The way from one image to another through every code."""
    rows = [
        {"name": name_of(row.name), "number": "", "array": f"walk_{row.name}", "why": _reason(row.cells["recon"])}
        for row in comparison.table.rows
    ]
    hint = _(
        "Codes on the straight line between those of the same two test images, decoded. A GAN codes no images: it goes "
        "from one draw of its prior to another, along the great circle."
    )
    data = {"rows": rows, "columns": 10}
    _strip(comparison, "walks", _("What lies between two images?"), hint, data)


def maps(comparison: Comparison) -> None:
    """The same test images on the map of every code, with one choice of points for all."""
    card = catalogue.card(comparison.table.ask.dataset)
    coded = [row.name for row in comparison.table.rows if row.cells["l0"].mean is not None]
    title = _("Who are neighbours in which code?")
    text = {
        "alt": title, "waiting": _("waiting for the pictures"), "choose": _("choose"), "clear": _("none"),
        "chosen": _("{count} of {total} test images chosen"), "images": _("the first of the chosen images"),
        "hint": _("Draw a line around points in one map, or choose a class."),
        "keys": _("Arrow keys move a ring that chooses what is in it."),
    }  # fmt: skip
    data = {
        "maps": [{"name": name_of(name), "array": f"map_{name}"} for name in coded], "text": text,
        "names": [_(name) for name in card.class_names], "colors": list(palette.CLASSES),
    }  # fmt: skip
    hint = _(
        "UMAP of the same test images, each map turned to lie upon that of the pixels. What is chosen in one stands "
        "out in all: do its neighbours stay together?"
    )
    with _panel(comparison, title, hint):
        _maps(key=f"maps-{comparison.id}", data=data | _told(comparison))


def _strip(comparison: Comparison, key: str, title: str, hint: str, data: dict[str, Any]) -> None:
    text = {"alt": title, "waiting": _("waiting for the pictures")}
    with _panel(comparison, title, hint):
        _strips(key=f"{key}-{comparison.id}", data=data | {"text": text} | _told(comparison))


def _told(comparison: Comparison) -> dict[str, Any]:
    """Where a part finds the arrays; what was computed anew has another address."""
    stamp = comparison.path.stat().st_mtime_ns
    return {"comparison": comparison.id, "url": f"/repz/comparisons/{comparison.id}?{stamp}"}


def _panel(comparison: Comparison, title: str, hint: str) -> Any:
    return panels.framed(title, hint, [panels.provenance(_shipped(comparison))])


def _shipped(comparison: Comparison) -> bool:
    return comparison.path.is_relative_to(RunStore().shipped)


def _source(comparison: Comparison) -> str:
    """What was measured, and what measures it again: runs of a shipped comparison need not have come with it."""
    count = sum(len(row.runs) for row in comparison.table.rows)
    words = _("Computed from {count} runs, named by their recipes' digests in the CSV file; again with `{command}`.")
    return words.format(count=count, command=comparison.table.ask.command)


def _cell(name: str, cell: Cell, notes: list[str]) -> dict[str, Any]:
    """A cell as the table shows it."""
    if cell.mean is None:
        return {"value": None, "note": notes.index(cell.why) + 1 if cell.why else 0, "title": _reason(cell)}
    half = "" if cell.half is None or name == "weights" else _digits(name, cell.half)
    seeds = ", ".join(_digits(name, value) for value in cell.values)
    return {"value": cell.mean, "shown": _digits(name, cell.mean), "half": half, "note": 0, "title": seeds}


def _number(name: str, cell: Cell) -> str:
    if cell.mean is None:
        return ""
    return _digits(name, cell.mean) + (f" ± {_digits(name, cell.half)}" if cell.half is not None else "")


def _digits(name: str, value: float) -> str:
    """A number, or how far its interval reaches, with the digits that suit its column."""
    return f"{value:,.{DIGITS.get(name, 3)}f}"


def _reason(cell: Cell) -> str:
    return _(REASONS[cell.why]) if cell.why in REASONS else ""


def _csv(rows: tuple[Row, ...]) -> str:
    """A line a number: what it was measured on, its mean, its interval, and each seed's."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["family", "number", "mean", "half interval", "values", "reason", "runs"])
    for row in rows:
        for name, cell in row.cells.items():
            values = " ".join(f"{value:g}" for value in cell.values)
            lines.writerow([row.name, name, cell.mean, cell.half, values, cell.why, " ".join(row.runs)])
    return text.getvalue()
