"""What of a filter can be decided when a headline is stored: its texts and its board, which only an edit changes."""

from datetime import UTC, datetime
from functools import lru_cache

from msgspec import structs

from aggregator.errors import FilterError
from aggregator.filters.matching import Predicate, Traits, predicate
from aggregator.filters.parse import parse
from aggregator.filters.tree import EVERYTHING, Ago, And, Filter, Not, Or, Span, Term, Word, terms

LASTING = frozenset({"text", "title", "source", "link", "board"})
NEVER = Or()
REMEMBERED = 1_024
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def lasting(selection: Filter, *, outer: bool = True) -> Filter:
    """A filter that takes all that *selection* may ever take, whatever becomes of dates, numbers, tags and flags.

    With ``outer`` False it takes nothing that *selection* may ever refuse, which is what stands behind a *not*.

    >>> lasting(And((Term("title", (Word("연금"),)), Term("is", (Word("new"),)))))
    Term(field='title', values=(Word(text='연금', anchored=False),))
    """
    match selection:
        case Term():
            return selection if _lasts(selection) else EVERYTHING if outer else NEVER
        case Not(part=part):
            inner = lasting(part, outer=not outer)
            return NEVER if inner == EVERYTHING else EVERYTHING if inner == NEVER else Not(inner)
        case And(parts=parts):
            return _joined(And, [lasting(part, outer=outer) for part in parts], idle=EVERYTHING, final=NEVER)
        case Or(parts=parts):
            return _joined(Or, [lasting(part, outer=outer) for part in parts], idle=NEVER, final=EVERYTHING)


def is_steady(selection: Filter) -> bool:
    """Whether neither the clock alone nor a flag makes *selection* take what it refused, or refuse what it took.

    >>> is_steady(parse("연금 date:2024-04")), is_steady(parse("date:P7D")), is_steady(parse("-is:pinned"))
    (True, False, False)
    """
    asked = list(terms(selection))
    spans = [value for term in asked for value in term.values if isinstance(value, Span)]
    moving = any(isinstance(point, Ago) for span in spans for point in (span.low, span.high))
    return not moving and all(term.field != "is" for term in asked)


@lru_cache(maxsize=REMEMBERED)
def told_apart(text: str) -> Predicate | None:
    """Whether a topic's filter may take a headline that is being stored; None where it takes nearly all of them.

    Such is a filter that takes even a headline that says nothing: it is made of what it leaves out, and the newest
    headlines answer it at once. None too for a text that says no filter. Only texts and the board are looked at.
    """
    try:
        takes = predicate(lasting(parse(text)), None)
    except FilterError:
        return None
    return None if takes(_SILENT) else takes


def telling(title: str, source: str, link: str, board: str) -> Traits:
    """What of a headline lasts, its texts folded and its link in small letters; nothing is said of all else."""
    return structs.replace(_SILENT, title=title, source=source, link=link, board=board)


_SILENT = Traits(
    title="",
    source="",
    category="",
    link="",
    board="",
    tags=(),
    number=None,
    moment=_ANY_TIME,
    first_seen=_ANY_TIME,
    pinned=False,
    edited=False,
    deleted=False,
)


def _lasts(term: Term) -> bool:
    tagged = term.field == "board" and any(isinstance(v, Word) and v.text.startswith("@") for v in term.values)
    return term.field in LASTING and not tagged


def _joined(kind: type[And | Or], parts: list[Filter], *, idle: Filter, final: Filter) -> Filter:
    telling = tuple(part for part in parts if part != idle)
    if final in telling:
        return final
    return telling[0] if len(telling) == 1 else kind(telling)
