"""A filter said in words, for the page that shows what a feed holds."""

from aggregator.filters.canonical import simplified
from aggregator.filters.tree import EVERYTHING, And, Field, Filter, Not, Or, Term

_CLAUSES: dict[tuple[Field, bool], str] = {
    ("text", True): "with {} in title or source",
    ("text", False): "without {} in title or source",
    ("title", True): "whose title contains {}",
    ("title", False): "whose title does not contain {}",
    ("source", True): "from {}",
    ("source", False): "not from {}",
    ("board", True): "on the board {}",
    ("board", False): "not on the board {}",
}


def sentence(selection: Filter) -> str:
    """What *selection* selects, as one English phrase.

    >>> sentence(And((Term("title", ("연금", "의대")), Not(Term("source", ("광고",))))))
    'headlines not from 광고, whose title contains 연금 or 의대'
    """
    plain = simplified(selection)
    if plain == EVERYTHING:
        return "all headlines"
    return f"headlines {_clause(plain)}"


def _clause(selection: Filter) -> str:
    match selection:
        case Term():
            return _term(selection, holds=True)
        case Not(part=Term() as term):
            return _term(term, holds=False)
        case Not():
            return f"except those {_enclosed(selection.part)}"
        case And():
            return ", ".join(map(_enclosed, selection.parts))
        case Or(parts=()):
            return "that do not exist"
        case Or():
            return " or ".join(map(_enclosed, selection.parts))


def _enclosed(selection: Filter) -> str:
    return f"({_clause(selection)})" if isinstance(selection, And | Or) else _clause(selection)


def _term(term: Term, *, holds: bool) -> str:
    values = " or ".join(f"“{value}”" if " " in value else value for value in term.values)
    return _CLAUSES[term.field, holds].format(values)
