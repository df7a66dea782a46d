"""Why a headline was kept or dropped: a filter's clauses, how many headlines each takes, and which one decided."""

from collections.abc import Sequence

from msgspec import Struct

from aggregator.filters.canonical import canonical
from aggregator.filters.matching import Traits, predicate
from aggregator.filters.sentence import clause
from aggregator.filters.tree import EVERYTHING, And, Filter, Not, Or, Viewer


class Clause(Struct, frozen=True, kw_only=True):
    """One part of a filter: its text, what it says of headlines, and how many of those looked at it takes."""

    text: str
    sentence: str
    hits: int
    parts: tuple["Clause", ...] = ()


def explained(selection: Filter, seen: Sequence[Traits], viewer: Viewer) -> Clause:
    """The tree of a simplified *selection* with its hits among *seen*."""
    takes = predicate(selection, viewer)
    return Clause(
        text=canonical(selection),
        sentence="all" if selection == EVERYTHING else clause(selection),
        hits=sum(map(takes, seen)),
        parts=tuple(explained(part, seen, viewer) for part in _parts(selection)),
    )


def responsible(selection: Filter, seen: Traits, viewer: Viewer) -> str:
    """The text of the smallest clause of *selection* that alone decides about a headline.

    Dropped by an *and* is dropped by its first part that fails; kept by an *or* is kept by its first part that holds;
    all others are decided by all their parts.
    """
    holds = predicate(selection, viewer)(seen)
    match selection:
        case And() if not holds:
            decided = [part for part in selection.parts if not predicate(part, viewer)(seen)]
        case Or() if holds:
            decided = [part for part in selection.parts if predicate(part, viewer)(seen)]
        case _:
            return canonical(selection)
    return responsible(decided[0], seen, viewer)


def _parts(selection: Filter) -> tuple[Filter, ...]:
    match selection:
        case And() | Or():
            return selection.parts
        case Not(part=And() | Or() as part):
            return (part,)
        case _:
            return ()
