"""One text and one tree for each meaning that is written in several ways: it decides cache keys and feed ids."""

import re

from aggregator.filters.tree import EVERYTHING, And, Filter, Not, Or, Term

# What a word may hold and still be read back as the same word.
_BARE = re.compile(r"[^\s,()|:'\"/*@-][^\s,()|:*]*")


def canonical(selection: Filter) -> str:
    """The text that parses to *selection* and to nothing else: values and parts sorted, aliases and doubles gone.

    Raises ValueError for a tree that selects nothing by having no parts, which the language has no words for.

    >>> canonical(Term("title", ("의대", "연금")))
    'title:연금,의대'
    """
    return _text(simplified(selection))


def simplified(selection: Filter) -> Filter:
    """The same selection without nested, doubled or lone parts, everything in order."""
    match selection:
        case Term():
            return Term(selection.field, tuple(sorted(set(selection.values))))
        case Not():
            part = simplified(selection.part)
            return part.part if isinstance(part, Not) else Not(part)
        case And():
            return _group(And, selection.parts)
        case Or():
            return _group(Or, selection.parts)


def _group(kind: type[And] | type[Or], parts: tuple[Filter, ...]) -> Filter:
    distinct: dict[str, Filter] = {}
    for part in map(simplified, parts):
        for member in part.parts if isinstance(part, kind) else (part,):
            distinct[_text(member)] = member
    if kind is Or and "" in distinct:
        return EVERYTHING
    distinct.pop("", None)
    members = tuple(distinct[text] for text in sorted(distinct))
    return members[0] if len(members) == 1 else kind(members)


def _text(selection: Filter) -> str:
    match selection:
        case Term(field="text"):
            return ",".join(map(_value, selection.values))
        case Term():
            return f"{selection.field}:{','.join(map(_value, selection.values))}"
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


def _value(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
