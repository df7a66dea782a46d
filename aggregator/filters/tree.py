"""A parsed filter as a value: a tree that a predicate, an SQL condition and a sentence are made from."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Literal

from msgspec import Struct

Field = Literal["text", "title", "source", "link", "board", "tag", "no", "date", "seen", "is"]


class Word(Struct, frozen=True, tag=True):
    """Literal text, folded; ``anchored`` where it must begin a word. A board's slug, a tag or a flag is compared whole.

    On ``board`` an ``@`` in front makes it the name of a tag.
    """

    text: str
    anchored: bool = False


class Pattern(Struct, frozen=True, tag=True):
    """An RE2 expression as it stands between slashes, searched in folded text."""

    expression: str
    ignore_case: bool = False


class Numbers(Struct, frozen=True, tag=True):
    """Numbers from ``low`` to ``high``, both included; None is no bound."""

    low: int | None
    high: int | None


class Day(Struct, frozen=True, tag=True):
    """A day, a month or a year of the viewer's calendar, whole."""

    year: int
    month: int | None = None
    day: int | None = None


class Ago(Struct, frozen=True, tag=True):
    """So long before now: calendar months and seconds."""

    months: int = 0
    seconds: int = 0


Point = Day | Ago


class Span(Struct, frozen=True, tag=True):
    """From the beginning of ``low`` to the end of ``high``, which is an instant where it is ``Ago``; None: no bound."""

    low: Point | None
    high: Point | None


Value = Word | Pattern | Numbers | Span


class Term(Struct, frozen=True, tag=True):
    """A field holds any of ``values``; ``text`` is title or source, for patterns the title."""

    field: Field
    values: tuple[Value, ...]


class Not(Struct, frozen=True, tag=True):
    """What ``part`` does not select."""

    part: "Filter"


class And(Struct, frozen=True, tag=True):
    """What every one of ``parts`` selects; no parts select everything."""

    parts: tuple["Filter", ...] = ()


class Or(Struct, frozen=True, tag=True):
    """What at least one of ``parts`` selects; no parts select nothing."""

    parts: tuple["Filter", ...] = ()


Filter = Term | Not | And | Or
EVERYTHING = And()


class Viewer(Struct, frozen=True):
    """For whom a filter is decided: the time it is, and the zone whose days and months are meant."""

    now: datetime
    zone: tzinfo


def terms(selection: Filter) -> Iterator[Term]:
    """Every term of *selection*, left to right."""
    match selection:
        case Term():
            yield selection
        case Not():
            yield from terms(selection.part)
        case And() | Or():
            for part in selection.parts:
                yield from terms(part)


def mentions(selection: Filter, flag: str) -> bool:
    """Whether *selection* asks for ``is:flag``, or asks for it not to be.

    >>> mentions(Not(Term("is", (Word("deleted"),))), "deleted")
    True
    """
    return any(term.field == "is" and Word(flag) in term.values for term in terms(selection))
