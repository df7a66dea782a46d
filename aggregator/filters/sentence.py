"""A filter said in words, for the page that shows what a feed holds."""

from typing import assert_never

from aggregator.filters.canonical import simplified, value_text
from aggregator.filters.times import written_as
from aggregator.filters.tree import (
    EVERYTHING,
    Ago,
    And,
    Field,
    Filter,
    Not,
    Numbers,
    Or,
    Pattern,
    Point,
    Span,
    Term,
    Value,
    Word,
)

_CLAUSES: dict[tuple[Field, bool], str] = {
    ("text", True): "with {} in title or source",
    ("text", False): "without {} in title or source",
    ("title", True): "whose title contains {}",
    ("title", False): "whose title does not contain {}",
    ("source", True): "from {}",
    ("source", False): "not from {}",
    ("link", True): "whose link contains {}",
    ("link", False): "whose link does not contain {}",
    ("board", True): "on {}",
    ("board", False): "not on {}",
    ("tag", True): "tagged {}",
    ("tag", False): "not tagged {}",
    ("no", True): "numbered {}",
    ("no", False): "not numbered {}",
    ("date", True): "of {}",
    ("date", False): "not of {}",
    ("seen", True): "first seen in {}",
    ("seen", False): "not first seen in {}",
    ("is", True): "that are {}",
    ("is", False): "that are not {}",
}
_FLAGS = {
    "new": "new (first seen in the last 24 hours)",
    "edited": "edited since they were first seen",
    "deleted": "deleted by their board",
    "pinned": "pinned",
}
_UNITS = ("year", "month", "day", "hour", "minute", "second")


def sentence(selection: Filter) -> str:
    """What *selection* selects, as one English phrase.

    >>> sentence(And((Term("title", (Word("연금"), Word("의대"))), Not(Term("source", (Word("광고"),))))))
    'headlines whose title contains 연금 or 의대, not from 광고'
    """
    plain = simplified(selection)
    if plain == EVERYTHING:
        return "all headlines"
    return f"headlines {clause(plain)}"


def clause(selection: Filter) -> str:
    """What a simplified *selection* says of headlines, as it follows that word; what it wants before what it does not.

    >>> clause(Term("date", (Span(Ago(seconds=604_800), None),)))
    'of the last 7 days'
    """
    match selection:
        case Term():
            return _term(selection, holds=True)
        case Not(part=Term() as term):
            return _term(term, holds=False)
        case Not():
            return f"except those {_enclosed(selection.part)}"
        case And():
            return ", ".join(map(_enclosed, sorted(selection.parts, key=lambda part: isinstance(part, Not))))
        case Or(parts=()):
            return "that do not exist"
        case Or():
            return " or ".join(map(_enclosed, selection.parts))


def _enclosed(selection: Filter) -> str:
    return f"({clause(selection)})" if isinstance(selection, And | Or) else clause(selection)


def _term(term: Term, *, holds: bool) -> str:
    said = " or ".join(_value(term.field, value) for value in term.values)
    return _CLAUSES[term.field, holds].format(said)


def _value(field: Field, value: Value) -> str:
    match value:
        case Word():
            return _word(field, value)
        case Pattern():
            return f"what {value_text(value)} matches"
        case Numbers():
            return _range(*(None if bound is None else str(bound) for bound in (value.low, value.high)))
        case Span(low=Ago() as ago, high=None):
            return f"the last {_length(ago)}"
        case Span():
            return _range(_point(value.low), _point(value.high))
        case _:
            assert_never(value)


def _word(field: Field, word: Word) -> str:
    if field == "is":
        return _FLAGS[word.text]
    if field == "board":
        named = word.text.startswith("@")
        return f"boards tagged {word.text[1:]}" if named else f"the board {word.text}"
    quoted = f"“{word.text}”" if " " in word.text else word.text
    return f"a word that begins with {quoted}" if word.anchored else quoted


def _range(low: str | None, high: str | None) -> str:
    if low == high:
        return str(low)
    if low is None or high is None:
        return f"{high} or before" if low is None else f"{low} or after"
    return f"{low} to {high}"


def _point(point: Point | None) -> str | None:
    if point is None:
        return None
    return f"{_length(point)} ago" if isinstance(point, Ago) else written_as(Span(point, point))


def _length(ago: Ago) -> str:
    years, months = divmod(ago.months, 12)
    days, rest = divmod(ago.seconds, 86_400)
    counted = zip(_UNITS, (years, months, days, rest // 3600, rest % 3600 // 60, rest % 60), strict=True)
    said = [f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in counted if n]
    return " ".join(said).removeprefix("1 ") if len(said) == 1 else " ".join(said)
