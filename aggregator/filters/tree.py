"""A parsed filter as a value: a tree that a predicate, an SQL condition and a sentence are made from."""

from typing import Literal

from msgspec import Struct

Field = Literal["text", "title", "source", "board"]


class Term(Struct, frozen=True, tag=True):
    """A field holds any of ``values``, all folded; ``text`` is title or source, ``board`` compares slugs whole."""

    field: Field
    values: tuple[str, ...]


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
