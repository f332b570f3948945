"""Translation of every string a person reads; a leaf, so that core, pages and command line share it.

`_` translates now, into the language of the running page script or command; `N_` only marks a string for
extraction (field descriptions, class attributes) and leaves the translation to whoever shows it. `make messages`
brings the catalogues up to date. The command line and all that is written to disk stay English: a run's words have
readers of any language, and `retell` translates them for each.
"""

import gettext
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh_CN")

_language: ContextVar[str | None] = ContextVar("language", default=None)


def _english() -> str:
    return LANGUAGES[0]


_usual: Callable[[], str] = _english


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The translations into `language`; none of a language that has no catalogue, as English."""
    return gettext.translation("repz", Path(__file__).parent, [language], fallback=True)


def use_language(language: str) -> None:
    """Translate for the calling thread or task into `language` (a code such as "en" or "zh_CN") from now on."""
    _language.set(language)


def ask(usual: Callable[[], str]) -> None:
    """Where no language was set, ask `usual` for it: a page's callbacks and fragments run outside of its script."""
    global _usual
    _usual = usual


def language() -> str:
    """The language in use."""
    return _language.get() or _usual()


def _(message: str) -> str:
    """`message` in the language in use; English where the catalogue has no translation."""
    return catalogue(language()).gettext(message) if message else ""  # gettext("") is the catalogue's header


def N_(message: str) -> str:
    """Mark `message` for translation and return it unchanged."""
    return message
