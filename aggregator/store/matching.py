"""A filter as an SQL condition beside the predicate ``filters.predicate``, which decides.

SQL narrows: every headline that the predicate takes passes the condition. Where ``is_exact`` the two are the same, and
nothing has to be looked at twice; patterns and words that must begin a word are more than SQL can say alike on both
databases. Texts were folded when they were stored. No LIKE: its wildcards and its own idea of case would be two more
rules to get right; ``instr`` and ``strpos`` compare characters and nothing else.
"""

from typing import assert_never

from sqlalchemy import ColumnElement, FromClause, and_, collate, exists, false, func, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer, Text

from aggregator.filters.matching import in_link
from aggregator.filters.times import NEW, bounds
from aggregator.filters.tree import (
    And,
    Field,
    Filter,
    Not,
    Numbers,
    Or,
    Pattern,
    Span,
    Term,
    Value,
    Viewer,
    Word,
    terms,
)
from aggregator.store.columns import UNSTORABLE, line
from aggregator.store.tables import boards, revisions


class position(GenericFunction[int]):  # noqa: N801  an SQL function is spelt as it is called
    """Where the second text begins in the first, from 1; 0 where it is not in it."""

    type = Integer()
    inherit_cache = True


@compiles(position, "sqlite")
def _instr(element: position, compiler: SQLCompiler, **options: object) -> str:
    return f"instr{compiler.process(element.clause_expr, **options)}"


@compiles(position, "postgresql")
def _strpos(element: position, compiler: SQLCompiler, **options: object) -> str:
    return f"strpos{compiler.process(element.clause_expr, **options)}"


class small(GenericFunction[str]):  # noqa: N801  as above
    """A text with the capitals of ASCII made small, and no others."""

    type = Text()
    inherit_cache = True


@compiles(small, "sqlite")
def _lower(element: small, compiler: SQLCompiler, **options: object) -> str:
    return f"lower{compiler.process(element.clause_expr, **options)}"


@compiles(small, "postgresql")
def _lower_in_ascii(element: small, compiler: SQLCompiler, **options: object) -> str:
    (text,) = element.clauses
    return f"lower({compiler.process(collate(text, 'C'), **options)})"


def is_exact(expression: Filter) -> bool:
    """Whether ``condition`` selects no more than the predicate does."""
    return all(_is_exact(value) for term in terms(expression) for value in term.values)


def condition(
    expression: Filter, headlines: FromClause, viewer: Viewer | None, *, outer: bool = True
) -> ColumnElement[bool]:
    """True for the rows of ``headlines`` (the table or an alias of it) that ``expression`` may select; never NULL.

    It holds for all that the predicate takes; with ``outer`` False for nothing that the predicate refuses, which is
    what stands behind a *not*.
    """
    match expression:
        case Term():
            return or_(
                false(), *(_value(expression.field, value, headlines, viewer, outer) for value in expression.values)
            )
        case Not(part=part):
            return not_(condition(part, headlines, viewer, outer=not outer))
        case And(parts=parts):
            return and_(true(), *(condition(part, headlines, viewer, outer=outer) for part in parts))
        case Or(parts=parts):
            return or_(false(), *(condition(part, headlines, viewer, outer=outer) for part in parts))
        case _:
            assert_never(expression)


def _is_exact(value: Value) -> bool:
    return not (isinstance(value, Pattern) or (isinstance(value, Word) and value.anchored))


def _value(
    field: Field,
    value: Value,
    headlines: FromClause,
    viewer: Viewer | None,
    outer: bool,  # noqa: FBT001  handed on
) -> ColumnElement[bool]:
    if not outer and not _is_exact(value):
        return false()
    match value:
        case Word():
            return _word(field, value.text, headlines, viewer)
        case Pattern():
            return true()
        case Numbers():
            c = headlines.c.number
            low = true() if value.low is None else c >= value.low
            high = true() if value.high is None else c <= value.high
            return and_(c.is_not(None), low, high)
        case Span():
            return _within(field, value, headlines, viewer)
        case _:
            assert_never(value)


def _word(field: Field, text: str, headlines: FromClause, viewer: Viewer | None) -> ColumnElement[bool]:
    # A value that cannot be stored is in no stored text; as a parameter it would be cut down to one that may be.
    if field != "link" and UNSTORABLE.search(text):
        return false()
    match field:
        case "board":
            return _on(on_board(text), headlines)
        case "tag":
            return or_(_on(_tagged(text), headlines), headlines.c.category_fold == text)
        case "is":
            return _flagged(text, headlines, viewer)
        case "link":
            return func.position(func.small(func.coalesce(headlines.c.url, "")), in_link(text)) > 0
        case _:
            columns = {name: [folded(headlines, name)] for name in ("title", "source")}
            searched = columns.get(field, [column for both in columns.values() for column in both])
            return or_(*(func.position(column, text) > 0 for column in searched))


def folded(headlines: FromClause, name: str) -> ColumnElement[str]:
    """A headline's folded title or source, which is stored where it is another than the text itself."""
    kept, text = headlines.c[f"{name}_fold"], headlines.c[name]
    return (func.coalesce(kept, text) if name == "title" else func.coalesce(kept, text, "")).label(kept.name)


def on_board(name: str) -> ColumnElement[bool]:
    """True for the boards of this slug or, with an ``@`` in front, of this tag."""
    return _tagged(name[1:]) if name.startswith("@") else boards.c.slug == name


def _on(which: ColumnElement[bool], headlines: FromClause) -> ColumnElement[bool]:
    return headlines.c.board_id.in_(select(boards.c.id).where(which).correlate(None))


def _tagged(tag: str) -> ColumnElement[bool]:
    return func.position(boards.c.tags, line(tag)) > 0


def _flagged(flag: str, headlines: FromClause, viewer: Viewer | None) -> ColumnElement[bool]:
    match flag:
        case "pinned":
            return headlines.c.pinned.is_(True)
        case "edited":
            return edited(headlines)
        case "deleted":
            return headlines.c.deleted_at.is_not(None)
        case _:
            return _within("seen", NEW, headlines, viewer)


def edited(headlines: FromClause) -> ColumnElement[bool]:
    """Whether a headline of ``headlines`` had another title or link before."""
    return exists().where(revisions.c.arrival == headlines.c.arrival).correlate(headlines)


def _within(field: Field, span: Span, headlines: FromClause, viewer: Viewer | None) -> ColumnElement[bool]:
    at = headlines.c.first_seen if field == "seen" else headlines.c.moment
    low, high = bounds(span, viewer)
    return and_(true() if low is None else at >= low, true() if high is None else at < high)
