"""The predicate that decides whether a headline is selected; every index and condition must agree with it."""

from typing import Protocol

from aggregator.filters.tree import And, Filter, Not, Or, Term
from aggregator.folding import fold


class Selectable(Protocol):
    """What a filter looks at: a headline's title and source and its board's slug."""

    @property
    def title(self) -> str:
        """The headline's title."""

    @property
    def source(self) -> str | None:
        """Who the row credits, None where nobody."""

    @property
    def board(self) -> str:
        """The board's slug."""


def matches(selection: Filter, entry: Selectable) -> bool:
    """Whether *selection* takes *entry*: literal substrings of folded title and source, whole slugs of boards."""
    match selection:
        case Term():
            return _holds(selection, entry)
        case Not():
            return not matches(selection.part, entry)
        case And():
            return all(matches(part, entry) for part in selection.parts)
        case Or():
            return any(matches(part, entry) for part in selection.parts)


def _holds(term: Term, entry: Selectable) -> bool:
    if term.field == "board":
        return fold(entry.board) in term.values
    searched = {
        "title": (entry.title,),
        "source": (entry.source or "",),
        "text": (entry.title, entry.source or ""),
    }[term.field]
    return any(value in fold(text) for text in searched for value in term.values)
