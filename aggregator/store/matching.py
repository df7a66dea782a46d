"""A filter as an SQL condition that selects exactly what the predicate ``filters.matches`` selects.

Both look for folded values inside folded text; the text was folded when it was stored. No LIKE: its wildcards and its
own idea of case would be two more rules to get right; ``instr`` and ``strpos`` compare characters and nothing else.
"""

from typing import assert_never

from sqlalchemy import ColumnElement, FromClause, and_, false, func, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Integer

from aggregator.filters.tree import And, Filter, Not, Or, Term
from aggregator.store.tables import UNSTORABLE, boards


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


def condition(expression: Filter, headlines: FromClause) -> ColumnElement[bool]:
    """True for the rows of ``headlines`` (the table or an alias of it) that ``expression`` selects; never NULL."""
    match expression:
        case Term():
            return _term(expression, headlines)
        case Not(part=part):
            return not_(condition(part, headlines))
        case And(parts=parts):
            return and_(true(), *(condition(part, headlines) for part in parts))
        case Or(parts=parts):
            return or_(false(), *(condition(part, headlines) for part in parts))
        case _:
            assert_never(expression)


def _term(term: Term, headlines: FromClause) -> ColumnElement[bool]:
    # A value that cannot be stored is in no stored text; as a parameter it would be cut down to one that may be.
    values = [value for value in term.values if not UNSTORABLE.search(value)]
    if term.field == "board":
        return headlines.c.board_id.in_(select(boards.c.id).where(boards.c.slug.in_(values)).correlate(None))
    columns = {
        "title": (headlines.c.title_fold,),
        "source": (headlines.c.source_fold,),
        "text": (headlines.c.title_fold, headlines.c.source_fold),
    }[term.field]
    return or_(false(), *(func.position(column, value) > 0 for value in values for column in columns))
