"""One text and one tree for each meaning that is written in several ways: it decides cache keys and feed ids."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import assert_never

from aggregator.filters.times import written_as
from aggregator.filters.tree import EVERYTHING, And, Field, Filter, Not, Numbers, Or, Pattern, Span, Term, Value, Word

# What a word may hold and still be read back as the same word.
_BARE = re.compile(r"[^\s,()|:'\"/*!#-][^\s,()|:*]*")


def canonical(selection: Filter) -> str:
    """The text that parses to *selection* and to nothing else: values and parts sorted, aliases and doubles gone.

    Raises ValueError for a tree that selects nothing by having no parts, which the language has no words for.

    >>> canonical(Term("title", (Word("의대"), Word("연금"))))
    'title:연금,의대'
    """
    return _text(simplified(selection))


def simplified(selection: Filter) -> Filter:
    """The same selection without nested, doubled or lone parts, alternatives in one field as one term, in order."""
    match selection:
        case Term():
            return _one_kind(selection)
        case Not():
            part = simplified(selection.part)
            return part.part if isinstance(part, Not) else Not(part)
        case And():
            return _group(And, selection.parts)
        case Or():
            return _group(Or, selection.parts)


def value_text(value: Value) -> str:
    """One value as it stands in an expression."""
    match value:
        case Word():
            return _word(value.text) + ("*" if value.anchored else "")
        case Pattern():
            return f"/{value.expression}/" + ("i" if value.ignore_case else "")
        case Numbers():
            return _numbers(value)
        case Span():
            return written_as(value)
        case _:
            assert_never(value)


def _one_kind(term: Term) -> Filter:
    """A term in order. A pattern without a field looks in the title alone, a word in the source too."""
    patterns = [value for value in term.values if isinstance(value, Pattern)]
    if term.field != "text" or not patterns:
        return _sorted(term.field, term.values)
    words = [value for value in term.values if not isinstance(value, Pattern)]
    return _group(Or, (Term("title", tuple(patterns)), *([Term("text", tuple(words))] if words else [])))


def _sorted(field: Field, values: Iterable[Value]) -> Term:
    return Term(field, tuple(sorted(set(values), key=value_text)))


def _group(kind: type[And] | type[Or], parts: tuple[Filter, ...]) -> Filter:
    flat: list[Filter] = []
    for part in map(simplified, parts):
        flat += part.parts if isinstance(part, kind) else (part,)
    distinct = {_text(member): member for member in (_merged(flat) if kind is Or else flat)}
    if kind is Or and "" in distinct:
        return EVERYTHING
    distinct.pop("", None)
    members = tuple(distinct[text] for text in sorted(distinct))
    return members[0] if len(members) == 1 else kind(members)


def _merged(alternatives: list[Filter]) -> list[Filter]:
    """The alternatives, those in one field as one term: ``a OR b`` is ``a,b``."""
    by_field: dict[Field, list[Value]] = defaultdict(list)
    for part in alternatives:
        if isinstance(part, Term):
            by_field[part.field] += part.values
    rest = [part for part in alternatives if not isinstance(part, Term)]
    return [*(_sorted(field, values) for field, values in by_field.items()), *rest]


def _text(selection: Filter) -> str:
    match selection:
        case Term(field="text"):
            return ",".join(map(value_text, selection.values))
        case Term():
            return f"{selection.field}:{','.join(map(value_text, selection.values))}"
        case Not():
            return "-" + _enclosed(selection.part)
        case And():
            return " ".join(f"({_text(part)})" if isinstance(part, Or) else _text(part) for part in selection.parts)
        case Or(parts=()):
            raise ValueError("a filter that selects nothing has no text")
        case Or():
            return " OR ".join(map(_text, selection.parts))


def _enclosed(selection: Filter) -> str:
    return _text(selection) if isinstance(selection, Term) else f"({_text(selection)})"


def _word(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _numbers(value: Numbers) -> str:
    if value.low == value.high:
        return str(value.low)
    low, high = ("" if bound is None else str(bound) for bound in (value.low, value.high))
    return f"{low}..{high}"
