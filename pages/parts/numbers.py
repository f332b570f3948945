"""A line of words with the run's own numbers, which follow the scrubber."""

from collections.abc import Mapping

from pages.parts.assets import browser_part
from pages.parts.view import reference
from repz_core.locale import _
from repz_core.run import Run

_numbers = browser_part("numbers")


def numbers(
    run: Run, template: str, *, key: str = "line", colors: Mapping[str, str] | None = None, digits: int = 2
) -> None:
    """`template` has expressions over a row's columns in braces: "{val_recon} + {val_kl}"."""
    text = {"waiting": _("waiting for the first validation")}
    data = {"run": reference(run), "template": template, "colors": dict(colors or {}), "digits": digits, "text": text}
    _numbers(key=f"numbers-{key}", data=data)
