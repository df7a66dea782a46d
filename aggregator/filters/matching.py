"""The predicate that decides whether a headline is selected; every index and condition must agree with it."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import assert_never
from urllib.parse import quote

from msgspec import Struct

from aggregator.filters.patterns import search
from aggregator.filters.times import NEW, bounds
from aggregator.filters.tree import And, Field, Filter, Not, Numbers, Or, Pattern, Span, Term, Value, Viewer, Word
from aggregator.folding import fold
from aggregator.model import Entry


class Traits(Struct, frozen=True, kw_only=True):
    """What a filter looks at. ``title``, ``source`` and ``category`` are folded, ``link`` is in small letters.

    ``moment`` is when the board says it was published, ``first_seen`` where it says nothing.
    """

    title: str
    source: str
    category: str
    link: str
    board: str
    tags: tuple[str, ...]
    number: int | None
    moment: datetime
    first_seen: datetime
    pinned: bool
    edited: bool
    deleted: bool


Predicate = Callable[[Traits], bool]

_IN_LINKS = ascii_letters + digits + punctuation
_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def matches(selection: Filter, entry: Entry, viewer: Viewer | None = None) -> bool:
    """Whether *selection* takes *entry*; ValueError where it speaks of time and there is no *viewer*."""
    return predicate(selection, viewer)(traits(entry))


def traits(entry: Entry) -> Traits:
    """What a filter looks at in a stored headline."""
    return Traits(
        title=fold(entry.title),
        source=fold(entry.source or ""),
        category=fold(entry.category or ""),
        link=in_small_letters(entry.url or ""),
        board=entry.board,
        tags=entry.tags,
        number=entry.number,
        moment=entry.published or entry.first_seen,
        first_seen=entry.first_seen,
        pinned=entry.pinned,
        edited=entry.edited,
        deleted=entry.deleted,
    )


def predicate(selection: Filter, viewer: Viewer | None) -> Predicate:
    """*selection* as a function, its expressions compiled and its times worked out once; ValueError as above."""
    match selection:
        case Term():
            return _any([_test(selection.field, value, viewer) for value in selection.values])
        case Not():
            inner = predicate(selection.part, viewer)
            return lambda seen: not inner(seen)
        case And():
            return _all([predicate(part, viewer) for part in selection.parts])
        case Or():
            return _any([predicate(part, viewer) for part in selection.parts])
        case _:
            assert_never(selection)


def in_link(text: str) -> str:
    """A folded text as it stands in links, which are ASCII: what is not, is written in percents.

    >>> in_link("news/연금")
    'news/%ec%97%b0%ea%b8%88'
    """
    return quote(text, safe=_IN_LINKS, errors="surrogatepass").lower()


def in_small_letters(link: str) -> str:
    """A link as it is looked into: the capitals of ASCII made small, and no others."""
    return link.translate(_SMALL)


def begins_word(text: str, found: int) -> bool:
    """Whether no letter, digit or mark stands before place *found* of *text*."""
    return found == 0 or unicodedata.category(text[found - 1])[0] not in "LNM"


def _any(tests: list[Predicate]) -> Predicate:
    return tests[0] if len(tests) == 1 else lambda seen: any(test(seen) for test in tests)


def _all(tests: list[Predicate]) -> Predicate:
    return lambda seen: all(test(seen) for test in tests)


def _test(field: Field, value: Value, viewer: Viewer | None) -> Predicate:
    match value:
        case Word():
            return _worded(field, value, viewer)
        case Pattern():
            return _textual("title" if field == "text" else field, search(value))
        case Numbers():
            low, high = value.low, value.high
            return lambda seen: (
                seen.number is not None
                and (low is None or low <= seen.number)
                and (high is None or seen.number <= high)
            )
        case Span():
            return _within(field, value, viewer)
        case _:
            assert_never(value)


def _worded(field: Field, word: Word, viewer: Viewer | None) -> Predicate:
    match field:
        case "board" if word.text.startswith("@"):
            return lambda seen: word.text[1:] in seen.tags
        case "board":
            return lambda seen: word.text == seen.board
        case "tag":
            return lambda seen: word.text in seen.tags or word.text == seen.category
        case "is":
            return _flagged(word.text, viewer)
        case "link":
            return _textual(field, _finder(in_link(word.text), anchored=word.anchored))
        case _:
            return _textual(field, _finder(word.text, anchored=word.anchored))


def _flagged(flag: str, viewer: Viewer | None) -> Predicate:
    match flag:
        case "pinned":
            return lambda seen: seen.pinned
        case "edited":
            return lambda seen: seen.edited
        case "deleted":
            return lambda seen: seen.deleted
        case _:
            return _within("seen", NEW, viewer)


def _textual(field: Field, holds: Callable[[str], bool]) -> Predicate:
    match field:
        case "title":
            return lambda seen: holds(seen.title)
        case "source":
            return lambda seen: holds(seen.source)
        case "link":
            return lambda seen: holds(seen.link)
        case _:
            return lambda seen: holds(seen.title) or holds(seen.source)


def _finder(wanted: str, *, anchored: bool) -> Callable[[str], bool]:
    if not anchored:
        return lambda text: wanted in text

    def begins(text: str) -> bool:
        found = text.find(wanted)
        while found >= 0 and not begins_word(text, found):
            found = text.find(wanted, found + 1)
        return found >= 0

    return begins


def _within(field: Field, span: Span, viewer: Viewer | None) -> Predicate:
    low, high = bounds(span, viewer)

    def holds(seen: Traits) -> bool:
        at = seen.first_seen if field == "seen" else seen.moment
        return (low is None or low <= at) and (high is None or at < high)

    return holds
