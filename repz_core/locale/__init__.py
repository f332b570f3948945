"""Translation of every string a person reads; a leaf, so that core, pages and command line share it.

`_` translates now, into the language of the running page script or command; `N_` only marks a string for
extraction (field descriptions, class attributes) and leaves the translation to whoever shows it.
"""

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("repz", Path(__file__).parent, [language], fallback=True)


def use_language(language: str) -> None:
    """Translate for the calling thread or task into `language` (a code such as "en" or "zh_CN") from now on."""
    _language.set(language)


def language() -> str:
    """The language in use."""
    return _language.get()


def _(message: str) -> str:
    """`message` in the language in use; English where the catalogue has no translation."""
    return _catalogue(_language.get()).gettext(message)


def N_(message: str) -> str:
    """Mark `message` for translation and return it unchanged."""
    return message
