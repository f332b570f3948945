"""What another process said in English, in another language: the words of workers and supervisor in a run's status.

They were made of a message of the catalogue by `format`. So the message is found whose fixed words are there, in their
order, and what stands between them goes into its translation. No backtracking: time is linear in the text.
"""

from functools import cache, lru_cache
from string import Formatter

from repz_core.locale import catalogue

MOST = 2000  # letters; longer than any status

Pieces = list[tuple[str, str | None]]  # fixed words, and the name of what follows them


@lru_cache(1024)
def retell(text: str, language: str) -> str:
    """`text` in `language`; as it is where no message fits."""
    if not text or len(text) > MOST:
        return text
    if (exact := catalogue(language).gettext(text)) != text:
        return exact
    for pieces, translation in _templates(language):
        if (found := _values(pieces, text)) is not None:
            told = {name: retell(value, language) if " " in value else value for name, value in found.items()}
            return "".join(words + (told.get(name, "") if name else "") for words, name in translation)
    return text


@cache
def _templates(language: str) -> list[tuple[Pieces, Pieces]]:
    """Messages with something to fill in, and their translations; those with most words of their own first."""
    known: dict[str, str] = getattr(catalogue(language), "_catalog", {})  # gettext has no public list of it
    pairs = [(_pieces(message), _pieces(known[message])) for message in known if message and "{" in message]
    return sorted((pair for pair in pairs if _length(pair[0]) > 3), key=lambda pair: -_length(pair[0]))


def _length(pieces: Pieces) -> int:
    return sum(len(words) for words, _name in pieces)


def _pieces(message: str) -> Pieces:
    return [(words, name) for words, name, _spec, _conversion in Formatter().parse(message)]


def _values(pieces: Pieces, text: str) -> dict[str, str] | None:
    """What stands in the places of `pieces`; None where the text is not made of them."""
    (first, name), *others = [*pieces, ("", None)] if pieces[-1][1] else pieces
    if not text.startswith(first):
        return None
    found, start = {}, len(first)
    for number, (words, following) in enumerate(others, 1):
        last = number == len(others)
        end = len(text) - len(words) if last and text.endswith(words) else -1 if last else text.find(words, start + 1)
        if end <= start or name is None:
            return None
        found[name], start, name = text[start:end], end + len(words), following
    return found
